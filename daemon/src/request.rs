//! `dev.fob.Request1`: one ceremony under way, from the call that began it to `Done`.
//!
//! A [`Request`] is what the ceremony and the object share: how it ends early, what state it is in, who waits for a
//! PIN. The object is there for its owner alone; signals go to nobody else. What happens meanwhile is in `ceremony`.

mod begin;
mod desk;
mod object;

#[cfg(test)]
pub(crate) mod tests;

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fob_bus::types::{StateDetails, request_state};
use fob_bus::{CallError, ErrorKind};
use fob_client::CancelToken;
use fob_ctap::pin::Pin;
use tokio::sync::watch;
use zbus::OwnedObjectPath;

use crate::guest::Owner;

pub(crate) use begin::begin;
pub(crate) use desk::{Desk, Ticket};

/// Why a request ends before its ceremony does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Its owner took it back.
    Cancelled,
    /// Its owner is gone.
    OwnerGone,
    /// The machine is about to sleep or to go down.
    Sleep,
    /// The vault was locked, and with it what was to open or change it.
    Locked,
    /// The permission that it rests on was taken back.
    TakenBack,
    /// The daemon ends.
    Shutdown,
}

/// A request.
#[derive(Debug)]
pub(crate) struct Request {
    path: OwnedObjectPath,
    owner: Owner,
    cancel: CancelToken,
    end: watch::Sender<Option<End>>,
    state: watch::Sender<(&'static str, StateDetails)>,
    /// Who waits for a PIN.
    pin: Mutex<Option<SyncSender<Pin>>>,
}

impl Request {
    /// A request that has just come in.
    pub(crate) fn new(path: OwnedObjectPath, owner: Owner) -> Arc<Self> {
        Arc::new(Self {
            path,
            owner,
            cancel: CancelToken::new(),
            end: watch::Sender::new(None),
            state: watch::Sender::new((request_state::QUEUED, StateDetails::default())),
            pin: Mutex::default(),
        })
    }

    /// What ends a transaction with a key.
    pub(crate) fn cancel_token(&self) -> CancelToken {
        self.cancel.clone()
    }

    /// Ends it, whatever it waits for: keys get CTAPHID_CANCEL, nobody is asked for a PIN any more.
    pub(crate) fn end(&self, why: End) {
        self.end.send_if_modified(|end| {
            let first = end.is_none();
            if first {
                *end = Some(why);
            }
            first
        });
        self.cancel.cancel();
        // Whoever waits for a PIN wakes up when its sender is gone.
        self.waiting().take();
    }

    /// Waits until it is ended.
    pub(crate) async fn ended(&self) -> End {
        let mut end = self.end.subscribe();
        // This request has the sender, so the channel cannot close.
        let why = end.wait_for(Option::is_some).await.ok().and_then(|end| *end);
        why.unwrap_or(End::Shutdown)
    }

    /// Whether it was ended, and why.
    pub(crate) fn how_ended(&self) -> Option<End> {
        *self.end.borrow()
    }

    /// Says what it is doing; once for each state.
    pub(crate) fn report(&self, state: &'static str, details: StateDetails) {
        self.state.send_if_modified(|now| {
            let news = now.0 != state || state == request_state::PIN || now.1.step != details.step;
            if news {
                *now = (state, details);
            }
            news
        });
    }

    /// Asks its owner for a PIN and blocks for the answer; `None` when there is none in time, or the request ends.
    pub(crate) fn ask_pin(&self, details: StateDetails, patience: Duration) -> Option<Pin> {
        let answer = self.await_pin()?;
        self.report(request_state::PIN, details);
        // Nobody answered in time, or the request has ended.
        let pin = answer.recv_timeout(patience).ok();
        self.waiting().take();
        pin
    }

    fn await_pin(&self) -> Option<Receiver<Pin>> {
        let (sender, receiver) = sync_channel(1);
        *self.waiting() = Some(sender);
        // Ended before the sender was there to be dropped.
        if self.cancel.is_cancelled() {
            self.waiting().take();
            return None;
        }
        Some(receiver)
    }

    /// Whether a PIN is asked for.
    pub(crate) fn wants_pin(&self) -> bool {
        self.waiting().is_some()
    }

    /// Hands a PIN to whoever asked for it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] when nobody did.
    pub(crate) fn answer_pin(&self, pin: Pin) -> Result<(), CallError> {
        let sender = self.waiting().take().ok_or_else(not_asked)?;
        // Before it is sent: whoever gets it may ask for another one before we come to say anything.
        self.report(request_state::WORKING, StateDetails::default());
        sender.try_send(pin).map_err(|_| not_asked())
    }

    /// Nobody answers: whoever asked for a PIN gets none.
    pub(crate) fn decline_pin(&self) {
        self.waiting().take();
    }

    /// What it is doing, and what it will be doing.
    pub(crate) fn states(&self) -> watch::Receiver<(&'static str, StateDetails)> {
        self.state.subscribe()
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Option<SyncSender<Pin>>> {
        self.pin.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A PIN that nobody asked for.
fn not_asked() -> CallError {
    CallError::new(ErrorKind::InvalidInput, "this request does not ask for a PIN now")
}
