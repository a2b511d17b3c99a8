//! Adding a way into the open vault, after a fresh proof of who is there.
//!
//! What cannot be is refused before anybody has to touch anything, and before a keyring or a TPM gets a secret.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use fob_bus::types::{AddSlotOptions, Outcome};
use fob_bus::{CallError, ErrorKind};
use fob_vault::{
    EnrolledKey, KeptSecret, NewWay, Passphrase, Policy, SecretOffer, SlotError, SlotId, UnlockedVault, VaultError,
    Way, WithLogin,
};

use super::asking::Asking;
use super::key::Enrolment;
use super::keyring::{self, Items};
use super::{Kind, Presented};
use crate::ceremony::{Failure, Part, PassedPin};
use crate::errors;
use crate::secret::Proof;
use crate::vault::Proven;

/// A wish for another way in, and the pipes that came with it.
pub(crate) struct Adding {
    wish: Wish,
    fresh: OwnedFd,
    by_recovery: bool,
    passphrase: Option<OwnedFd>,
    pin: Option<OwnedFd>,
}

/// What is wished for.
struct Wish {
    kind: Kind,
    label: String,
    key: Option<String>,
    user_verification: bool,
    behind_a_pin: bool,
    login: WithLogin,
}

/// What the open vault says before anything is asked.
struct Terms {
    vault: [u8; 16],
    policy: Policy,
    ways: Vec<Way>,
}

/// The new way in.
enum Made {
    Passphrase(Passphrase),
    Key(EnrolledKey),
    Both(Passphrase, EnrolledKey),
    Keyring(SlotId, KeptSecret),
    Tpm(KeptSecret),
}

impl Adding {
    /// What a caller wants.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`].
    pub(crate) fn of(options: AddSlotOptions) -> Result<Self, CallError> {
        let wish = Wish {
            kind: options.kind.parse()?,
            label: options.label.unwrap_or_default(),
            key: options.key,
            user_verification: options.user_verification != Some(false),
            behind_a_pin: options.pin.is_some(),
            login: super::with_login(options.login),
        };
        match wish.kind {
            Kind::Passphrase if options.passphrase.is_none() => Err(no_passphrase()),
            Kind::PassphraseAndKey => {
                let words = "passphrase and key together are a policy of the whole vault: add a key";
                Err(CallError::new(ErrorKind::InvalidInput, words))
            }
            _ => Ok(Self {
                wish,
                fresh: options.fresh.into(),
                by_recovery: options.by_recovery == Some(true),
                passphrase: options.passphrase.map(Into::into),
                pin: options.pin.map(Into::into),
            }),
        }
    }

    /// Adds it.
    ///
    /// # Errors
    /// Why it is not there.
    pub(crate) async fn carry_out(self, asking: Arc<Asking>) -> Result<Outcome, Failure> {
        asking.works();
        let wish = self.wish;
        let terms = wish.terms(&asking).await?;
        let presented = Presented::read(self.fresh, self.by_recovery, self.passphrase, self.pin).await?;
        let (proven, made) = match (wish.kind, &terms.policy) {
            (Kind::Key, Policy::PassphraseAndKey) => wish.key_beside_passphrase(&asking, &terms, presented).await?,
            _ => wish.alone(&asking, &terms, presented).await?,
        };
        let kept = if let Made::Keyring(slot, _) = &made { vec![*slot] } else { Vec::new() };
        let added = wish.add(&asking, proven, made).await;
        if added.is_err() {
            let useless = asking.not_in_the_vault(kept).await;
            keyring::forget(&*asking.daemon.outside, terms.vault, useless).await;
        }
        Ok(Outcome { slot: Some(added?.to_string()), ..Outcome::default() })
    }
}

impl Wish {
    /// Looks whether the vault may have it.
    async fn terms(&self, asking: &Asking) -> Result<Terms, CallError> {
        let read =
            |vault: &UnlockedVault| Ok(Terms { vault: vault.id(), policy: vault.policy().clone(), ways: vault.ways() });
        let terms = asking.daemon.vault.read(read).await?;
        let both = terms.policy == Policy::PassphraseAndKey;
        let opens_with_login = match self.kind {
            Kind::SecretService => true,
            Kind::Tpm => !self.behind_a_pin,
            Kind::Passphrase | Kind::Key | Kind::PassphraseAndKey => false,
        };
        match self.kind {
            Kind::Key if !both && !self.user_verification => Err(barred(SlotError::UserVerificationWanted)),
            Kind::Key => Ok(terms),
            _ if both => {
                let (kind, policy) = (self.kind.word().to_owned(), terms.policy.name().to_owned());
                Err(barred(SlotError::Barred { kind, policy }))
            }
            _ if opens_with_login && self.login == WithLogin::Refused => Err(barred(SlotError::OpensWithLogin)),
            _ => Ok(terms),
        }
    }

    async fn alone(
        &self,
        asking: &Arc<Asking>,
        terms: &Terms,
        Presented { proof, passphrase, pin }: Presented,
    ) -> Result<(Proven, Made), Failure> {
        let (proven, _) = asking.until_end(asking.daemon.vault.prove(proof)).await?;
        let made = match self.kind {
            Kind::Passphrase => Made::Passphrase(passphrase.ok_or_else(no_passphrase)?),
            Kind::Key | Kind::PassphraseAndKey => {
                Made::Key(self.enrol(asking, &terms.ways, pin.as_ref(), Part::default()).await?)
            }
            Kind::SecretService => {
                let items = asking.until_end(Items::of(&*asking.daemon.outside, terms.vault)).await?;
                let offer = offer(asking).await?;
                Made::Keyring(offer.slot(), asking.until_end(items.keep(offer)).await?)
            }
            Kind::Tpm => Made::Tpm(asking.seal(offer(asking).await?, pin).await?),
        };
        Ok((proven, made))
    }

    /// One of today's keys proves who is there, or the recovery code does; then the new key is asked.
    async fn key_beside_passphrase(
        &self,
        asking: &Arc<Asking>,
        terms: &Terms,
        Presented { proof, passphrase, pin }: Presented,
    ) -> Result<(Proven, Made), Failure> {
        let (proof, before) = match proof {
            Proof::Passphrase(passphrase) => {
                let part = Part { of: Some(1 + Enrolment::TOUCHES), ..Part::default() };
                let (slot, secret) = asking.proof_by_key(&terms.ways, pin.as_ref(), part).await?;
                (Proof::Both(passphrase, slot, secret), 1)
            }
            other => (other, 0),
        };
        let (proven, proof) = asking.until_end(asking.daemon.vault.prove(proof)).await?;
        let passphrase = match proof {
            Proof::Both(passphrase, ..) => passphrase,
            _ => passphrase.ok_or_else(no_passphrase)?,
        };
        let part = Part { before, of: Some(before + Enrolment::TOUCHES), ..Part::default() };
        let enrolled = self.enrol(asking, &terms.ways, pin.as_ref(), part).await?;
        Ok((proven, Made::Both(passphrase, enrolled)))
    }

    async fn enrol(
        &self,
        asking: &Asking,
        ways: &[Way],
        pin: Option<&PassedPin>,
        part: Part,
    ) -> Result<EnrolledKey, Failure> {
        let verification = self.user_verification;
        let offer = asking.daemon.vault.read(|vault| Ok(vault.offer_key(verification))).await?;
        asking.key(Enrolment::new(offer, ways), self.key.clone(), pin, part).await
    }

    async fn add(&self, asking: &Asking, proven: Proven, made: Made) -> Result<SlotId, CallError> {
        asking.works();
        let (keeper, label, login) = (asking.daemon.vault.clone(), self.label.clone(), self.login);
        let add = move |vault: &mut UnlockedVault| {
            if let Made::Passphrase(_) | Made::Both(..) = made {
                vault.set_price(keeper.price_to_write()?);
            }
            made.with(|way| vault.add_slot(way, &label, login)).map_err(|error| errors::vault(&error))
        };
        asking.daemon.vault.change_proven(proven, add).await
    }
}

impl Asking {
    /// Those of these slots that the vault does not have. After a failed last sync it has the new one, and needs what the
    /// keyring keeps for it; where it cannot be looked at, nothing is forgotten that may be needed.
    async fn not_in_the_vault(&self, mut slots: Vec<SlotId>) -> Vec<SlotId> {
        let known = self.daemon.vault.read(|vault| Ok(vault.slots())).await;
        slots.retain(|id| known.as_ref().is_ok_and(|known| known.iter().all(|slot| slot.id != Some(*id))));
        slots
    }
}

impl Made {
    /// The same in the vault's words.
    fn with<T>(self, use_it: impl FnOnce(&NewWay<'_>) -> T) -> T {
        match self {
            Self::Passphrase(passphrase) => use_it(&NewWay::Passphrase(&passphrase)),
            Self::Key(key) => use_it(&NewWay::Key(key)),
            Self::Both(passphrase, key) => use_it(&NewWay::PassphraseAndKey(&passphrase, key)),
            Self::Keyring(_, kept) | Self::Tpm(kept) => use_it(&NewWay::Kept(kept)),
        }
    }
}

async fn offer(asking: &Asking) -> Result<SecretOffer, CallError> {
    asking.daemon.vault.read(|vault| Ok(vault.offer_secret())).await
}

fn barred(error: SlotError) -> CallError {
    errors::vault(&VaultError::Slot(error))
}

fn no_passphrase() -> CallError {
    CallError::new(ErrorKind::InvalidInput, "the passphrase of the new way in is missing")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::request_of;
    use crate::tests::house::House;

    /// A save whose last sync failed is in place all the same: without the keyring's item its slot would open nothing.
    #[tokio::test]
    async fn what_the_keyring_keeps_is_forgotten_only_for_a_slot_that_the_vault_does_not_have() {
        let house = House::build();
        let visit = house.unlocked().await;
        let (daemon, request, epoch) = (house.daemon.clone(), request_of(&visit), house.daemon.vault.epoch());
        let asking = Asking { daemon, request, epoch };
        let there = house.daemon.vault.read(|vault| Ok(vault.slots())).await.unwrap();
        let there = there.first().and_then(|slot| slot.id).unwrap();
        let gone: SlotId = "0123456789abcdef0123456789abcdef".parse().unwrap();
        assert_eq!(asking.not_in_the_vault(vec![there, gone]).await, [gone]);
        house.daemon.vault.lock().await;
        assert_eq!(asking.not_in_the_vault(vec![there, gone]).await, [], "nobody can tell now");
    }
}
