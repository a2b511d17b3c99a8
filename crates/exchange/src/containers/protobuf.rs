//! Protocol Buffers on the wire (protobuf.dev, "Encoding"): fields out of bytes, and bytes out of fields.

/// The value of a field.
pub(crate) enum Value<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    /// Four or eight bytes, of which no message here has any.
    Fixed,
}

/// The fields of a message, `None` once where it is damaged.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Option<(u64, Value<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Option<(u64, Value<'a>)> {
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Value::Varint(self.varint()?),
            1 => self.take(8).map(|_| Value::Fixed)?,
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Fixed)?,
            _ => return None,
        };
        Some((key >> 3, value))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let byte = *self.take(1)?.first()?;
            // The tenth byte has room for one bit only; what is beyond is dropped, as protobuf does.
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

/// Appends a number; zero is left out, as proto3 does.
pub(crate) fn put_varint(message: &mut Vec<u8>, field: u64, value: u64) {
    if value != 0 {
        varint(message, field << 3);
        varint(message, value);
    }
}

/// Appends bytes or a text or a message.
pub(crate) fn put_bytes(message: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    varint(message, field << 3 | 2);
    varint(message, bytes.len() as u64);
    message.extend_from_slice(bytes);
}

fn varint(message: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        let [low, ..] = value.to_le_bytes();
        message.push(low | 0x80);
        value >>= 7;
    }
    let [low, ..] = value.to_le_bytes();
    message.push(low);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of protobuf.dev's page on the encoding: 150 in field 1, "testing" in field 2.
    #[test]
    fn fields_are_on_the_wire_as_the_documentation_shows() {
        let mut message = Vec::new();
        put_varint(&mut message, 1, 150);
        put_bytes(&mut message, 2, b"testing");
        assert_eq!(message, b"\x08\x96\x01\x12\x07testing");
        let fields: Vec<_> = Fields(&message).map(Option::unwrap).collect();
        assert!(matches!(fields[..], [(1, Value::Varint(150)), (2, Value::Bytes(b"testing"))]));
    }

    #[test]
    fn a_damaged_message_ends() {
        for bytes in [&b"\x08"[..], b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\x0b", &[0x80; 20]] {
            assert!(Fields(bytes).last().unwrap().is_none());
        }
    }
}
