//! The one step before every call: who is it, and may it do this?

use std::sync::Arc;

use fob_bus::{CallError, ErrorKind};
use zbus::Connection;
use zbus::message::Header;
use zbus::names::OwnedUniqueName;

use crate::caller::{BusCallers, Caller};
use crate::daemon::Daemon;
use crate::policy::{self, Operation};

/// What the objects of one connection share: the daemon, and how to know who is calling.
#[derive(Clone)]
pub(crate) struct Guest {
    /// The daemon.
    pub(crate) daemon: Arc<Daemon>,
    who: Who,
}

#[derive(Clone)]
enum Who {
    /// fobd's own socket: one connection, one caller.
    Peer(Arc<Caller>),
    /// The session bus: whoever the message says.
    Anybody(Arc<BusCallers>),
}

/// Who owns a request: where its signals go, and when it dies.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    /// The connection it came through.
    pub(crate) connection: Connection,
    /// The caller's unique name, on the session bus.
    pub(crate) name: Option<OwnedUniqueName>,
    /// The caller.
    pub(crate) caller: Arc<Caller>,
}

impl Guest {
    /// The guest behind a connection to fobd's own socket.
    pub(crate) fn peer(daemon: Arc<Daemon>, caller: Caller) -> Self {
        Self { daemon, who: Who::Peer(Arc::new(caller)) }
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
        if let Err(refusal) = policy::decide(&owner.caller, operation) {
            let Caller { pid, program, tier, .. } = &*owner.caller;
            tracing::info!(?operation, ?pid, ?program, ?tier, "denied");
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
            Who::Peer(caller) => Ok(Owner { connection, name: None, caller: caller.clone() }),
            Who::Anybody(callers) => {
                let nameless = || CallError::new(ErrorKind::Denied, "the message does not say who sent it");
                let sender = header.sender().ok_or_else(nameless)?;
                let caller = callers.of(&connection, sender, self.daemon.vault.epoch()).await;
                let caller = caller.map_err(|error| CallError::from_error(ErrorKind::Denied, &error))?;
                Ok(Owner { connection, name: Some(sender.to_owned().into()), caller })
            }
        }
    }
}
