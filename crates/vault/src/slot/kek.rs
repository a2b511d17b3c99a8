//! What a slot's kind asks for, and how the answer becomes the key-encryption key.
//!
//! Every kind but the passphrase derives its key with HKDF-SHA256, whose `info` names the kind, the vault and the
//! slot: one secret that serves two slots still gives two keys. Parameters come from the file: what does not look as
//! this fob would have written it makes the slot one of a later fob, to be passed over.

use fob_cbor::Value;
use zeroize::Zeroizing;

use super::{Slot, SlotId, SlotKind};
use crate::keys::{KeyBytes, VaultId, hkdf_sha256, info};
use crate::{Argon2Cost, RecoveryCode, SlotSecret};

/// Longest credential id (CTAP 2.3 section 6.4, maxCredentialIdLength of common keys is far below).
pub(crate) const MAX_CREDENTIAL: usize = 1023;
/// Longest sealed object of a TPM that is kept; today's have some 300 bytes.
pub(crate) const MAX_TPM_BLOB: usize = 2048;

/// What a security key is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyParameters<'a> {
    pub(crate) credential: &'a [u8],
    /// What hmac-secret gets.
    pub(crate) salt: &'a [u8; 32],
    /// With and without user verification a key gives two different secrets (CTAP 2.3 section 12.7).
    pub(crate) user_verification: bool,
}

/// What "passphrase and key" asks of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AndParameters<'a> {
    pub(crate) salt: &'a [u8],
    pub(crate) cost: Argon2Cost,
    pub(crate) key: KeyParameters<'a>,
}

/// What a TPM gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TpmParameters<'a> {
    pub(crate) blob: &'a [u8],
    pub(crate) pin: bool,
}

impl Slot {
    fn number(&self, name: &str) -> Option<u64> {
        self.parameters()?.get_text(name)?.as_u64()
    }

    fn argon2(&self) -> Option<(&[u8], Argon2Cost)> {
        let ours = self.parameters()?.get_text("algorithm").and_then(Value::as_text) == Some("argon2id")
            && self.number("version") == Some(0x13);
        // A number beyond 32 bits is kept as the largest: the bounds refuse it by its size.
        let capped = |name| self.number(name).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        let cost = Argon2Cost { memory_kib: capped("memory_kib")?, passes: capped("passes")?, lanes: capped("lanes")? };
        if ours { Some((self.salt()?, cost)) } else { None }
    }

    fn security_key(&self) -> Option<KeyParameters<'_>> {
        let parameters = self.parameters()?;
        let credential = parameters.get_text("credential")?.as_bytes()?;
        let in_bounds = (1..=MAX_CREDENTIAL).contains(&credential.len());
        Some(KeyParameters {
            credential: in_bounds.then_some(credential)?,
            salt: parameters.get_text("key_salt")?.as_bytes()?.try_into().ok()?,
            user_verification: flag(parameters.get_text("uv"))?,
        })
    }

    /// Salt and cost, if this is a passphrase slot that this fob understands.
    pub(crate) fn passphrase(&self) -> Option<(&[u8], Argon2Cost)> {
        if self.kind() == SlotKind::Passphrase { self.argon2() } else { None }
    }

    /// What the key is asked, if this is a slot of a key alone: without user verification it is none of ours.
    pub(crate) fn key(&self) -> Option<KeyParameters<'_>> {
        let is_ours = self.kind() == SlotKind::Key;
        self.security_key().filter(|key| is_ours && key.user_verification)
    }

    /// What both are asked, if this slot wants both.
    pub(crate) fn passphrase_and_key(&self) -> Option<AndParameters<'_>> {
        if self.kind() != SlotKind::PassphraseAndKey {
            return None;
        }
        let (salt, cost) = self.argon2()?;
        Some(AndParameters { salt, cost, key: self.security_key()? })
    }

    /// The credential of a slot that wants a key, alone or not.
    pub(crate) fn credential(&self) -> Option<&[u8]> {
        let wants_key = matches!(self.kind(), SlotKind::Key | SlotKind::PassphraseAndKey);
        self.security_key().filter(|_| wants_key).map(|key| key.credential)
    }

    /// What the TPM gets, if this is a slot of one.
    pub(crate) fn tpm(&self) -> Option<TpmParameters<'_>> {
        let parameters = self.parameters().filter(|_| self.kind() == SlotKind::Tpm)?;
        let blob = parameters.get_text("blob")?.as_bytes()?;
        let in_bounds = (1..=MAX_TPM_BLOB).contains(&blob.len());
        Some(TpmParameters { blob: in_bounds.then_some(blob)?, pin: flag(parameters.get_text("pin"))? })
    }

    /// The key-encryption key of a recovery slot; `None` for other kinds.
    pub(crate) fn recovery_key(&self, vault: &VaultId, code: &RecoveryCode) -> Option<KeyBytes> {
        if self.kind() != SlotKind::Recovery {
            return None;
        }
        Some(recovery_key(vault, self.id()?, self.salt()?, code))
    }

    /// The key-encryption key of a slot whose secret is outside: a key's alone, the keyring's, a TPM's.
    pub(crate) fn outside_key(&self, vault: &VaultId, secret: &SlotSecret) -> Option<KeyBytes> {
        let salt = match self.kind() {
            SlotKind::Key => self.key()?.salt.as_slice(),
            SlotKind::SecretService => self.salt()?,
            SlotKind::Tpm => self.tpm().and(self.salt())?,
            _ => return None,
        };
        outside_key(&self.kind(), vault, self.id()?, salt, secret)
    }

    /// The key-encryption key of a slot that wants both, from what Argon2 made of the passphrase and the key's secret.
    pub(crate) fn both_key(&self, vault: &VaultId, hashed: &KeyBytes, secret: &SlotSecret) -> Option<KeyBytes> {
        Some(both_key(vault, self.id()?, self.passphrase_and_key()?.key.salt, hashed, secret))
    }
}

fn flag(value: Option<&Value>) -> Option<bool> {
    match value? {
        Value::Bool(flag) => Some(*flag),
        _ => None,
    }
}

fn bound_to(label: &str, vault: &VaultId, slot: SlotId) -> Vec<u8> {
    info(label, [Value::Bytes(vault.to_vec()), Value::Bytes(slot.bytes().to_vec())])
}

pub(super) fn recovery_key(vault: &VaultId, slot: SlotId, salt: &[u8], code: &RecoveryCode) -> KeyBytes {
    hkdf_sha256(code.bytes(), salt, &bound_to("fob vault 1 recovery", vault, slot))
}

pub(super) fn outside_key(
    kind: &SlotKind,
    vault: &VaultId,
    slot: SlotId,
    salt: &[u8],
    secret: &SlotSecret,
) -> Option<KeyBytes> {
    let label = match kind {
        SlotKind::Key => "fob vault 1 key",
        SlotKind::SecretService => "fob vault 1 secret service",
        SlotKind::Tpm => "fob vault 1 tpm2",
        _ => return None,
    };
    Some(hkdf_sha256(secret.expose(), salt, &bound_to(label, vault, slot)))
}

/// Both halves have 32 bytes, so one after the other they are no other pair's.
pub(super) fn both_key(
    vault: &VaultId,
    slot: SlotId,
    salt: &[u8; 32],
    hashed: &KeyBytes,
    secret: &SlotSecret,
) -> KeyBytes {
    let mut halves = Zeroizing::new([0; 64]);
    for (half, source) in halves.chunks_exact_mut(32).zip([hashed.as_slice(), secret.expose()]) {
        half.copy_from_slice(source);
    }
    hkdf_sha256(halves.as_slice(), salt, &bound_to("fob vault 1 passphrase and key", vault, slot))
}
