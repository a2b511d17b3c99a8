//! CBOR that may hold secrets: wiped when it goes, and encoded without leaving copies behind.
//!
//! `fob_cbor::encode` lets its buffer grow, and growing leaves the old buffer in freed memory. What must not stay
//! there is encoded here instead: into a buffer that has its full size from the start.

use fob_cbor::{Value, encode_into};
use zeroize::{Zeroize, Zeroizing};

/// CBOR's major types that are written here (RFC 8949 section 3.1).
pub(crate) const MAJOR_BYTES: u8 = 2;
pub(crate) const MAJOR_TEXT: u8 = 3;
pub(crate) const MAJOR_ARRAY: u8 = 4;
pub(crate) const MAJOR_MAP: u8 = 5;

/// A value of the sealed body that is kept as it is. Every text and byte string in it is wiped on drop.
pub(crate) struct Wiped(pub(crate) Value);

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A value in canonical CBOR, in a buffer that never grew.
pub(crate) fn encode(value: &Value) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(length(value)));
    encode_into(value, &mut out);
    out
}

/// How many bytes a value takes in canonical CBOR.
pub(crate) fn length(value: &Value) -> usize {
    let head = |argument: usize| head_length(argument as u64);
    match value {
        Value::Unsigned(number) | Value::Negative(number) => head_length(*number),
        Value::Bytes(bytes) => head(bytes.len()) + bytes.len(),
        Value::Text(text) => head(text.len()) + text.len(),
        Value::Array(items) => head(items.len()) + items.iter().map(length).sum::<usize>(),
        Value::Map(map) => head(map.len()) + map.iter().map(|(key, value)| length(key) + length(value)).sum::<usize>(),
        Value::Bool(_) | Value::Null => 1,
    }
}

/// Bytes of an item's head with this argument (RFC 8949 section 3).
pub(crate) const fn head_length(argument: u64) -> usize {
    match argument {
        0..=23 => 1,
        24..=0xff => 2,
        0x100..=0xffff => 3,
        0x1_0000..=0xffff_ffff => 5,
        _ => 9,
    }
}

#[cfg(test)]
mod tests {
    use fob_cbor::Map;

    use super::*;

    /// A length that is too small would make a buffer grow and leave a secret behind.
    #[test]
    fn a_buffer_has_its_whole_size_from_the_start() {
        let text = |length: usize| Value::from("x".repeat(length));
        let mut map: Map = [(text(3), Value::Null), (text(300), Value::Bool(true))].into_iter().collect();
        map.insert("array", vec![Value::Negative(23), Value::Negative(24), text(23), text(24), text(255), text(256)]);
        let numbers = [23, 24, 255, 256, 65_535, 65_536, 0xffff_ffff, 0x1_0000_0000, u64::MAX];
        map.insert("numbers", numbers.into_iter().map(Value::Unsigned).collect::<Vec<_>>());
        map.insert("long", Value::Bytes(vec![7; 70_000]));
        for value in [Value::Null, Value::Map(map)] {
            assert_eq!(*encode(&value), fob_cbor::encode(&value));
            assert_eq!(encode(&value).len(), length(&value));
        }
    }
}
