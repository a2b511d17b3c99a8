//! Ways in that stay under a new vault key: what is asked for each, and what came of it.

use std::sync::Arc;

use fob_bus::types::StateDetails;
use fob_bus::{CallError, ErrorKind};
use fob_otp::printable;
use fob_vault::{EnrolledKey, KeptSecret, Policy, SecretOffer, SlotError, SlotId, SlotInfo, SlotKind, Way, WithLogin};

use super::barred;
use crate::ceremony::{Failure, Part, PassedPin};
use crate::slots::asking::Asking;
use crate::slots::key::Renewal;
use crate::slots::keyring::{self, Items};

/// What is to be presented for a way in.
pub(super) struct Presentation {
    slot: SlotId,
    label: String,
    by: By,
}

enum By {
    Key { credential: Vec<u8>, user_verification: bool },
    Keyring,
    Tpm { pin: bool },
}

/// A way in that stays.
pub(super) struct Kept {
    pub(super) label: String,
    pub(super) what: What,
}

/// What opens it.
pub(super) enum What {
    Key(EnrolledKey),
    Keyring(SlotId, KeptSecret),
    Tpm(KeptSecret),
}

impl Kept {
    /// The slot that a keyring keeps its secret for.
    pub(super) const fn in_keyring(&self) -> Option<SlotId> {
        match &self.what {
            What::Keyring(slot, _) => Some(*slot),
            What::Key(_) | What::Tpm(_) => None,
        }
    }
}

impl Presentation {
    /// What a slot wants; nothing for a passphrase, which is given anyway.
    pub(super) fn of(info: &SlotInfo, slot: SlotId, ways: &[Way]) -> Result<Option<Self>, CallError> {
        let by = match info.kind {
            SlotKind::Passphrase => return Ok(None),
            SlotKind::Recovery => {
                let words = "the recovery code is always made anew";
                return Err(CallError::new(ErrorKind::InvalidInput, words));
            }
            _ => ways.iter().find_map(|way| match way {
                Way::Key { slot: id, credential, user_verification, .. } if *id == slot => {
                    Some(By::Key { credential: credential.clone(), user_verification: *user_verification })
                }
                Way::SecretService { slot: id } if *id == slot => Some(By::Keyring),
                Way::Tpm { slot: id, pin, .. } if *id == slot => Some(By::Tpm { pin: *pin }),
                _ => None,
            }),
        };
        let unknown = || CallError::new(ErrorKind::WayBarred, "this fob does not know how to keep such a way in");
        Ok(Some(Self { slot, label: info.label.clone(), by: by.ok_or_else(unknown)? }))
    }

    /// Whether the new vault may have it.
    pub(super) fn check(&self, policy: &Policy, login: WithLogin) -> Result<(), CallError> {
        let both = *policy == Policy::PassphraseAndKey;
        let opens_with_login = matches!(self.by, By::Keyring | By::Tpm { pin: false });
        match self.by {
            By::Key { user_verification: false, .. } if !both => Err(barred(SlotError::UserVerificationWanted)),
            By::Key { .. } => Ok(()),
            _ if both => {
                let kind = if let By::Keyring = self.by { SlotKind::SecretService } else { SlotKind::Tpm };
                let (kind, policy) = (kind.name().to_owned(), policy.name().to_owned());
                Err(barred(SlotError::Barred { kind, policy }))
            }
            _ if opens_with_login && login == WithLogin::Refused => Err(barred(SlotError::OpensWithLogin)),
            _ => Ok(()),
        }
    }

    /// How many touches it takes.
    pub(super) const fn touches(&self) -> u32 {
        match self.by {
            By::Key { .. } => Renewal::TOUCHES,
            By::Keyring | By::Tpm { .. } => 0,
        }
    }

    /// What the person is told: the vault is open, so its name too.
    fn about(&self) -> StateDetails {
        let label = (!self.label.is_empty()).then(|| printable(&self.label).into_owned());
        StateDetails { slot: Some(self.slot.to_string()), label, ..StateDetails::default() }
    }
}

impl Asking {
    /// Asks for everything that is to stay, one after the other. What a keyring got meanwhile goes again if one of them
    /// fails.
    pub(super) async fn present_all(
        self: &Arc<Self>,
        plans: Vec<Presentation>,
        vault: [u8; 16],
        pin: Option<&PassedPin>,
        mut part: Part,
    ) -> Result<Vec<Kept>, Failure> {
        let mut kept: Vec<Kept> = Vec::new();
        for plan in plans {
            let touches = plan.touches();
            let next = Part { about: plan.about(), patient: true, ..part.clone() };
            match self.present(plan, vault, pin, next).await {
                Ok(one) => kept.push(one),
                Err(failure) => {
                    let stored = kept.iter().filter_map(Kept::in_keyring).collect();
                    keyring::forget(&*self.daemon.outside, vault, stored).await;
                    return Err(failure);
                }
            }
            part.before += touches;
        }
        Ok(kept)
    }

    async fn present(
        self: &Arc<Self>,
        plan: Presentation,
        vault: [u8; 16],
        pin: Option<&PassedPin>,
        part: Part,
    ) -> Result<Kept, Failure> {
        let about = plan.about();
        let what = match plan.by {
            By::Key { credential, user_verification } => {
                let offer = self.daemon.vault.read(|vault| Ok(vault.offer_key(user_verification))).await?;
                What::Key(self.key(Renewal::new(offer, &credential), None, pin, part).await?)
            }
            By::Keyring => {
                let items = self.until_end(Items::of(&*self.daemon.outside, vault)).await?;
                let offer = self.offer().await?;
                What::Keyring(offer.slot(), self.until_end(items.keep(offer)).await?)
            }
            By::Tpm { pin: false } => What::Tpm(self.seal(self.offer().await?, None).await?),
            By::Tpm { pin: true } => {
                let pin = match pin.and_then(PassedPin::again) {
                    Some(pin) => pin,
                    None => self.new_tpm_pin(about).await?,
                };
                What::Tpm(self.seal(self.offer().await?, Some(pin)).await?)
            }
        };
        Ok(Kept { label: plan.label, what })
    }

    async fn offer(&self) -> Result<SecretOffer, CallError> {
        self.daemon.vault.read(|vault| Ok(vault.offer_secret())).await
    }
}
