//! Slots: the ways in. Each wraps the vault key under a key of its own.
//!
//! A slot is a CBOR map and is kept as one, so kinds and fields that a later fob adds survive a save by this one. The
//! wrap's associated data is [vault id, slot id, kind, parameters]: a slot moved to another vault, renamed, or with
//! cheaper parameters no longer opens. Labels are not here, they lie in the sealed body. How each kind comes to its
//! key-encryption key is in `slot/kek`, what a new slot is made of in `slot/draft`.

mod draft;
mod kek;

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER_PERMISSIVE;
use fob_ambient::UnixTime;
use fob_cbor::{Map, Value};
use ring::aead::{Aad, NONCE_LEN, Nonce};
use zeroize::Zeroizing;

use crate::Argon2Cost;
use crate::keys::{KeyBytes, VaultId, VaultKey, aes_256_gcm};

pub(crate) use draft::{Draft, Hashed, KeyAnswer, Making};
pub(crate) use kek::{AndParameters, KeyParameters, MAX_CREDENTIAL, MAX_TPM_BLOB};

/// Most slots in a vault.
pub(crate) const MAX_SLOTS: usize = 32;
/// Bytes of a slot's id, and of a passphrase slot's salt.
const ID_LENGTH: usize = 16;
/// Longest salt that is read.
const MAX_SALT_LENGTH: usize = 64;

/// Names a slot for as long as it is there. 128 random bits, written as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotId(pub(crate) [u8; ID_LENGTH]);

/// A text that is no [`SlotId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a slot's id is 32 hexadecimal digits")]
pub struct SlotIdError;

impl SlotId {
    /// The sixteen bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; ID_LENGTH] {
        &self.0
    }
}

impl From<[u8; ID_LENGTH]> for SlotId {
    fn from(bytes: [u8; ID_LENGTH]) -> Self {
        Self(bytes)
    }
}

impl FromStr for SlotId {
    type Err = SlotIdError;

    fn from_str(text: &str) -> Result<Self, SlotIdError> {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| SlotIdError)?;
        bytes.try_into().map(Self).map_err(|_| SlotIdError)
    }
}

impl fmt::Display for SlotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER_PERMISSIVE.encode(&self.0))
    }
}

/// What opens a slot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SlotKind {
    /// Argon2id over a passphrase.
    Passphrase,
    /// HKDF over a recovery code.
    Recovery,
    /// hmac-secret of a security key that has checked who is there.
    Key,
    /// A passphrase and a security key together.
    PassphraseAndKey,
    /// A random secret that the desktop's keyring keeps.
    SecretService,
    /// A random secret sealed by a TPM 2.0.
    Tpm,
    /// A kind of a later fob: kept, and passed over.
    Other(String),
}

impl SlotKind {
    /// The word in the file.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Passphrase => "passphrase",
            Self::Recovery => "recovery",
            Self::Key => "key",
            Self::PassphraseAndKey => "passphrase-and-key",
            Self::SecretService => "secret-service",
            Self::Tpm => "tpm2",
            Self::Other(name) => name,
        }
    }

    fn from_name(name: &str) -> Self {
        match name {
            "passphrase" => Self::Passphrase,
            "recovery" => Self::Recovery,
            "key" => Self::Key,
            "passphrase-and-key" => Self::PassphraseAndKey,
            "secret-service" => Self::SecretService,
            "tpm2" => Self::Tpm,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// One slot as an unlocked vault lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotInfo {
    /// Its name for as long as it is there; `None` for a slot of a later fob that has none.
    pub id: Option<SlotId>,
    /// What opens it.
    pub kind: SlotKind,
    /// The person's name for it, empty if it has none.
    pub label: String,
    /// When it was made, if it says so.
    pub created: Option<UnixTime>,
    /// When it last opened the vault on this machine, if that is known.
    pub used: Option<UnixTime>,
    /// Whether it opens with the login alone, so that nobody is asked for anything: the desktop's keyring, or a TPM
    /// without PIN.
    pub opens_with_login: bool,
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

    /// Its id, if it is one of ours.
    pub(crate) fn id(&self) -> Option<SlotId> {
        self.bytes("id")?.try_into().ok().map(SlotId)
    }

    pub(crate) fn created(&self) -> Option<UnixTime> {
        self.0.get_text("created").and_then(Value::as_u64).map(UnixTime)
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
        VaultKey::from_slot(&buffer)
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

    /// Whether it opens without anybody being asked: barred beside "passphrase and key".
    pub(crate) fn opens_with_login(&self) -> bool {
        match self.kind() {
            SlotKind::SecretService => true,
            SlotKind::Tpm => self.tpm().is_none_or(|tpm| !tpm.pin),
            _ => false,
        }
    }

    /// What it says of its price, if it is a slot with a passphrase that this fob understands.
    pub(crate) fn cost(&self) -> Option<Argon2Cost> {
        match self.kind() {
            SlotKind::Passphrase => Some(self.passphrase()?.1),
            SlotKind::PassphraseAndKey => Some(self.passphrase_and_key()?.cost),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
