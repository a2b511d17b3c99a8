//! CBOR that may hold secrets: wiped when it goes, and encoded without leaving copies behind.
//!
//! `fob_cbor::encode` lets its buffer grow, and growing leaves the old buffer in freed memory. What must not stay
//! there is encoded here instead: into a buffer that has its full size from the start.

use fob_cbor::{Map, Value, encode_head, encode_into};
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

/// A map in canonical CBOR, with `encoded` standing where the map has a placeholder for the key `name`.
pub(crate) fn encode_with(map: &Map, name: &str, encoded: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    encode_with_all(map, &[(name, encoded)])
}

/// A map in canonical CBOR, with what is encoded already standing where the map has placeholders.
pub(crate) fn encode_with_all(map: &Map, encoded: &[(&str, Zeroizing<Vec<u8>>)]) -> Zeroizing<Vec<u8>> {
    let instead = |key: &Value| {
        let name = key.as_text()?;
        encoded.iter().find(|(placeholder, _)| *placeholder == name).map(|(_, encoded)| encoded)
    };
    let value_length = |key, value| instead(key).map_or_else(|| length(value), |encoded| encoded.len());
    let members: usize = map.iter().map(|(key, value)| length(key) + value_length(key, value)).sum();
    let mut out = Zeroizing::new(Vec::with_capacity(head_length(map.len() as u64) + members));
    encode_head(MAJOR_MAP, map.len() as u64, &mut out);
    for (key, value) in map.iter() {
        encode_into(key, &mut out);
        match instead(key) {
            Some(encoded) => out.extend_from_slice(encoded),
            None => encode_into(value, &mut out),
        }
    }
    out
}

/// An array in CBOR, of encoded items.
pub(crate) fn encode_array(items: &[Zeroizing<Vec<u8>>]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(head_length(items.len() as u64) + total(items)));
    encode_head(MAJOR_ARRAY, items.len() as u64, &mut out);
    items.iter().for_each(|item| out.extend_from_slice(item));
    out
}

/// All pieces one after another, with zeros up to a multiple of `step` bytes.
pub(crate) fn joined(pieces: &[Zeroizing<Vec<u8>>], step: usize) -> Zeroizing<Vec<u8>> {
    let length = total(pieces).next_multiple_of(step);
    let mut out = Zeroizing::new(Vec::with_capacity(length));
    pieces.iter().for_each(|piece| out.extend_from_slice(piece));
    out.resize(length, 0);
    out
}

fn total(pieces: &[Zeroizing<Vec<u8>>]) -> usize {
    pieces.iter().map(|piece| piece.len()).sum()
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
    use super::*;

    /// RFC 8949 appendix A: [1, 2, 3], the 25-element array and {"a": 1, "b": [2, 3]} in their written form.
    #[test]
    fn items_are_written_as_rfc_8949_shows() {
        let one_to =
            |n: u64| (1..=n).map(|n| Zeroizing::new(fob_cbor::encode(&Value::Unsigned(n)))).collect::<Vec<_>>();
        assert_eq!(*encode_array(&one_to(3)), [0x83, 1, 2, 3]);
        assert_eq!(encode_array(&one_to(25))[..4], [0x98, 0x19, 1, 2]);
        let map: Map = [(Value::from("b"), Value::Null), (Value::from("a"), Value::Unsigned(1))].into_iter().collect();
        assert_eq!(
            *encode_with(&map, "b", Zeroizing::new(vec![0x82, 2, 3])),
            [0xa2, 0x61, 0x61, 1, 0x61, 0x62, 0x82, 2, 3]
        );
    }

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

    #[test]
    fn padding_ends_on_a_step() {
        for (length, expected) in [(0, 0), (1, 4096), (4096, 4096), (4097, 8192)] {
            assert_eq!(joined(&[Zeroizing::new(vec![1; length])], 4096).len(), expected, "{length}");
        }
    }
}
