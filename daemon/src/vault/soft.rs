//! The soft lock: accounts leave memory, the vault's key stays behind a quick PIN. Three wrong ones, a sleep or eight hours since
//! the vault was opened in earnest make a full lock of it (`fob_vault`).

use std::mem::take;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use fob_bus::types::vault_state;
use fob_bus::{CallError, ErrorKind};
use fob_vault::{Passphrase, SoftLockError, StillLocked};

use super::state::{Open, Soft, State};
use super::{Keeper, LOCKED, read};
use crate::idle::Wake;
use crate::shield;
use crate::thread::blocking;
use crate::{errors, secret};

impl Keeper {
    /// Takes the accounts out of memory and leaves the key there, if a quick PIN is set; a full lock otherwise. Whether it
    /// is soft now. A write that is under way comes to its end first.
    pub(crate) async fn soft_lock(self: &Arc<Self>) -> bool {
        self.begin_epoch();
        let mut state = self.state.lock().await;
        self.close_if_due(&mut state);
        let Open { vault, _secrets } = match take(&mut *state) {
            State::Open(open) => *open,
            other => {
                *state = other;
                return matches!(*state, State::Soft(_));
            }
        };
        self.say(self.last_words(&vault));
        match vault.soft_lock() {
            StillLocked::Soft(lock) => {
                let until = lock.until();
                *state = State::Soft(Box::new(Soft { lock: *lock, secrets: _secrets }));
                self.move_out();
                shield::settle_unlocked();
                // Nothing is awaited from here on: the timer may be who locks, and this ends it.
                self.arm(move |keeper| {
                    let now = keeper.clock.boottime();
                    Some(if now >= until { Wake::Lock } else { Wake::SleepFor(until.since(now)) })
                });
                self.changes.send_replace(vault_state::SOFT_LOCKED);
                tracing::info!("the vault is softly locked");
                true
            }
            StillLocked::Full(locked) => {
                drop((locked, _secrets));
                self.tell_closed();
                false
            }
        }
    }

    /// Opens a softly locked vault with the PIN from a pipe.
    ///
    /// # Errors
    /// [`ErrorKind::PinInvalid`] with the tries that are left, [`ErrorKind::Locked`] when it is a full lock by now.
    pub(crate) async fn quick_open(self: &Arc<Self>, pin: OwnedFd) -> Result<(), CallError> {
        let epoch = self.epoch();
        self.may_open()?;
        self.is_soft().await?;
        // Before the turn: a writer that takes its time keeps nobody else waiting.
        let (secrets, pin) = read(move || secret::quick_pin(&pin)).await?;
        let _turn = self.opening.lock().await;
        self.may_open()?;
        let mut state = self.state.clone().lock_owned().await;
        self.close_if_due(&mut state);
        if self.epoch() != epoch {
            return Err(CallError::new(ErrorKind::Cancelled, "the vault was locked while it was being unlocked"));
        }
        let tried = blocking(move || {
            let outcome = state.quick_open(&pin);
            drop((pin, secrets));
            Ok((state, outcome))
        });
        let (mut state, outcome) = tried.await?;
        match (&*state, outcome) {
            (State::Open(open), Ok(())) if self.epoch() == epoch && self.may_open().is_ok() => {
                self.move_in(&open.vault);
                self.tell_open(state);
                Ok(())
            }
            (State::Open(_), Ok(())) => {
                self.close(&mut state);
                Err(CallError::new(ErrorKind::Cancelled, "the vault was locked while it was being unlocked"))
            }
            (State::Closed, outcome) => {
                self.begin_epoch();
                self.tell_closed();
                outcome
            }
            (_, outcome) => outcome,
        }
    }

    /// How many tries of the quick PIN are left, if the vault is softly locked.
    pub(crate) async fn quick_tries(&self) -> Option<u8> {
        let mut state = self.state.lock().await;
        self.close_if_due(&mut state);
        match &*state {
            State::Soft(soft) => Some(soft.lock.tries()),
            State::Closed | State::Open(_) => None,
        }
    }

    async fn is_soft(&self) -> Result<(), CallError> {
        let mut state = self.state.lock().await;
        self.close_if_due(&mut state);
        match &*state {
            State::Soft(_) => Ok(()),
            State::Open(_) => Err(CallError::new(ErrorKind::InvalidInput, "the vault is open")),
            State::Closed => Err(self.closed(&state)),
        }
    }
}

impl State {
    /// Tries the PIN: afterwards it is open, or what is left.
    fn quick_open(&mut self, pin: &Passphrase) -> Result<(), CallError> {
        let Soft { lock, secrets } = match take(self) {
            Self::Soft(soft) => *soft,
            other => {
                *self = other;
                return Err(CallError::new(ErrorKind::Locked, LOCKED));
            }
        };
        match lock.open(pin) {
            Ok(vault) => {
                *self = Self::Open(Box::new(Open { vault, _secrets: secrets }));
                shield::settle_unlocked();
                Ok(())
            }
            Err((left, error)) => {
                if let StillLocked::Soft(lock) = left {
                    *self = Self::Soft(Box::new(Soft { lock: *lock, secrets }));
                }
                Err(refusal(&error))
            }
        }
    }
}

fn refusal(error: &SoftLockError) -> CallError {
    match error {
        SoftLockError::WrongPin(left) => {
            CallError::from_error(ErrorKind::PinInvalid, error).with_retries(u32::from(*left))
        }
        SoftLockError::TriesUsedUp | SoftLockError::Expired | SoftLockError::Slept => {
            CallError::from_error(ErrorKind::Locked, error)
        }
        SoftLockError::Vault(error) => errors::vault(error),
    }
}
