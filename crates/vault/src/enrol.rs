//! Enrolling a way in: what the vault offers, what comes back, and what is checked before a slot may hang on it.
//!
//! The vault draws ids and salts; keys, keyrings and TPMs are asked by others. What they gave is taken only when it
//! came twice and was the same: a slot that opens once and never again is worse than none.

use crate::slot::{SlotId, SlotKind};
use crate::{Passphrase, SlotSecret};

/// The RP ID of every credential that opens a vault. A constant, never read from a file, and refused at every door,
/// so that no page and no program can ask a key for a vault's secret.
pub const VAULT_RP_ID: &str = "vault.fob.invalid";

/// Why something that was offered to the vault is no way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnrolError {
    /// Two questions, two answers.
    #[error("the same question got two different secrets")]
    Unsteady,
    /// No credential id, or one longer than any key's.
    #[error("the credential id has {0} bytes")]
    Credential(usize),
    /// No sealed object, or one longer than any TPM's.
    #[error("the sealed object has {0} bytes")]
    Blob(usize),
}

/// What a security key is to be asked when a slot is made for it: a fresh salt for every wrap, so there is no copy.
#[derive(Debug, PartialEq, Eq)]
pub struct KeyOffer {
    pub(crate) slot: SlotId,
    pub(crate) salt: [u8; 32],
    pub(crate) user_verification: bool,
}

impl KeyOffer {
    /// What hmac-secret gets (CTAP 2.3 section 12.7).
    #[must_use]
    pub const fn salt(&self) -> &[u8; 32] {
        &self.salt
    }

    /// Whether the key must check who is there. Without, the slot is for "passphrase and key" alone.
    #[must_use]
    pub const fn user_verification(&self) -> bool {
        self.user_verification
    }

    /// Takes what the key gave, to two assertions with the same salt.
    ///
    /// # Errors
    /// [`EnrolError::Unsteady`] if the two differ, [`EnrolError::Credential`] for an id of no or too many bytes.
    pub fn answered(
        self,
        credential: &[u8],
        first: SlotSecret,
        second: &SlotSecret,
    ) -> Result<EnrolledKey, EnrolError> {
        if !(1..=crate::slot::MAX_CREDENTIAL).contains(&credential.len()) {
            return Err(EnrolError::Credential(credential.len()));
        }
        if !first.is(second) {
            return Err(EnrolError::Unsteady);
        }
        Ok(EnrolledKey { offer: self, credential: credential.to_vec(), secret: first })
    }
}

/// A security key that gave the same secret twice.
#[derive(Debug)]
pub struct EnrolledKey {
    pub(crate) offer: KeyOffer,
    pub(crate) credential: Vec<u8>,
    pub(crate) secret: SlotSecret,
}

/// A random secret that something is to keep for a slot.
#[derive(Debug)]
pub struct SecretOffer {
    slot: SlotId,
    secret: SlotSecret,
}

impl SecretOffer {
    pub(crate) fn new(slot: SlotId, secret: SlotSecret) -> Self {
        Self { slot, secret }
    }

    /// The slot that it is for: the keyring's item is found by it.
    #[must_use]
    pub const fn slot(&self) -> SlotId {
        self.slot
    }

    /// What is to be kept.
    #[must_use]
    pub const fn secret(&self) -> &SlotSecret {
        &self.secret
    }

    /// The desktop's keyring keeps it: this was read back.
    ///
    /// # Errors
    /// [`EnrolError::Unsteady`] if something else came back.
    pub fn kept_by_keyring(self, read_back: &SlotSecret) -> Result<KeptSecret, EnrolError> {
        self.kept(read_back, Keeper::SecretService)
    }

    /// A TPM has sealed it into `blob`, behind a PIN or not: this was unsealed again.
    ///
    /// # Errors
    /// [`EnrolError::Unsteady`] if something else came back, [`EnrolError::Blob`] for a blob of no or too many bytes.
    pub fn sealed_by_tpm(self, blob: Vec<u8>, pin: bool, unsealed: &SlotSecret) -> Result<KeptSecret, EnrolError> {
        if !(1..=crate::slot::MAX_TPM_BLOB).contains(&blob.len()) {
            return Err(EnrolError::Blob(blob.len()));
        }
        self.kept(unsealed, Keeper::Tpm { blob, pin })
    }

    fn kept(self, read_back: &SlotSecret, keeper: Keeper) -> Result<KeptSecret, EnrolError> {
        if !self.secret.is(read_back) {
            return Err(EnrolError::Unsteady);
        }
        Ok(KeptSecret { slot: self.slot, secret: self.secret, keeper })
    }
}

/// Who keeps a secret.
#[derive(Debug)]
pub(crate) enum Keeper {
    SecretService,
    Tpm { blob: Vec<u8>, pin: bool },
}

impl Keeper {
    pub(crate) const fn kind(&self) -> SlotKind {
        match self {
            Self::SecretService => SlotKind::SecretService,
            Self::Tpm { .. } => SlotKind::Tpm,
        }
    }
}

/// A secret that its keeper gave back.
#[derive(Debug)]
pub struct KeptSecret {
    pub(crate) slot: SlotId,
    pub(crate) secret: SlotSecret,
    pub(crate) keeper: Keeper,
}

impl KeptSecret {
    /// Whether its slot will open with the login alone.
    #[must_use]
    pub const fn opens_with_login(&self) -> bool {
        match &self.keeper {
            Keeper::SecretService => true,
            Keeper::Tpm { pin, .. } => !*pin,
        }
    }
}

/// A way in that is to be added, or to be there after a new vault key was made.
#[derive(Debug)]
pub enum NewWay<'a> {
    /// A passphrase. Whoever asks for a new one asks twice.
    Passphrase(&'a Passphrase),
    /// A key alone: with user verification.
    Key(EnrolledKey),
    /// Passphrase and key together, the only kind beside the recovery code in a vault whose policy that is.
    PassphraseAndKey(&'a Passphrase, EnrolledKey),
    /// What the keyring or a TPM keeps.
    Kept(KeptSecret),
}

impl NewWay<'_> {
    pub(crate) fn opens_with_login(&self) -> bool {
        matches!(self, Self::Kept(kept) if kept.opens_with_login())
    }

    pub(crate) const fn passphrase(&self) -> Option<&Passphrase> {
        match self {
            Self::Passphrase(passphrase) | Self::PassphraseAndKey(passphrase, _) => Some(passphrase),
            Self::Key(_) | Self::Kept(_) => None,
        }
    }

    /// The slot that was offered for it; a passphrase gets one when it is sealed.
    pub(crate) const fn slot(&self) -> Option<SlotId> {
        match self {
            Self::Key(key) | Self::PassphraseAndKey(_, key) => Some(key.offer.slot),
            Self::Kept(kept) => Some(kept.slot),
            Self::Passphrase(_) => None,
        }
    }

    pub(crate) fn credential(&self) -> Option<&[u8]> {
        match self {
            Self::Key(key) | Self::PassphraseAndKey(_, key) => Some(&key.credential),
            Self::Passphrase(_) | Self::Kept(_) => None,
        }
    }
}

/// Whether slots that open with the login alone may be made. The person was warned, or it is no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WithLogin {
    /// As it is unless somebody asks for it.
    #[default]
    Refused,
    /// The person read that whoever is logged in opens the vault.
    Accepted,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(byte: u8) -> SlotSecret {
        SlotSecret::take(&mut [byte; 32])
    }

    fn offer() -> KeyOffer {
        KeyOffer { slot: SlotId([1; 16]), salt: [2; 32], user_verification: true }
    }

    #[test]
    fn a_key_that_gives_two_secrets_is_no_way_in() {
        assert!(offer().answered(b"credential", secret(1), &secret(1)).is_ok());
        let error = |credential: &[u8], second| offer().answered(credential, secret(1), &secret(second)).unwrap_err();
        assert_eq!(error(b"credential", 2), EnrolError::Unsteady);
        assert_eq!(error(b"", 1), EnrolError::Credential(0));
        assert_eq!(error(&[0; 1024], 1), EnrolError::Credential(1024));
    }

    #[test]
    fn a_keeper_that_gives_back_something_else_is_none() {
        let offer = || SecretOffer::new(SlotId([1; 16]), secret(1));
        assert!(offer().kept_by_keyring(&secret(1)).unwrap().opens_with_login());
        assert_eq!(offer().kept_by_keyring(&secret(2)).unwrap_err(), EnrolError::Unsteady);
        let sealed = |pin| offer().sealed_by_tpm(vec![1], pin, &secret(1)).unwrap();
        assert!(sealed(false).opens_with_login() && !sealed(true).opens_with_login());
        assert_eq!(offer().sealed_by_tpm(vec![1], true, &secret(2)).unwrap_err(), EnrolError::Unsteady);
        assert_eq!(offer().sealed_by_tpm(Vec::new(), true, &secret(1)).unwrap_err(), EnrolError::Blob(0));
    }
}
