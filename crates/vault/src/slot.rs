//! Slots: the ways in. Each wraps the vault key under a key of its own.
//!
//! A slot is a CBOR map and is kept as one, so kinds and fields that a later fob adds survive a save by this one. The
//! wrap's associated data is [vault id, slot id, kind, parameters]: a slot moved to another vault, renamed, or with
//! cheaper parameters no longer opens. Labels are not here, they lie in the sealed body.

use fob_ambient::Rng;
use fob_cbor::{Map, Value};
use ring::aead::{Aad, NONCE_LEN, Nonce};
use zeroize::Zeroizing;

use crate::keys::{KeyBytes, VaultId, VaultKey, aes_256_gcm, hkdf_sha256, info};
use crate::{Argon2Cost, RecoveryCode};

/// Most slots in a vault.
pub(crate) const MAX_SLOTS: usize = 32;
/// Bytes of a slot's id, and of a passphrase slot's salt.
const ID_LENGTH: usize = 16;
/// Bytes of a recovery slot's salt.
const RECOVERY_SALT_LENGTH: usize = 32;
/// Longest salt that is read.
const MAX_SALT_LENGTH: usize = 64;

/// What opens a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotKind {
    /// Argon2id over a passphrase.
    Passphrase,
    /// HKDF over a recovery code.
    Recovery,
    /// A kind of a later fob: kept, and passed over.
    Other(String),
}

impl SlotKind {
    fn name(&self) -> &str {
        match self {
            Self::Passphrase => "passphrase",
            Self::Recovery => "recovery",
            Self::Other(name) => name,
        }
    }

    fn from_name(name: &str) -> Self {
        match name {
            "passphrase" => Self::Passphrase,
            "recovery" => Self::Recovery,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// One slot as an unlocked vault lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotInfo {
    /// Sixteen bytes in hexadecimal.
    pub id: String,
    /// What opens it.
    pub kind: SlotKind,
    /// The person's name for it, empty if it has none.
    pub label: String,
    /// When it was made, in Unix seconds, if it says so.
    pub created: Option<u64>,
}

/// A slot as it stands in the header, unknown fields included.
#[derive(Debug, Clone)]
pub(crate) struct Slot(Map);

impl Slot {
    /// Any map that names its kind is a slot.
    pub(crate) fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Map(map) => map.get_text("kind").and_then(Value::as_text).is_some().then_some(Self(map)),
            _ => None,
        }
    }

    pub(crate) fn to_value(&self) -> Value {
        Value::Map(self.0.clone())
    }

    pub(crate) fn kind(&self) -> SlotKind {
        SlotKind::from_name(self.0.get_text("kind").and_then(Value::as_text).unwrap_or_default())
    }

    pub(crate) fn id(&self) -> Option<&[u8]> {
        self.bytes("id")
    }

    pub(crate) fn created(&self) -> Option<u64> {
        self.0.get_text("created").and_then(Value::as_u64)
    }

    /// Wraps the vault key for a kind's key-encryption key, with fresh parameters and a fresh id.
    fn seal(making: &mut Making<'_>, id: [u8; ID_LENGTH], kind: &SlotKind, parameters: Map, kek: &KeyBytes) -> Self {
        let mut slot = Map::new();
        slot.insert("id", id.to_vec());
        slot.insert("kind", kind.name());
        slot.insert("parameters", parameters);
        slot.insert("created", making.now);
        let mut slot = Self(slot);
        let wrapped = slot.wrap(making, kek);
        slot.0.insert("wrapped", wrapped);
        slot
    }

    fn wrap(&self, making: &mut Making<'_>, kek: &KeyBytes) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        making.rng.fill(&mut nonce);
        // Sealed in place: what is in this buffer when it is next seen is ciphertext.
        let mut key = making.key.expose().to_vec();
        let tag = aes_256_gcm(kek)
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(self.associated_data(making.vault)),
                &mut key,
            )
            .expect("32 bytes are below GCM's limit");
        [nonce.as_slice(), &key, tag.as_ref()].concat()
    }

    /// The vault key, if `kek` is the one that wrapped it and nothing in between was changed.
    pub(crate) fn unwrap(&self, vault: &VaultId, kek: &KeyBytes) -> Option<VaultKey> {
        let (nonce, sealed) = self.bytes("wrapped")?.split_first_chunk::<NONCE_LEN>()?;
        let mut buffer = Zeroizing::new(sealed.to_vec());
        let length = aes_256_gcm(kek)
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(self.associated_data(vault)),
                buffer.as_mut_slice(),
            )
            .ok()?
            .len();
        buffer.truncate(length);
        VaultKey::from_slot(buffer)
    }

    fn associated_data(&self, vault: &VaultId) -> Vec<u8> {
        let field = |name| self.0.get_text(name).cloned().unwrap_or(Value::Null);
        fob_cbor::encode(&Value::Array(vec![
            Value::Bytes(vault.to_vec()),
            field("id"),
            field("kind"),
            field("parameters"),
        ]))
    }

    fn parameters(&self) -> Option<&Map> {
        self.0.get_text("parameters")?.as_map()
    }

    fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.0.get_text(name)?.as_bytes()
    }

    fn salt(&self) -> Option<&[u8]> {
        let salt = self.parameters()?.get_text("salt")?.as_bytes()?;
        (ID_LENGTH..=MAX_SALT_LENGTH).contains(&salt.len()).then_some(salt)
    }

    /// Salt and cost, if this is a passphrase slot that this fob understands.
    pub(crate) fn passphrase(&self) -> Option<(&[u8], Argon2Cost)> {
        let parameters = self.parameters().filter(|_| self.kind() == SlotKind::Passphrase)?;
        let number = |name| parameters.get_text(name).and_then(Value::as_u64);
        let ours = parameters.get_text("algorithm").and_then(Value::as_text) == Some("argon2id")
            && number("version") == Some(0x13);
        // A number beyond 32 bits is kept as the largest: the bounds refuse it by its size.
        let capped = |name| number(name).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        let cost = Argon2Cost { memory_kib: capped("memory_kib")?, passes: capped("passes")?, lanes: capped("lanes")? };
        if ours { Some((self.salt()?, cost)) } else { None }
    }

    /// The key-encryption key of a recovery slot; `None` for other kinds.
    pub(crate) fn recovery_key(&self, vault: &VaultId, code: &RecoveryCode) -> Option<KeyBytes> {
        if self.kind() != SlotKind::Recovery {
            return None;
        }
        Some(recovery_key(vault, self.id()?, self.salt()?, code))
    }
}

/// What the making of a slot takes.
pub(crate) struct Making<'a> {
    pub(crate) vault: &'a VaultId,
    pub(crate) key: &'a VaultKey,
    pub(crate) now: u64,
    pub(crate) rng: &'a mut dyn Rng,
}

impl Making<'_> {
    fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill(&mut bytes);
        bytes
    }

    /// A slot that opens with what Argon2 made of a passphrase, this salt and this cost.
    pub(crate) fn passphrase_slot(&mut self, salt: [u8; 16], cost: Argon2Cost, kek: &KeyBytes) -> Slot {
        let mut parameters = Map::new();
        parameters.insert("algorithm", "argon2id");
        parameters.insert("version", 0x13_u64);
        parameters.insert("memory_kib", cost.memory_kib);
        parameters.insert("passes", cost.passes);
        parameters.insert("lanes", cost.lanes);
        parameters.insert("salt", salt.to_vec());
        let id = self.random();
        Slot::seal(self, id, &SlotKind::Passphrase, parameters, kek)
    }

    /// A slot that opens with this code.
    pub(crate) fn recovery_slot(&mut self, code: &RecoveryCode) -> Slot {
        let salt: [u8; RECOVERY_SALT_LENGTH] = self.random();
        let mut parameters = Map::new();
        parameters.insert("salt", salt.to_vec());
        let id = self.random();
        let kek = recovery_key(self.vault, &id, &salt, code);
        Slot::seal(self, id, &SlotKind::Recovery, parameters, &kek)
    }
}

fn recovery_key(vault: &VaultId, slot: &[u8], salt: &[u8], code: &RecoveryCode) -> KeyBytes {
    let info = info("fob vault 1 recovery", [Value::Bytes(vault.to_vec()), Value::Bytes(slot.to_vec())]);
    hkdf_sha256(code.bytes(), salt, &info)
}

#[cfg(test)]
mod tests;
