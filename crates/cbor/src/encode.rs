//! From value to bytes: CTAP2's canonical form (CTAP 2.3 §8), one for each value.

use crate::Value;

/// The canonical bytes of `value`: shortest heads, definite lengths, sorted keys.
#[must_use]
pub fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_into(value, &mut bytes);
    bytes
}

/// Appends the canonical bytes of `value`, for messages that put something before them.
pub fn encode_into(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Unsigned(number) => encode_head(0, *number, bytes),
        Value::Negative(number) => encode_head(1, *number, bytes),
        Value::Bytes(string) => {
            encode_head(2, string.len() as u64, bytes);
            bytes.extend_from_slice(string);
        }
        Value::Text(text) => {
            encode_head(3, text.len() as u64, bytes);
            bytes.extend_from_slice(text.as_bytes());
        }
        Value::Array(items) => {
            encode_head(4, items.len() as u64, bytes);
            items.iter().for_each(|item| encode_into(item, bytes));
        }
        Value::Map(map) => {
            encode_head(5, map.len() as u64, bytes);
            for (key, value) in map.iter() {
                encode_into(key, bytes);
                encode_into(value, bytes);
            }
        }
        Value::Bool(answer) => bytes.push(if *answer { 0xf5 } else { 0xf4 }),
        Value::Null => bytes.push(0xf6),
    }
}

/// Appends the head of an item: major type, 0 to 7, and argument in as few bytes as it fits (RFC 8949 §3). For what is written
/// piece by piece; what follows the head is the caller's.
pub fn encode_head(major: u8, argument: u64, bytes: &mut Vec<u8>) {
    let major = major << 5;
    let [.., b4, b5, b6, b7] = argument.to_be_bytes();
    match argument {
        0..=23 => bytes.push(major | b7),
        24..=0xff => bytes.extend([major | 24, b7]),
        0x100..=0xffff => bytes.extend([major | 25, b6, b7]),
        0x1_0000..=0xffff_ffff => bytes.extend([major | 26, b4, b5, b6, b7]),
        _ => {
            bytes.push(major | 27);
            bytes.extend(argument.to_be_bytes());
        }
    }
}
