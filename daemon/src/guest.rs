//! The one step before every call: who is it, and may it do this? Whoever passed is the call's [`Owner`].

mod owner;

use std::sync::{Arc, Mutex, PoisonError};

use fob_bus::{CallError, ErrorKind};
use zbus::Connection;
use zbus::message::Header;

use crate::caller::{BusCallers, Caller, Door, Tier};
use crate::daemon::Daemon;
use crate::diary::{Event, Outcome};
use crate::policy::{self, Operation};

pub(crate) use owner::Owner;

/// What the objects of one connection share: the daemon, and how to know who is calling.
#[derive(Clone)]
pub(crate) struct Guest {
    /// The daemon.
    pub(crate) daemon: Arc<Daemon>,
    who: Who,
}

#[derive(Clone)]
enum Who {
    /// fobd's own socket: one connection, one caller; the loopback listener's becomes another's once.
    Peer(Arc<Mutex<Arc<Caller>>>),
    /// The session bus: whoever the message says.
    Anybody(Arc<BusCallers>),
}

impl Guest {
    /// The guest behind a connection to fobd's own socket.
    pub(crate) fn peer(daemon: Arc<Daemon>, caller: Caller) -> Self {
        Self { daemon, who: Who::Peer(Arc::new(Mutex::new(Arc::new(caller)))) }
    }

    /// Whether it is behind a connection of its own, not on a bus with others.
    pub(crate) const fn is_peer(&self) -> bool {
        matches!(self.who, Who::Peer(_))
    }

    /// Whether it is a companion behind a connection of its own.
    pub(crate) fn is_companion(&self) -> bool {
        let Who::Peer(caller) = &self.who else { return false };
        caller.lock().unwrap_or_else(PoisonError::into_inner).tier == Tier::Companion
    }

    /// Makes the loopback listener's connection that of a paired program, of this id and this user, for good; whether it
    /// was the listener's until now.
    pub(crate) fn become_paired(&self, id: Arc<str>, uid: u32) -> bool {
        let Who::Peer(caller) = &self.who else { return false };
        let mut caller = caller.lock().unwrap_or_else(PoisonError::into_inner);
        if caller.tier != Tier::Listener {
            return false;
        }
        // Nothing of the listener's stays: no call is made in its name any more.
        let mut paired = Caller::clone(&caller);
        (paired.door, paired.uid) = (Door::Loopback, uid);
        (paired.pid, paired.started, paired.program) = (None, None, None);
        paired.tier = Tier::Paired(id);
        *caller = Arc::new(paired);
        true
    }

    /// Everybody on the session bus.
    pub(crate) fn bus(daemon: Arc<Daemon>) -> Self {
        let callers = Arc::new(BusCallers::new(daemon.household.clone()));
        Self { daemon, who: Who::Anybody(callers) }
    }

    /// Lets a call pass, or not.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`].
    pub(crate) async fn admit(
        &self,
        connection: &Connection,
        header: &Header<'_>,
        operation: Operation,
    ) -> Result<Owner, CallError> {
        let owner = self.identify(connection, header).await?;
        if let Err(refusal) = policy::gate(&owner.caller, operation) {
            let outcome = Outcome::Refused(refusal.message.clone());
            let (caller, kind) = (&*owner.caller, operation.word());
            self.daemon.diary.note(Event { caller, kind, what: None, outcome });
            return Err(refusal);
        }
        Ok(owner)
    }

    /// Who calls.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`] when nobody can tell.
    pub(crate) async fn identify(&self, connection: &Connection, header: &Header<'_>) -> Result<Owner, CallError> {
        let connection = connection.clone();
        match &self.who {
            Who::Peer(caller) => {
                let caller = caller.lock().unwrap_or_else(PoisonError::into_inner).clone();
                Ok(Owner { connection, name: None, caller: caller.now(&self.daemon.listings), portal: None })
            }
            Who::Anybody(callers) => {
                let nameless = || CallError::new(ErrorKind::Denied, "the message does not say who sent it");
                let sender = header.sender().ok_or_else(nameless)?;
                let caller = callers.of(&connection, sender, self.daemon.vault.epoch()).await;
                let caller = caller.map_err(|error| CallError::from_error(ErrorKind::Denied, &error))?;
                let caller = caller.now(&self.daemon.listings);
                Ok(Owner { connection, name: Some(sender.to_owned().into()), caller, portal: None })
            }
        }
    }
}
