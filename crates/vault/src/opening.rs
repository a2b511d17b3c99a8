//! What a person brings to open a vault, and the search for the slot that it opens.
//!
//! Costs of all passphrases that would be tried are checked before the first is computed. What is found is the vault
//! key and the slot it came from; that the header is authentic shows only afterwards (`envelope`), and whether its policy
//! admits the slot is asked after that.

use crate::header::{Header, Policy};
use crate::keys::{KeyBytes, VaultKey};
use crate::slot::{AndParameters, KeyParameters, Slot, SlotId, SlotKind};
use crate::{Argon2Cost, Context, Passphrase, RecoveryCode, SlotError, SlotSecret, VaultError, Wanted, kdf};

/// What is presented to a locked vault.
#[derive(Debug, Clone, Copy)]
pub enum Opening<'a> {
    /// Tried on every passphrase slot; takes as long as Argon2 takes.
    Passphrase(&'a Passphrase),
    /// Tried on every recovery slot.
    Recovery(&'a RecoveryCode),
    /// The answer to one of [`LockedVault::ways`](crate::LockedVault::ways): a key's, the keyring's or a TPM's.
    Secret(SlotId, &'a SlotSecret),
    /// A passphrase together with a key's answer.
    PassphraseAndKey(&'a Passphrase, SlotId, &'a SlotSecret),
}

/// A way in as a locked vault shows it. Nothing of it is authentic yet: it says what to ask, not whom to trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// A passphrase.
    Passphrase,
    /// A recovery code.
    Recovery,
    /// A security key, alone or together with a passphrase.
    Key {
        /// Its slot.
        slot: SlotId,
        /// The credential to ask, under [`VAULT_RP_ID`](crate::VAULT_RP_ID).
        credential: Vec<u8>,
        /// What hmac-secret gets.
        salt: [u8; 32],
        /// Whether the key must check who is there: it changes the answer.
        user_verification: bool,
        /// Whether the passphrase is wanted too.
        with_passphrase: bool,
    },
    /// What the desktop's keyring keeps for this slot.
    SecretService {
        /// Its slot.
        slot: SlotId,
    },
    /// What a TPM has sealed.
    Tpm {
        /// Its slot.
        slot: SlotId,
        /// The sealed object.
        blob: Vec<u8>,
        /// Whether it wants a PIN.
        pin: bool,
    },
}

impl Way {
    pub(crate) fn of(slot: &Slot) -> Option<Self> {
        let key = |key: KeyParameters<'_>, with_passphrase| {
            Some(Self::Key {
                slot: slot.id()?,
                credential: key.credential.to_vec(),
                salt: *key.salt,
                user_verification: key.user_verification,
                with_passphrase,
            })
        };
        match slot.kind() {
            SlotKind::Passphrase => slot.passphrase().map(|_| Self::Passphrase),
            SlotKind::Recovery => Some(Self::Recovery),
            SlotKind::Key => key(slot.key()?, false),
            SlotKind::PassphraseAndKey => key(slot.passphrase_and_key()?.key, true),
            SlotKind::SecretService => Some(Self::SecretService { slot: slot.id()? }),
            SlotKind::Tpm => {
                let tpm = slot.tpm()?;
                Some(Self::Tpm { slot: slot.id()?, blob: tpm.blob.to_vec(), pin: tpm.pin })
            }
            SlotKind::Other(_) => None,
        }
    }
}

/// A vault key, and the slot that it came out of.
pub(crate) struct Found {
    pub(crate) key: VaultKey,
    pub(crate) kind: SlotKind,
    pub(crate) slot: Option<SlotId>,
    /// What the passphrase costs there, if it took one.
    pub(crate) cost: Option<Argon2Cost>,
}

impl Found {
    /// A key that was found before.
    pub(crate) fn known(key: &VaultKey) -> Self {
        Self { key: key.copy(), kind: SlotKind::Recovery, slot: None, cost: None }
    }

    fn in_slot(slot: &Slot, key: VaultKey) -> Self {
        Self { key, kind: slot.kind(), slot: slot.id(), cost: slot.cost() }
    }
}

impl Opening<'_> {
    /// Finds the vault key in a header that is not authenticated yet, for as long as that is wanted.
    pub(crate) fn find(&self, header: &Header, context: &Context, wanted: Wanted<'_>) -> Result<Found, VaultError> {
        if let Policy::Other(name) = &header.policy {
            return Err(SlotError::UnknownPolicy(name.clone()).into());
        }
        match self {
            Self::Passphrase(passphrase) => by_passphrase(header, passphrase, context, wanted),
            Self::Recovery(code) => by_recovery_code(header, code).ok_or(VaultError::WrongRecoveryCode),
            Self::Secret(id, secret) => by_secret(header, *id, secret),
            Self::PassphraseAndKey(passphrase, id, secret) => {
                wanted.check()?;
                by_both(header, passphrase, *id, secret, context)
            }
        }
    }

    pub(crate) const fn passphrase(&self) -> Option<&Passphrase> {
        match self {
            Self::Passphrase(passphrase) | Self::PassphraseAndKey(passphrase, ..) => Some(passphrase),
            Self::Recovery(_) | Self::Secret(..) => None,
        }
    }
}

fn by_passphrase(
    header: &Header,
    passphrase: &Passphrase,
    context: &Context,
    wanted: Wanted<'_>,
) -> Result<Found, VaultError> {
    let slots: Vec<(&Slot, (&[u8], Argon2Cost))> =
        header.slots.iter().filter_map(|slot| Some((slot, slot.passphrase()?))).collect();
    if slots.is_empty() && header.slots.iter().any(|slot| slot.passphrase_and_key().is_some()) {
        return Err(SlotError::KeyWanted.into());
    }
    let costs: Vec<Argon2Cost> = slots.iter().map(|(_, (_, cost))| *cost).collect();
    context.kdf.admit(&costs)?;
    for (slot, (salt, cost)) in slots {
        wanted.check()?;
        let kek = context.timed(cost, || kdf::passphrase_key(passphrase, salt, cost))?;
        if let Some(key) = slot.unwrap(&header.vault, &kek) {
            return Ok(Found::in_slot(slot, key));
        }
    }
    Err(VaultError::WrongPassphrase)
}

pub(crate) fn by_recovery_code(header: &Header, code: &RecoveryCode) -> Option<Found> {
    header.slots.iter().find_map(|slot| {
        let kek = slot.recovery_key(&header.vault, code)?;
        Some(Found::in_slot(slot, slot.unwrap(&header.vault, &kek)?))
    })
}

fn by_secret(header: &Header, id: SlotId, secret: &SlotSecret) -> Result<Found, VaultError> {
    let slot = header.slot(id).ok_or(SlotError::Unknown(id))?;
    if slot.passphrase_and_key().is_some() {
        return Err(SlotError::PassphraseWanted.into());
    }
    opened(header, slot, slot.outside_key(&header.vault, secret))
}

fn by_both(
    header: &Header,
    passphrase: &Passphrase,
    id: SlotId,
    secret: &SlotSecret,
    context: &Context,
) -> Result<Found, VaultError> {
    let slot = header.slot(id).ok_or(SlotError::Unknown(id))?;
    let AndParameters { salt, cost, .. } =
        slot.passphrase_and_key().filter(|_| header.policy.admits(&slot.kind())).ok_or(SlotError::WrongSecret(id))?;
    context.kdf.admit(&[cost])?;
    let hashed: KeyBytes = context.timed(cost, || kdf::passphrase_key(passphrase, salt, cost))?;
    let kek = slot.both_key(&header.vault, &hashed, secret);
    // Which of the two was wrong cannot be told; the key's answer rarely is.
    opened(header, slot, kek).map_err(|_| VaultError::WrongPassphrase)
}

fn opened(header: &Header, slot: &Slot, kek: Option<KeyBytes>) -> Result<Found, VaultError> {
    let key = kek.and_then(|kek| slot.unwrap(&header.vault, &kek));
    let wrong = || slot.id().map_or(VaultError::WrongPassphrase, |id| SlotError::WrongSecret(id).into());
    key.map(|key| Found::in_slot(slot, key)).ok_or_else(wrong)
}
