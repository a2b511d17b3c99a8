//! The header: identity, generation and slots, readable without a key.
//!
//! Keys that a later fob adds are kept and written back. `check` is a plain hash of the rest: it tells a damaged file
//! from a wrong passphrase before anybody types one, and is no defence against a person. That is the authentication
//! code's work (`envelope`), for which the vault key must be there.

use fob_cbor::{Limits, Map, Value};
use ring::digest;

use crate::SlotError;
use crate::keys::VaultId;
use crate::slot::{MAX_SLOTS, Slot, SlotId, SlotKind};

/// Most bytes of an encoded header.
pub(crate) const MAX_HEADER: usize = 64 * 1024;
/// Maps and arrays inside one another: header, slots, slot, parameters, and room for later kinds.
const DEPTH: usize = 8;
/// Bytes of `check`.
const CHECK_LENGTH: usize = 16;
/// Most names of former vault keys that are kept; the oldest go first.
const MAX_RETIRED: usize = 32;
/// The edition of docs/vault-format.md that this fob writes by. 1 had only passphrase and recovery slots and did not say
/// so. A file of an earlier edition is kept as a backup before its first save in this one.
pub(crate) const EDITION: u64 = 2;

/// Which ways in a vault may have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Policy {
    /// Each slot opens by itself.
    #[default]
    EitherOr,
    /// Passphrase and security key together; beside them the recovery code and nothing else.
    PassphraseAndKey,
    /// A policy of a later fob: this one opens nothing under it.
    Other(String),
}

impl Policy {
    /// The word in the file.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::EitherOr => "either-or",
            Self::PassphraseAndKey => "passphrase-and-key",
            Self::Other(name) => name,
        }
    }

    fn from_name(name: &str) -> Self {
        match name {
            "either-or" => Self::EitherOr,
            "passphrase-and-key" => Self::PassphraseAndKey,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Whether a quick PIN may open a soft lock. Not where a passphrase alone opens nothing.
    pub(crate) const fn admits_quick_pin(&self) -> bool {
        matches!(self, Self::EitherOr)
    }

    /// That a slot of this kind may stand in the vault.
    pub(crate) fn check(&self, kind: &SlotKind) -> Result<(), SlotError> {
        let barred = || SlotError::Barred { kind: kind.name().to_owned(), policy: self.name().to_owned() };
        if self.admits(kind) { Ok(()) } else { Err(barred()) }
    }

    /// Whether a slot of this kind may open the vault.
    pub(crate) fn admits(&self, kind: &SlotKind) -> bool {
        match self {
            Self::EitherOr => *kind != SlotKind::PassphraseAndKey,
            Self::PassphraseAndKey => matches!(kind, SlotKind::PassphraseAndKey | SlotKind::Recovery),
            Self::Other(_) => false,
        }
    }
}

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
    pub(crate) policy: Policy,
    /// Names of the vault keys that were made before this one, oldest first: what they seal is to be cleared away.
    pub(crate) retired: Vec<[u8; 16]>,
    /// The edition of the format's page that the file was last written by.
    pub(crate) edition: u64,
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
            policy: match take(&mut map, "policy") {
                None => Policy::EitherOr,
                Some(policy) => Policy::from_name(policy.as_text()?),
            },
            retired: match take(&mut map, "retired") {
                None => Vec::new(),
                Some(retired) => names(&retired)?,
            },
            edition: take(&mut map, "edition").map_or(Some(1), |edition| edition.as_u64())?,
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
        if self.policy != Policy::EitherOr {
            map.insert("policy", self.policy.name());
        }
        if !self.retired.is_empty() {
            map.insert("retired", Value::Array(self.retired.iter().map(Value::from).collect()));
        }
        if self.edition > 1 {
            map.insert("edition", self.edition);
        }
        let check = check_of(&map);
        map.insert("check", check.to_vec());
        fob_cbor::encode(&Value::Map(map))
    }

    /// Puts a new vault key's name in the place of the former one.
    pub(crate) fn retire_key(&mut self, new: [u8; 16]) {
        self.retired.push(std::mem::replace(&mut self.key, new));
        let surplus = self.retired.len().saturating_sub(MAX_RETIRED);
        self.retired.drain(..surplus);
    }

    pub(crate) fn slot(&self, id: SlotId) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.id() == Some(id))
    }
}

/// Names of vault keys, if all of it is such names, and not too many.
fn names(value: &Value) -> Option<Vec<[u8; 16]>> {
    let names = value.as_array().filter(|names| names.len() <= MAX_RETIRED)?;
    names.iter().map(|name| name.as_bytes()?.try_into().ok()).collect()
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
        other.insert("mood", "good");
        Header {
            vault: [1; 16],
            key: [2; 16],
            generation: 3,
            created: 4,
            changed: 5,
            salt: [6; 32],
            body_length: 4112,
            slots: vec![Slot::from_value(Value::Map(slot)).unwrap()],
            policy: Policy::EitherOr,
            retired: Vec::new(),
            edition: 1,
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
        assert_eq!(read.other.get_text("mood").and_then(Value::as_text), Some("good"));
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

    #[test]
    fn policy_and_former_keys_are_written_only_when_there_are_any() {
        let plain = header().to_bytes();
        for (name, change) in [
            ("policy", (|header: &mut Header| header.policy = Policy::PassphraseAndKey) as fn(&mut Header)),
            ("retired", |header| header.retire_key([9; 16])),
            ("edition", |header| header.edition = EDITION),
        ] {
            let has = |bytes: &[u8]| bytes.windows(name.len()).any(|part| part == name.as_bytes());
            assert!(!has(&plain), "{name}");
            let mut header = header();
            change(&mut header);
            let bytes = header.to_bytes();
            assert!(has(&bytes), "{name}");
            assert_eq!(Header::from_bytes(&bytes).unwrap().to_bytes(), bytes, "{name}");
            let odd = rewritten(|map| drop(map.insert(name, Value::Bool(true))));
            assert!(Header::from_bytes(&odd).is_none(), "{name} of another type");
        }
    }

    #[test]
    fn only_the_newest_former_keys_are_kept() {
        let mut header = header();
        (0..40).for_each(|number| header.retire_key([number; 16]));
        assert_eq!((header.key, header.retired.len()), ([39; 16], 32));
        assert_eq!(header.retired.last(), Some(&[38; 16]));
        assert!(Header::from_bytes(&header.to_bytes()).is_some());
    }

    #[test]
    fn a_policy_says_which_kinds_may_open() {
        let later = Policy::Other("three of five".to_owned());
        for (kind, either, both) in [
            (SlotKind::Passphrase, true, false),
            (SlotKind::Recovery, true, true),
            (SlotKind::Key, true, false),
            (SlotKind::PassphraseAndKey, false, true),
            (SlotKind::SecretService, true, false),
            (SlotKind::Tpm, true, false),
        ] {
            assert_eq!(Policy::EitherOr.admits(&kind), either, "{kind:?}");
            assert_eq!(Policy::PassphraseAndKey.admits(&kind), both, "{kind:?}");
            assert!(!later.admits(&kind), "{kind:?}");
        }
    }
}
