//! What ends the vault's stay in memory: a lock, a time that is up, a machine that goes to sleep.
//!
//! Each lock begins a new epoch: whatever was under way in an older one is worthless. There is one timer, armed while there
//! is something to forget; since it stands still while the machine sleeps, whoever comes to the vault looks at the
//! time too.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use fob_bus::types::vault_state;
use fob_bus::{CallError, ErrorKind};
use fob_vault::SlotId;

use super::Keeper;
use super::state::State;
use crate::idle::Wake;
use crate::shield;

impl Keeper {
    /// Whether it is open, as far as nobody has to look at the time for it.
    pub(crate) fn is_open(&self) -> bool {
        *self.changes.borrow() == vault_state::UNLOCKED
    }

    /// How often it was locked. What is remembered about a caller on the bus ends with each lock.
    pub(crate) fn epoch(&self) -> u64 {
        *self.epoch.borrow()
    }

    /// Waits until the vault is locked after this epoch, which may have happened already.
    pub(crate) fn locked_since(&self, epoch: u64) -> impl Future<Output = ()> + Send + use<> {
        let mut epochs = self.epoch.subscribe();
        async move {
            // Without a keeper there is no open vault either.
            let _ = epochs.wait_for(|now| *now != epoch).await;
        }
    }

    pub(super) fn begin_epoch(&self) {
        self.epoch.send_modify(|epoch| *epoch += 1);
    }

    /// Forgets the vault's key and every seed. A write that is under way comes to its end first, and what waits for the
    /// diary is in it afterwards.
    pub(crate) async fn lock(&self) {
        self.begin_epoch();
        let mut state = self.state.lock().await;
        self.close(&mut state);
        drop(state);
        self.said().await;
    }

    /// Locks the vault if this way in is the one that opened it: what keeps its secret has locked itself.
    pub(crate) async fn lock_if_opened_by(&self, slot: SlotId) {
        let mut state = self.state.lock().await;
        if state.opened_by() == Some(slot) {
            self.begin_epoch();
            self.close(&mut state);
        }
    }

    /// Lets one task watch what keeps the secret of this way in, in the place of the one before; none if it is not what
    /// opened the vault, which may have been open already.
    pub(crate) async fn watch_keyring(&self, slot: SlotId, watch: impl Future<Output = ()> + Send + 'static) {
        let state = self.state.lock().await;
        if state.opened_by() != Some(slot) {
            return;
        }
        let task = tokio::spawn(watch).abort_handle();
        let former = self.keyring.lock().unwrap_or_else(PoisonError::into_inner).replace(task);
        if let Some(former) = former {
            former.abort();
        }
    }

    /// Waits until the vault's key is not in memory.
    pub(crate) fn until_locked(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut changes = self.changes();
        async move {
            // Without a keeper there is no open vault either.
            let _ = changes.wait_for(|state| *state == vault_state::LOCKED).await;
        }
    }

    /// Nothing is opened any more, until [`Keeper::unbar`]. To be followed by [`Keeper::lock`].
    pub(crate) fn bar(&self) {
        self.barred.store(true, Ordering::SeqCst);
    }

    /// Undoes [`Keeper::bar`].
    pub(crate) fn unbar(&self) {
        self.barred.store(false, Ordering::SeqCst);
    }

    /// Whoever begins to open the vault asks first: it may be barred, and then nothing secret is even read.
    pub(super) fn may_open(&self) -> Result<(), CallError> {
        if self.barred.load(Ordering::SeqCst) {
            return Err(CallError::new(ErrorKind::Cancelled, "the machine is about to sleep or to shut down"));
        }
        Ok(())
    }

    /// Locks a vault whose time is up though nobody rang, and a soft lock that a sleep went over: the machine slept, and
    /// nobody may have told.
    pub(super) fn close_if_due(&self, state: &mut State) {
        let now = self.clock.boottime();
        let due = match state {
            State::Closed => false,
            State::Soft(soft) => soft.lock.is_over(),
            State::Open(_) => self.idle.on_wake(now) == Some(Wake::Lock),
        };
        if due {
            self.begin_epoch();
            self.close(state);
        }
    }

    pub(super) fn close(&self, state: &mut State) {
        let last_words = state.open().and_then(|open| self.last_words(&open.vault));
        let was_there = !matches!(std::mem::take(state), State::Closed);
        // Nothing that matters is awaited from here on: the timer may be who locks, and this ends it.
        if was_there {
            self.tell_closed();
        }
        self.say(last_words);
    }

    /// After the key was forgotten.
    pub(super) fn tell_closed(&self) {
        self.move_out();
        self.disarm_timer();
        shield::settle_locked();
        self.changes.send_replace(vault_state::LOCKED);
        tracing::info!("the vault is locked");
    }

    fn disarm_timer(&self) {
        if let Some(timer) = self.timer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            timer.abort();
        }
    }

    pub(super) fn arm_timer(self: &Arc<Self>) {
        if self.idle.limit().is_none() {
            return self.disarm_timer();
        }
        self.arm(|keeper| keeper.idle.on_wake(keeper.clock.boottime()));
    }

    /// Lets the one timer ask this when it wakes, and ends the one before.
    pub(super) fn arm(self: &Arc<Self>, ask: impl Fn(&Self) -> Option<Wake> + Send + 'static) {
        let keeper = Arc::downgrade(self);
        let task = tokio::spawn(async move {
            loop {
                let Some(keeper) = keeper.upgrade() else { return };
                match ask(&keeper) {
                    None => return,
                    Some(Wake::Lock) => return keeper.lock().await,
                    Some(Wake::SleepFor(length)) => {
                        drop(keeper);
                        tokio::time::sleep(length.duration()).await;
                    }
                }
            }
        });
        let former = self.timer.lock().unwrap_or_else(PoisonError::into_inner).replace(task.abort_handle());
        if let Some(former) = former {
            former.abort();
        }
    }
}
