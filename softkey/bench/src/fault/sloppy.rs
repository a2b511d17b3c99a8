//! CBOR that says the same and is not canonical (CTAP 2.3 §8), or nearly says it.

use fob_ctap::{Map, Value};
use fob_softkey_control::Sloppiness;

/// `map` in a form that a strict reader refuses.
pub(crate) fn sloppy(map: &Map, how: Sloppiness) -> Vec<u8> {
    let members: Vec<Vec<u8>> = map.iter().map(|(key, value)| [encode(key), encode(value)].concat()).collect();
    let canonical = encode(&Value::Map(map.clone()));
    let count = members.len();
    match how {
        Sloppiness::KeyOrder => head(count).into_iter().chain(members.into_iter().rev().flatten()).collect(),
        Sloppiness::LongHead => long_head(count).into_iter().chain(members.into_iter().flatten()).collect(),
        Sloppiness::Indefinite => [0xbf].into_iter().chain(members.into_iter().flatten()).chain([0xff]).collect(),
        Sloppiness::Duplicate => {
            let first = members.first().cloned().unwrap_or_default();
            head(count + 1).into_iter().chain(first).chain(members.into_iter().flatten()).collect()
        }
        Sloppiness::Trailing => canonical.into_iter().chain([0]).collect(),
        Sloppiness::Cut => canonical.split_last().map(|(_, rest)| rest.to_vec()).unwrap_or_default(),
    }
}

/// The shortest head of a map (RFC 8949 §3). No answer has 256 members.
fn head(count: usize) -> Vec<u8> {
    match u8::try_from(count) {
        Ok(count @ 0..=23) => vec![0xa0 | count],
        Ok(count) => vec![0xb8, count],
        Err(_) => long_head(count),
    }
}

/// One that is longer than it need be.
fn long_head(count: usize) -> Vec<u8> {
    let [high, low] = u16::try_from(count).unwrap_or(u16::MAX).to_be_bytes();
    vec![0xb9, high, low]
}

fn encode(value: &Value) -> Vec<u8> {
    fob_cbor::encode(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// {1: 2, 3: "x"} in each form, by hand from RFC 8949 §3.
    #[test]
    fn each_form_is_the_one_it_says() {
        let mut map = Map::new();
        map.insert(1, 2_u8);
        map.insert(3, "x");
        for (how, expected) in [
            (Sloppiness::KeyOrder, &[0xa2, 3, 0x61, b'x', 1, 2][..]),
            (Sloppiness::LongHead, &[0xb9, 0, 2, 1, 2, 3, 0x61, b'x']),
            (Sloppiness::Indefinite, &[0xbf, 1, 2, 3, 0x61, b'x', 0xff]),
            (Sloppiness::Duplicate, &[0xa3, 1, 2, 1, 2, 3, 0x61, b'x']),
            (Sloppiness::Trailing, &[0xa2, 1, 2, 3, 0x61, b'x', 0]),
            (Sloppiness::Cut, &[0xa2, 1, 2, 3, 0x61]),
        ] {
            assert_eq!(sloppy(&map, how), expected, "{how:?}");
        }
    }
}
