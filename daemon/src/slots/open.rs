//! Opening the vault by a key, by passphrase and key, by the keyring, or by a TPM.
//!
//! Without a wish, what asks nobody comes first: the keyring, a TPM without PIN; then keys, then a TPM with PIN. The
//! first of them that is there is the one; where what asks nobody fails, the next is tried.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use fob_bus::types::{OpenOptions, Outcome};
use fob_bus::{CallError, ErrorKind};
use fob_vault::{Passphrase, SlotId, SlotSecret, Way};

use super::asking::Asking;
use super::key::Question;
use super::keyring::Items;
use super::tpm::Sealed;
use super::{Kind, id, presented};
use crate::ceremony::{Failure, Part, PassedPin};
use crate::secret::Proof;

/// A wish to open the vault.
pub(crate) struct Opening {
    kind: Option<Kind>,
    slot: Option<SlotId>,
    passphrase: Option<OwnedFd>,
    pin: Option<OwnedFd>,
    key: Option<String>,
}

/// Ways in that are tried as one.
enum Group {
    Keyring(Vec<SlotId>),
    Tpm(Vec<Sealed>),
    Key(Vec<Way>),
    PassphraseAndKey(Vec<Way>),
}

impl Opening {
    /// What a caller wants.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`], [`ErrorKind::UnknownSlot`].
    pub(crate) fn of(options: OpenOptions) -> Result<Self, CallError> {
        let opening = Self {
            kind: options.kind.as_deref().map(str::parse).transpose()?,
            slot: options.slot.as_deref().map(id).transpose()?,
            passphrase: options.passphrase.map(Into::into),
            pin: options.pin.map(Into::into),
            key: options.key,
        };
        match opening.kind {
            Some(Kind::Passphrase) => Err(invalid("a passphrase alone opens the vault through Manager1.Unlock")),
            Some(Kind::PassphraseAndKey) if opening.passphrase.is_none() => {
                Err(invalid("passphrase and key open the vault together: the passphrase is missing"))
            }
            _ => Ok(opening),
        }
    }

    /// Opens it.
    ///
    /// # Errors
    /// Why it is not open.
    pub(crate) async fn carry_out(self, asking: Arc<Asking>) -> Result<Outcome, Failure> {
        asking.works();
        let (vault, ways) = asking.daemon.vault.ways().await?;
        let groups = self.groups(ways)?;
        let Self { passphrase, pin, key, .. } = self;
        let (passphrase, pin) = presented::read(passphrase, pin).await?;
        let mut refusal = None;
        for group in groups {
            let silent = group.asks_nobody();
            let opened = match group {
                Group::Keyring(slots) => asking.by_keyring(vault, slots).await,
                Group::Tpm(sealed) => asking.by_tpm(sealed, pin.as_ref()).await,
                Group::Key(ways) => asking.by_key(&ways, None, key.clone(), pin.as_ref()).await,
                Group::PassphraseAndKey(ways) => {
                    let missing = || invalid("passphrase and key open the vault together: the passphrase is missing");
                    let passphrase = passphrase.ok_or_else(missing)?;
                    return asking.by_key(&ways, Some(passphrase), key, pin.as_ref()).await;
                }
            };
            match opened {
                Err(failure) if silent && asking.request.how_ended().is_none() => refusal = Some(failure),
                other => return other,
            }
        }
        Err(refusal.unwrap_or_else(|| nothing().into()))
    }

    /// The ways that are meant, in the order in which they are tried.
    fn groups(&self, ways: Vec<Way>) -> Result<Vec<Group>, CallError> {
        let (mut keyring, mut free, mut keys, mut both, mut behind) = (vec![], vec![], vec![], vec![], vec![]);
        for way in ways {
            match way {
                Way::SecretService { slot } if self.means(slot, Kind::SecretService) => keyring.push(slot),
                Way::Tpm { slot, blob, pin } if self.means(slot, Kind::Tpm) => {
                    let group = if pin { &mut behind } else { &mut free };
                    group.push(Sealed { slot, blob, pin });
                }
                Way::Key { slot, with_passphrase: false, .. } if self.means(slot, Kind::Key) => keys.push(way),
                Way::Key { slot, with_passphrase: true, .. } if self.means(slot, Kind::PassphraseAndKey) => {
                    both.push(way);
                }
                _ => {}
            }
        }
        let mut groups = Vec::new();
        groups.extend((!keyring.is_empty()).then_some(Group::Keyring(keyring)));
        groups.extend((!free.is_empty()).then_some(Group::Tpm(free)));
        groups.extend((!keys.is_empty()).then_some(Group::Key(keys)));
        groups.extend((!both.is_empty()).then_some(Group::PassphraseAndKey(both)));
        groups.extend((!behind.is_empty()).then_some(Group::Tpm(behind)));
        match (groups.is_empty(), self.slot) {
            (true, Some(slot)) => Err(super::unknown(&slot.to_string())),
            (true, None) => Err(nothing()),
            (false, _) => Ok(groups),
        }
    }

    fn means(&self, slot: SlotId, kind: Kind) -> bool {
        self.slot.is_none_or(|wanted| wanted == slot) && self.kind.is_none_or(|wanted| wanted == kind)
    }
}

impl Group {
    fn asks_nobody(&self) -> bool {
        match self {
            Self::Keyring(_) => true,
            Self::Tpm(sealed) => sealed.iter().all(|sealed| !sealed.pin),
            Self::Key(_) | Self::PassphraseAndKey(_) => false,
        }
    }
}

impl Asking {
    async fn by_key(
        &self,
        ways: &[Way],
        passphrase: Option<Passphrase>,
        key: Option<String>,
        pin: Option<&PassedPin>,
    ) -> Result<Outcome, Failure> {
        let (slot, secret) = self.key(Question::about(ways), key, pin, Part::default()).await?;
        self.open(match passphrase {
            Some(passphrase) => Proof::Both(passphrase, slot, secret),
            None => Proof::Secret(slot, secret),
        })
        .await
    }

    async fn by_keyring(&self, vault: [u8; 16], slots: Vec<SlotId>) -> Result<Outcome, Failure> {
        let items = self.until_end(Items::of(&*self.daemon.outside, vault)).await?;
        let mut refusal = None;
        for slot in slots {
            let opened = match self.until_end(items.secret(slot)).await {
                Ok(secret) => self.open(Proof::Secret(slot, secret)).await,
                Err(failure) => Err(failure),
            };
            match opened {
                Ok(outcome) => {
                    items.watch(&self.daemon, slot).await;
                    return Ok(outcome);
                }
                Err(failure) => refusal = Some(failure),
            }
        }
        Err(refusal.unwrap_or_else(|| nothing().into()))
    }

    async fn by_tpm(self: &Arc<Self>, sealed: Vec<Sealed>, pin: Option<&PassedPin>) -> Result<Outcome, Failure> {
        let mut refusal = None;
        for sealed in sealed {
            let slot = sealed.slot;
            let opened = match self.unseal(sealed, pin.and_then(PassedPin::again)).await {
                Ok(secret) => self.open(Proof::Secret(slot, secret)).await,
                Err(failure) => Err(failure),
            };
            match opened {
                // Sealed by another TPM: the vault's file was carried here.
                Err(failure) if failure.cause.kind == ErrorKind::NoTpm => refusal = Some(failure),
                other => return other,
            }
        }
        Err(refusal.unwrap_or_else(|| nothing().into()))
    }

    async fn open(&self, proof: Proof) -> Result<Outcome, Failure> {
        self.works();
        self.daemon.vault.unlock_by(proof, self.epoch).await?;
        Ok(Outcome::default())
    }

    /// What one of today's keys answers, as a proof of who is there.
    pub(super) async fn proof_by_key(
        &self,
        ways: &[Way],
        pin: Option<&PassedPin>,
        part: Part,
    ) -> Result<(SlotId, SlotSecret), Failure> {
        let question = Question::about(ways);
        if question.is_empty() {
            return Err(nothing().into());
        }
        self.key(question, None, pin, part).await
    }
}

fn invalid(words: &str) -> CallError {
    CallError::new(ErrorKind::InvalidInput, words)
}

fn nothing() -> CallError {
    CallError::new(ErrorKind::UnknownSlot, "the vault has no way in of this kind")
}
