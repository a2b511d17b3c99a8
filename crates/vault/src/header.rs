//! The header: identity, generation and slots, readable without a key.
//!
//! Keys that a later fob adds are kept and written back. `check` is a plain hash of the rest: it tells a damaged file
//! from a wrong passphrase before anybody types one, and is no defence against a person. That is the authentication
//! code's work (`envelope`), for which the vault key must be there.

use fob_cbor::{Limits, Map, Value};
use ring::digest;

use crate::keys::VaultId;
use crate::slot::{MAX_SLOTS, Slot};

/// Most bytes of an encoded header.
pub(crate) const MAX_HEADER: usize = 64 * 1024;
/// Maps and arrays inside one another: header, slots, slot, parameters, and room for later kinds.
const DEPTH: usize = 8;
/// Bytes of `check`.
const CHECK_LENGTH: usize = 16;

/// A header that was read or is about to be written.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) vault: VaultId,
    /// Name of the vault key ([`crate::keys::VaultKey::id`]).
    pub(crate) key: [u8; 16],
    /// Counts saves from 1.
    pub(crate) generation: u64,
    /// Unix seconds.
    pub(crate) created: u64,
    /// Unix seconds of the last save.
    pub(crate) changed: u64,
    /// Salt of this save's body key.
    pub(crate) salt: [u8; 32],
    /// Bytes of the sealed body, tag included.
    pub(crate) body_length: u64,
    pub(crate) slots: Vec<Slot>,
    /// Keys that this fob does not know.
    pub(crate) other: Map,
}

impl Header {
    /// Reads a header; `None` if it is not one, whatever the reason: the sentence for the person is the same.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let Value::Map(mut map) = fob_cbor::decode(bytes, Limits::deep(DEPTH)).ok()? else { return None };
        let check = take_bytes::<CHECK_LENGTH>(&mut map)("check")?;
        if check != check_of(&map) {
            return None;
        }
        let slots = match take(&mut map, "slots")? {
            Value::Array(slots) if slots.len() <= MAX_SLOTS => slots,
            _ => return None,
        };
        Some(Self {
            vault: take_bytes(&mut map)("vault")?,
            key: take_bytes(&mut map)("key")?,
            generation: take(&mut map, "generation")?.as_u64()?,
            created: take(&mut map, "created")?.as_u64()?,
            changed: take(&mut map, "changed")?.as_u64()?,
            salt: take_bytes(&mut map)("salt")?,
            body_length: take(&mut map, "body_length")?.as_u64()?,
            slots: slots.into_iter().map(Slot::from_value).collect::<Option<_>>()?,
            other: map,
        })
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut map = self.other.clone();
        map.insert("vault", self.vault.to_vec());
        map.insert("key", self.key.to_vec());
        map.insert("generation", self.generation);
        map.insert("created", self.created);
        map.insert("changed", self.changed);
        map.insert("salt", self.salt.to_vec());
        map.insert("body_length", self.body_length);
        map.insert("slots", Value::Array(self.slots.iter().map(Slot::to_value).collect()));
        let check = check_of(&map);
        map.insert("check", check.to_vec());
        fob_cbor::encode(&Value::Map(map))
    }
}

/// The first 16 bytes of SHA-256 over the canonical header without `check`.
fn check_of(without_check: &Map) -> [u8; CHECK_LENGTH] {
    let hash = digest::digest(&digest::SHA256, &fob_cbor::encode(&Value::Map(without_check.clone())));
    *hash.as_ref().first_chunk().expect("SHA-256 has 32 bytes")
}

fn take(map: &mut Map, name: &str) -> Option<Value> {
    map.remove(&Value::from(name))
}

fn take_bytes<const N: usize>(map: &mut Map) -> impl FnOnce(&str) -> Option<[u8; N]> {
    |name| take(map, name)?.as_bytes()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        let mut slot = Map::new();
        slot.insert("kind", "telepathy");
        slot.insert("antenna", 7_u64);
        let mut other = Map::new();
        other.insert("policy", "any");
        Header {
            vault: [1; 16],
            key: [2; 16],
            generation: 3,
            created: 4,
            changed: 5,
            salt: [6; 32],
            body_length: 4112,
            slots: vec![Slot::from_value(Value::Map(slot)).unwrap()],
            other,
        }
    }

    fn rewritten(change: impl FnOnce(&mut Map)) -> Vec<u8> {
        let Value::Map(mut map) = fob_cbor::decode(&header().to_bytes(), Limits::deep(DEPTH)).unwrap() else {
            panic!("a header is a map")
        };
        map.remove(&Value::from("check"));
        change(&mut map);
        map.insert("check", check_of(&map).to_vec());
        fob_cbor::encode(&Value::Map(map))
    }

    #[test]
    fn what_a_later_fob_added_is_written_back() {
        let bytes = header().to_bytes();
        let read = Header::from_bytes(&bytes).unwrap();
        assert_eq!(read.other.get_text("policy").and_then(Value::as_text), Some("any"));
        assert_eq!(read.to_bytes(), bytes);
    }

    #[test]
    fn a_header_without_one_of_its_parts_is_damaged() {
        assert!(Header::from_bytes(&rewritten(|_| ())).is_some(), "the rewriting itself is sound");
        for name in ["vault", "key", "generation", "created", "changed", "salt", "body_length", "slots"] {
            let without = rewritten(|map| drop(map.remove(&Value::from(name))));
            assert!(Header::from_bytes(&without).is_none(), "{name} missing");
            let odd = rewritten(|map| drop(map.insert(name, Value::Bool(true))));
            assert!(Header::from_bytes(&odd).is_none(), "{name} of another type");
        }
    }

    #[test]
    fn a_slot_is_a_map_that_names_its_kind_and_there_are_at_most_32() {
        let slot = header().slots[0].to_value();
        for (case, slots, read) in [
            ("none", vec![], true),
            ("32", vec![slot.clone(); 32], true),
            ("33", vec![slot.clone(); 33], false),
            ("a number", vec![Value::Unsigned(1)], false),
            ("no kind", vec![Value::Map(Map::new())], false),
        ] {
            let bytes = rewritten(|map| drop(map.insert("slots", Value::Array(slots))));
            assert_eq!(Header::from_bytes(&bytes).is_some(), read, "{case}");
        }
    }
}
