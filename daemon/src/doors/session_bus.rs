//! The session bus: the name `dev.fob.Fob1`, the same objects, whoever calls.

use std::sync::Arc;

use fob_bus::names;
use zbus::Connection;
use zbus::connection::Builder;

use super::conversation::{furnish, serve};
use crate::daemon::Daemon;
use crate::guest::Guest;

/// The connection to the session bus.
pub(crate) struct SessionBus {
    connection: Connection,
    guest: Guest,
}

impl SessionBus {
    /// Takes the name on this bus. The objects are there before the name is, so that no call finds nothing.
    ///
    /// # Errors
    /// No bus, or another fobd has the name.
    pub(crate) async fn join(daemon: Arc<Daemon>, bus: Builder<'_>) -> zbus::Result<Self> {
        let guest = Guest::bus(daemon.clone());
        // zbus lets anybody replace the owner of a name unless told not to.
        let bus = bus.allow_name_replacements(false).replace_existing_names(false);
        let connection = furnish(bus, &guest).name(names::BUS_NAME).build().await?;
        daemon.set_session_bus(true);
        Ok(Self { connection, guest })
    }

    /// Serves until the bus is gone.
    pub(crate) async fn run(self) {
        let daemon = self.guest.daemon.clone();
        serve(self.connection, self.guest).await;
        daemon.set_session_bus(false);
        tracing::warn!("the session bus is gone; fobd's own socket still serves");
    }
}
