//! Whose call it is: where answers and signals go, for whom it is made, and whether it is still there.

use std::sync::Arc;

use fob_bus::{CallError, ErrorKind};
use futures_util::StreamExt;
use zbus::Connection;
use zbus::fdo::DBusProxy;
use zbus::names::{BusName, OwnedUniqueName};

use crate::caller::{Caller, Listing, Origins, Tier};

/// Longest id of an application, in bytes; that of a name on the bus.
const LONGEST_APP: usize = 255;

/// Who owns a request: where its signals go, and when it dies.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    /// The connection it came through.
    pub(crate) connection: Connection,
    /// The caller's unique name, on the session bus.
    pub(crate) name: Option<OwnedUniqueName>,
    /// The caller; an application, where a portal speaks for one.
    pub(crate) caller: Arc<Caller>,
    /// That portal.
    pub(crate) portal: Option<Arc<Listing>>,
}

impl Owner {
    /// The same for the application that a portal speaks for, if it says so. No id, or an empty one, is an application
    /// outside of any sandbox, about which the portal knows nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`] when it is no portal, [`ErrorKind::InvalidInput`] for what is no id.
    pub(crate) fn speaking_for(self, app: Option<&str>) -> Result<Self, CallError> {
        let Some(app) = app.filter(|app| !app.is_empty()) else { return Ok(self) };
        let portal = match &self.caller.tier {
            Tier::Installed(listing) if listing.portal => listing.clone(),
            _ => return Err(CallError::new(ErrorKind::Denied, "only a listed portal speaks for applications")),
        };
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if app.len() > LONGEST_APP || !app.bytes().all(fits) {
            return Err(CallError::new(ErrorKind::InvalidInput, "this is no id of an application"));
        }
        let caller = Caller { tier: Tier::Portal(app.into()), ..Caller::clone(&self.caller) };
        Ok(Self { caller: Arc::new(caller), portal: Some(portal), ..self })
    }

    /// Whether it is one of the household's own programs.
    pub(crate) fn is_companion(&self) -> bool {
        self.caller.tier == Tier::Companion
    }

    /// The origins that it may name, where a list says which.
    pub(crate) fn origins(&self) -> Option<&Origins> {
        match (&self.portal, &self.caller.tier) {
            (Some(portal), _) => Some(&portal.origins),
            (None, Tier::Installed(listing)) => Some(&listing.origins),
            _ => None,
        }
    }

    /// Does something for it for as long as it is there: dropped as soon as it is not.
    ///
    /// # Errors
    /// Those of `something`, and [`ErrorKind::Cancelled`] when it went away.
    pub(crate) async fn while_there<T>(
        &self,
        something: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        tokio::select! {
            biased;
            done = something => done,
            () = self.gone() => Err(CallError::new(ErrorKind::Cancelled, "the program that asked is gone")),
        }
    }

    /// Ends when it is gone: its connection, or its name on the bus.
    pub(crate) async fn gone(&self) {
        let Some(name) = &self.name else { return self.connection.closed().await };
        let left = async {
            let broker = DBusProxy::new(&self.connection).await?;
            let mut changes = broker.receive_name_owner_changed_with_args(&[(0, name.as_str())]).await?;
            // It may have left before anybody listened.
            if broker.name_has_owner(BusName::Unique(name.as_ref())).await? {
                changes.next().await;
            }
            zbus::Result::Ok(())
        };
        tokio::select! {
            left = left => if let Err(error) = left {
                tracing::warn!(%error, "cannot see whether a caller is still there: its request ends");
            },
            () = self.connection.closed() => {}
        }
    }
}
