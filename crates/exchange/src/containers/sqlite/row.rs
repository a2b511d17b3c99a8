//! Records (section 2.1 of the format): the values of a row.

use zeroize::Zeroizing;

/// One row with the names of its columns.
pub(crate) struct Row<'a> {
    columns: &'a [String],
    values: Vec<Value<'a>>,
}

enum Value<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Bytes(&'a [u8]),
}

impl<'a> Row<'a> {
    pub(super) fn of(columns: &'a [String], payload: &'a [u8]) -> Option<Self> {
        let (header_length, rest) = varint(payload)?;
        let header_length = usize::try_from(header_length).ok()?;
        let used = payload.len() - rest.len();
        let mut types = payload.get(used..header_length)?;
        let mut data = payload.get(header_length..)?;
        let mut values = Vec::with_capacity(columns.len());
        while !types.is_empty() && values.len() < columns.len() {
            let (kind, rest) = varint(types)?;
            types = rest;
            let (value, rest) = value(kind, data)?;
            values.push(value);
            data = rest;
        }
        Some(Self { columns, values })
    }

    fn value(&self, column: &str) -> Option<&Value<'a>> {
        let index = self.columns.iter().position(|known| known.eq_ignore_ascii_case(column))?;
        self.values.get(index)
    }

    /// The value as text, empty for NULL and where there is no such column.
    pub(crate) fn text(&self, column: &str) -> Zeroizing<String> {
        Zeroizing::new(match self.value(column) {
            None | Some(Value::Null) => String::new(),
            Some(Value::Integer(number)) => number.to_string(),
            Some(Value::Real(number)) => number.to_string(),
            Some(Value::Bytes(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        })
    }

    /// The value as a number.
    pub(crate) fn integer(&self, column: &str) -> Option<i64> {
        match self.value(column)? {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

/// A value by its serial type, and what follows it.
fn value(kind: u64, data: &[u8]) -> Option<(Value<'_>, &[u8])> {
    let length = match kind {
        0 | 8 | 9 => 0,
        1..=4 => usize::try_from(kind).ok()?,
        5 => 6,
        6 | 7 => 8,
        10 | 11 => return None,
        _ => usize::try_from((kind - 12) / 2).ok()?,
    };
    let (bytes, rest) = data.split_at_checked(length)?;
    let value = match kind {
        0 => Value::Null,
        1..=6 => Value::Integer(integer(bytes)),
        7 => Value::Real(f64::from_be_bytes(*bytes.first_chunk()?)),
        8 => Value::Integer(0),
        9 => Value::Integer(1),
        _ => Value::Bytes(bytes),
    };
    Some((value, rest))
}

/// Two's complement of one to eight bytes, the highest first.
fn integer(bytes: &[u8]) -> i64 {
    let negative = bytes.first().is_some_and(|&byte| byte >= 0x80);
    bytes.iter().fold(if negative { -1 } else { 0 }, |number, &byte| number << 8 | i64::from(byte))
}

/// A variable-length integer (section 1.6), and what follows it.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0_u64;
    let mut rest = bytes;
    for place in 0..9 {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        if place == 8 {
            return Some((number << 8 | u64::from(byte), rest));
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_their_sign() {
        for (bytes, expected) in
            [(&[][..], 0), (&[0x7f], 127), (&[0x80], -128), (&[0xff, 0xff, 0xff], -1), (&[1, 0], 256)]
        {
            assert_eq!(integer(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_varint_has_one_to_nine_bytes() {
        for (bytes, expected) in [
            (&[0x7f][..], Some(127)),
            (&[0x81, 0x00], Some(128)),
            (&[0xff; 9], Some(u64::MAX)),
            (&[0x80], None),
            (&[], None),
        ] {
            assert_eq!(varint(bytes).map(|(number, _)| number), expected, "{bytes:?}");
        }
    }
}
