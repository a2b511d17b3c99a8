//! A new vault key: for another passphrase, for a fresh recovery code, to remove ways in, or for another policy.
//!
//! A way in stays only if what opens it is presented now: the passphrase, and for each that is to be kept a key's touches,
//! or a new secret in the keyring or the TPM (`keep`). All others go and are listed. The vault is written once, in the end
//! (`ready`); the new recovery code leaves fobd after that, since a code that was handed over for a vault that could not be
//! written would make somebody throw the old one away.

mod keep;
mod ready;

use std::os::fd::OwnedFd;
use std::sync::Arc;

use fob_bus::types::{Outcome, RekeyInfo, RekeyOptions, way_policy};
use fob_bus::{CallError, ErrorKind, pipe};
use fob_otp::printable;
use fob_vault::{
    Policy, Rekeyed, SlotError, SlotId, SlotInfo, SlotKind, UnlockedVault, VaultError, Wanted, Way, WithLogin,
};

use self::keep::{Kept, Presentation};
use self::ready::Ready;
use super::asking::Asking;
use super::{Presented, keyring};
use crate::ceremony::{Failure, Part, PassedPin};
use crate::secret::{self, Proof};
use crate::thread::blocking;
use crate::vault::Proven;
use crate::{errors, upkeep};

/// A wish for a new vault key, and the pipes that came with it.
pub(crate) struct Renewing {
    wish: Wish,
    fresh: OwnedFd,
    by_recovery: bool,
    passphrase: Option<OwnedFd>,
    pin: Option<OwnedFd>,
    recovery: OwnedFd,
}

/// What is wished for.
struct Wish {
    remove: Vec<SlotId>,
    keep: Vec<SlotId>,
    policy: Option<Policy>,
    login: WithLogin,
}

/// What the open vault says before anything is asked.
struct Terms {
    vault: [u8; 16],
    slots: Vec<SlotInfo>,
    ways: Vec<Way>,
    today: Policy,
}

impl Renewing {
    /// What a caller wants.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`], [`ErrorKind::UnknownSlot`], [`ErrorKind::BadPipe`] for a recovery code that has
    /// nowhere to go.
    pub(crate) fn of(options: RekeyOptions) -> Result<Self, CallError> {
        let recovery: OwnedFd = options.recovery.into();
        // Nothing is written by this: it only looks whether it is a pipe.
        pipe::put(&recovery, b"").map_err(|error| errors::pipe(&error))?;
        if options.by_recovery == Some(true) && options.passphrase.is_none() {
            let words = "with the recovery code alone no passphrase would be left: give one";
            return Err(CallError::new(ErrorKind::InvalidInput, words));
        }
        Ok(Self {
            wish: Wish {
                remove: ids(options.remove)?,
                keep: ids(options.keep)?,
                policy: options.policy.as_deref().map(policy).transpose()?,
                login: super::with_login(options.login),
            },
            fresh: options.fresh.into(),
            by_recovery: options.by_recovery == Some(true),
            passphrase: options.passphrase.map(Into::into),
            pin: options.pin.map(Into::into),
            recovery,
        })
    }

    /// Makes the new key, and puts the new recovery code into its pipe.
    ///
    /// # Errors
    /// Why nothing was changed; or [`ErrorKind::BadPipe`] if it was and nobody took the code, which the message says.
    pub(crate) async fn carry_out(self, asking: Arc<Asking>) -> Result<Outcome, Failure> {
        asking.works();
        let (wish, recovery) = (self.wish, Arc::new(self.recovery));
        let terms = Terms::of(&asking).await?;
        let policy = wish.policy.clone().unwrap_or_else(|| terms.today.clone());
        let plans = wish.plans(&terms, &policy)?;
        let Presented { proof, passphrase, pin } =
            Presented::read(self.fresh, self.by_recovery, self.passphrase, self.pin).await?;
        let mut part = Part { of: Some(terms.touches(&proof, &plans)), ..Part::default() };
        let (proven, proof) = terms.prove(&asking, proof, pin.as_ref(), &mut part).await?;
        wish.check_passphrases(&terms, proven.slot, passphrase.is_some())?;
        let kept = asking.present_all(plans, terms.vault, pin.as_ref(), part).await?;
        let stored = kept.iter().filter_map(Kept::in_keyring).collect();
        // A passphrase that goes on together with a key is no way in by itself any more, and none that was lost.
        let goes = passphrase.is_some() || policy == Policy::PassphraseAndKey;
        let replaced = goes.then(|| terms.replaced(proven.slot)).flatten();
        let ready = Ready { proof, passphrase, replaced, policy, kept, remove: wish.remove, login: wish.login };
        let rekeyed = match asking.commit(proven, ready, recovery.clone()).await {
            Ok(rekeyed) => rekeyed,
            Err(error) => {
                keyring::forget(&*asking.daemon.outside, terms.vault, stored).await;
                return Err(error.into());
            }
        };
        let (told, rekeyed) = (told(&rekeyed), hand_over(rekeyed, recovery).await);
        let left = keyring::forget(&*asking.daemon.outside, terms.vault, terms.in_keyring()).await;
        rekeyed.map_err(Failure::after_the_change)?;
        let warnings = told.warnings.into_iter().chain(left).collect();
        Ok(Outcome { rekeyed: Some(RekeyInfo { warnings, ..told }), ..Outcome::default() })
    }
}

impl Wish {
    /// What is to be presented for each way that stays.
    fn plans(&self, terms: &Terms, policy: &Policy) -> Result<Vec<Presentation>, CallError> {
        for id in &self.remove {
            terms.slot(*id)?;
        }
        let mut plans = Vec::new();
        for id in &self.keep {
            let slot = terms.slot(*id)?;
            if self.remove.contains(id) {
                return Err(barred(SlotError::RemovedAndPresented(*id)));
            }
            let plan = Presentation::of(slot, *id, &terms.ways)?;
            if let Some(plan) = plan {
                plan.check(policy, self.login)?;
                plans.push(plan);
            }
        }
        if *policy == Policy::PassphraseAndKey && plans.is_empty() {
            return Err(barred(SlotError::LastSafeWay));
        }
        Ok(plans)
    }

    /// A passphrase stays only if it is the one that was given.
    fn check_passphrases(&self, terms: &Terms, proven: Option<SlotId>, replaced: bool) -> Result<(), CallError> {
        let is_another = |id: &&SlotId| {
            let passphrase = terms.slots.iter().any(|slot| slot.id == Some(**id) && slot.kind == SlotKind::Passphrase);
            passphrase && (replaced || proven != Some(**id))
        };
        if self.keep.iter().any(|id| is_another(&id)) {
            let words = "a passphrase stays only if it is the one that is given: another has to be added again";
            return Err(CallError::new(ErrorKind::WayBarred, words));
        }
        Ok(())
    }
}

impl Terms {
    async fn of(asking: &Asking) -> Result<Self, CallError> {
        let read = |vault: &UnlockedVault| {
            let today = vault.policy().clone();
            Ok(Self { vault: vault.id(), slots: vault.slots(), ways: vault.ways(), today })
        };
        asking.daemon.vault.read(read).await
    }

    fn slot(&self, id: SlotId) -> Result<&SlotInfo, CallError> {
        self.slots.iter().find(|slot| slot.id == Some(id)).ok_or_else(|| super::unknown(&id.to_string()))
    }

    /// Whether a key has to be touched besides this proof.
    fn wants_key(&self, proof: &Proof) -> bool {
        self.today == Policy::PassphraseAndKey && matches!(proof, Proof::Passphrase(_))
    }

    fn touches(&self, proof: &Proof, plans: &[Presentation]) -> u32 {
        u32::from(self.wants_key(proof)) + plans.iter().map(Presentation::touches).sum::<u32>()
    }

    /// Proves who is there; where the vault wants both, with one of today's keys.
    async fn prove(
        &self,
        asking: &Asking,
        proof: Proof,
        pin: Option<&PassedPin>,
        part: &mut Part,
    ) -> Result<(Proven, Proof), Failure> {
        let proof = match proof {
            Proof::Passphrase(passphrase) if self.today == Policy::PassphraseAndKey => {
                let (slot, secret) = asking.proof_by_key(&self.ways, pin, part.clone()).await?;
                part.before = 1;
                Proof::Both(passphrase, slot, secret)
            }
            other => other,
        };
        asking.until_end(asking.daemon.vault.prove(proof)).await
    }

    /// The passphrase slot that a new passphrase comes in the place of: the proven one, or the only one.
    fn replaced(&self, proven: Option<SlotId>) -> Option<SlotInfo> {
        let mut passphrases = self.slots.iter().filter(|slot| slot.kind == SlotKind::Passphrase);
        let is_proven = |slot: &&SlotInfo| slot.id.is_some() && slot.id == proven;
        passphrases
            .clone()
            .find(is_proven)
            .or_else(|| passphrases.next().filter(|_| passphrases.next().is_none()))
            .cloned()
    }

    /// The slots that a keyring keeps something for: none of it opens the new vault.
    fn in_keyring(&self) -> Vec<SlotId> {
        self.slots.iter().filter(|slot| slot.kind == SlotKind::SecretService).filter_map(|slot| slot.id).collect()
    }
}

impl Asking {
    /// Writes it, unless nobody would get the new recovery code or nobody wants it any more.
    async fn commit(&self, proven: Proven, ready: Ready, recovery: Arc<OwnedFd>) -> Result<Rekeyed, CallError> {
        self.works();
        let (keeper, still) = (self.daemon.vault.clone(), self.still_wanted());
        let rekey = move |vault: &mut UnlockedVault| {
            vault.set_price(keeper.price_to_write()?);
            secret::has_reader(&recovery)?;
            ready.rekey(vault, Wanted::as_long_as(&still))
        };
        self.daemon.vault.change_proven(proven, rekey).await
    }
}

/// What a person is told whose quick PIN went with the former passphrase, or because a key is wanted too.
const PIN_DROPPED: &str = "the quick PIN is gone: a soft lock is a full one until another is set";

/// Puts the new recovery code into its pipe, without waiting for its reader.
async fn hand_over(rekeyed: Rekeyed, recovery: Arc<OwnedFd>) -> Result<(), CallError> {
    blocking(move || {
        pipe::put(&recovery, rekeyed.recovery.expose().as_bytes()).map_err(|error| {
            let message = "the change is made, and nobody took the new recovery code: have another one made";
            let mut failed = CallError::new(ErrorKind::BadPipe, message);
            failed.details.causes = Some(vec![error.to_string()]);
            failed
        })
    })
    .await
}

fn told(rekeyed: &Rekeyed) -> RekeyInfo {
    let path = |path: &std::path::PathBuf| printable(&path.to_string_lossy()).into_owned();
    let unsure = |error: &VaultError| format!("the change may not survive a power cut: {error}");
    let pin = rekeyed.quick_pin_dropped.then(|| PIN_DROPPED.to_owned());
    RekeyInfo {
        dropped: rekeyed.dropped.iter().cloned().map(upkeep::slot).collect(),
        not_removed: rekeyed.not_removed.iter().map(path).collect(),
        warnings: rekeyed.unsynced.iter().map(unsure).chain(pin).collect(),
    }
}

fn ids(ids: Option<Vec<String>>) -> Result<Vec<SlotId>, CallError> {
    let mut known: Vec<SlotId> = ids.unwrap_or_default().iter().map(|id| super::id(id)).collect::<Result<_, _>>()?;
    known.sort_unstable();
    known.dedup();
    Ok(known)
}

fn policy(word: &str) -> Result<Policy, CallError> {
    match word {
        way_policy::ANY => Ok(Policy::EitherOr),
        way_policy::PASSPHRASE_AND_KEY => Ok(Policy::PassphraseAndKey),
        other => {
            let words = format!("{} is no policy that this fob knows", printable(other));
            Err(CallError::new(ErrorKind::InvalidInput, words))
        }
    }
}

fn barred(error: SlotError) -> CallError {
    errors::vault(&VaultError::Slot(error))
}

#[cfg(test)]
mod tests;
