//! A CBOR map that is in canonical order at every moment, and the order itself (CTAP 2.3 §8).

use std::cmp::Ordering;
use std::fmt;

use zeroize::Zeroize;

use crate::{Value, encode};

/// Members with distinct keys, sorted by CTAP2's canonical order: lower major type first, then the shorter key, then
/// the key whose bytes are lower.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Map(Vec<(Value, Value)>);

impl Map {
    /// A map without members.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Puts a member in its place; gives back the value that the key had before.
    pub fn insert(&mut self, key: impl Into<Value>, value: impl Into<Value>) -> Option<Value> {
        let (key, value) = (key.into(), value.into());
        match self.place_of(&key) {
            Ok(place) => self.0.get_mut(place).map(|(_, old)| std::mem::replace(old, value)),
            Err(place) => {
                self.0.insert(place, (key, value));
                None
            }
        }
    }

    /// The value of this key.
    #[must_use]
    pub fn get(&self, key: &Value) -> Option<&Value> {
        self.place_of(key).ok().and_then(|place| self.0.get(place)).map(|(_, value)| value)
    }

    /// The value of an integer key.
    #[must_use]
    pub fn get_int(&self, key: i64) -> Option<&Value> {
        self.get(&Value::int(key))
    }

    /// The value of a text key.
    #[must_use]
    pub fn get_text(&self, key: &str) -> Option<&Value> {
        self.iter().find(|(candidate, _)| candidate.as_text() == Some(key)).map(|(_, value)| value)
    }

    /// Takes a member out.
    pub fn remove(&mut self, key: &Value) -> Option<Value> {
        self.place_of(key).ok().map(|place| self.0.remove(place).1)
    }

    /// Takes the member with a text key out.
    pub fn remove_text(&mut self, key: &str) -> Option<Value> {
        let place = self.0.iter().position(|(candidate, _)| candidate.as_text() == Some(key))?;
        Some(self.0.remove(place).1)
    }

    /// The members in canonical order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Value, &Value)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// How many members there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no member.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes members in any order; none if two have the same key.
    pub(crate) fn from_distinct(mut members: Vec<(Value, Value)>) -> Option<Self> {
        if !members.is_sorted_by(|(a, _), (b, _)| canonical_order(a, b).is_le()) {
            members.sort_by(|(a, _), (b, _)| canonical_order(a, b));
        }
        let distinct = members.is_sorted_by(|(a, _), (b, _)| canonical_order(a, b).is_lt());
        distinct.then_some(Self(members))
    }

    fn place_of(&self, key: &Value) -> Result<usize, usize> {
        self.0.binary_search_by(|(candidate, _)| canonical_order(candidate, key))
    }
}

/// CTAP 2.3 §8 for two keys. Equal only if the keys are.
pub(crate) fn canonical_order(a: &Value, b: &Value) -> Ordering {
    // Within a major type of numbers or strings the longer head belongs to the greater number or length, so
    // nothing needs to be encoded; arrays and maps as keys are rare enough to be.
    match (a, b) {
        (Value::Unsigned(a), Value::Unsigned(b)) | (Value::Negative(a), Value::Negative(b)) => a.cmp(b),
        (Value::Bytes(a), Value::Bytes(b)) => by_length(a, b),
        (Value::Text(a), Value::Text(b)) => by_length(a.as_bytes(), b.as_bytes()),
        _ => major_type(a).cmp(&major_type(b)).then_with(|| by_length(&encode(a), &encode(b))),
    }
}

fn by_length(a: &[u8], b: &[u8]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

const fn major_type(value: &Value) -> u8 {
    match value {
        Value::Unsigned(_) => 0,
        Value::Negative(_) => 1,
        Value::Bytes(_) => 2,
        Value::Text(_) => 3,
        Value::Array(_) => 4,
        Value::Map(_) => 5,
        Value::Bool(_) | Value::Null => 7,
    }
}

/// A later member replaces an earlier one with the same key.
impl<K: Into<Value>, V: Into<Value>> FromIterator<(K, V)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(members: I) -> Self {
        let mut map = Self::new();
        map.extend(members);
        map
    }
}

impl<K: Into<Value>, V: Into<Value>> Extend<(K, V)> for Map {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, members: I) {
        for (key, value) in members {
            self.insert(key, value);
        }
    }
}

impl IntoIterator for Map {
    type Item = (Value, Value);
    type IntoIter = std::vec::IntoIter<(Value, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Zeroize for Map {
    fn zeroize(&mut self) {
        for (key, value) in &mut self.0 {
            key.zeroize();
            value.zeroize();
        }
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order of CTAP 2.3 §8, which is not RFC 8949's: a text of one byte comes after every integer.
    #[test]
    fn keys_go_by_type_then_length_then_bytes() {
        let sorted = [
            Value::int(0),
            Value::int(23),
            Value::int(24),
            Value::int(256),
            Value::Unsigned(u64::MAX),
            Value::int(-1),
            Value::int(-2),
            Value::int(-257),
            Value::from([]),
            Value::from([0xff]),
            Value::from([0, 0]),
            Value::from("z"),
            Value::from("aa"),
            Value::from("ab"),
            Value::from("aaa"),
            Value::from(vec![Value::int(9)]),
            Value::from(vec![Value::int(1), Value::int(2)]),
            Value::from(Map::new()),
            Value::from(false),
            Value::from(true),
            Value::Null,
        ];
        let map: Map = sorted.iter().rev().map(|key| (key.clone(), 0_u8)).collect();
        let keys: Vec<Value> = map.into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, sorted);
    }

    #[test]
    fn a_second_insert_replaces() {
        let mut map = Map::new();
        assert_eq!(map.insert("a", 1_u8), None);
        assert_eq!(map.insert("a", 2_u8), Some(Value::int(1)));
        assert_eq!((map.len(), map.get_text("a")), (1, Some(&Value::int(2))));
        assert_eq!(map.remove(&Value::from("a")), Some(Value::int(2)));
        assert!(map.is_empty());
        map.extend([("aa", 1_u8), ("b", 2)]);
        assert_eq!(map.remove_text("c"), None);
        assert_eq!((map.remove_text("aa"), map.len()), (Some(Value::int(1)), 1));
    }

    #[test]
    fn a_text_key_is_no_byte_key() {
        let map: Map = [(Value::from(b"a"), 1_u8), (Value::int(-7), 2)].into_iter().collect();
        assert_eq!(map.get_text("a"), None);
        assert_eq!(map.get_int(-7), Some(&Value::int(2)));
    }
}
