//! The session bus: the name `dev.fob.Fob1`, the same objects, whoever calls.

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixStream as StdStream};
use std::sync::Arc;

use fob_bus::names;
use tokio::net::UnixStream;
use zbus::address::Transport;
use zbus::address::transport::UnixSocket;
use zbus::connection::Builder;
use zbus::{Address, Connection};

use super::conversation::{furnish, serve};
use super::gate::Gate;
use super::line::Line;
use super::reading::Bounded;
use crate::daemon::Daemon;
use crate::guest::Guest;

/// The connection to the session bus.
pub(crate) struct SessionBus {
    connection: Connection,
    guest: Guest,
    gate: Arc<Gate>,
}

impl SessionBus {
    /// Takes the name on the bus of this session.
    ///
    /// # Errors
    /// No bus, or another fobd has the name.
    pub(crate) async fn of_this_session(daemon: Arc<Daemon>) -> zbus::Result<Self> {
        Self::at(daemon, &Address::session()?).await
    }

    /// Takes the name on the bus at this address.
    ///
    /// # Errors
    /// As [`Self::of_this_session`].
    pub(crate) async fn at(daemon: Arc<Daemon>, address: &Address) -> zbus::Result<Self> {
        let gate = Arc::new(Gate::of_bus());
        let bus = match connect(address)? {
            Some(line) => Builder::socket(Bounded::new(line, gate.clone(), daemon.room.clone())),
            // No bus of a desktop is reached by anything but a unix socket. Whoever has one that is does without bounds.
            None => Builder::address(address.clone()),
        };
        Self::join_through(daemon, bus, gate).await
    }

    /// Takes the name on this bus, whatever comes over it.
    #[cfg(test)]
    pub(crate) async fn join(daemon: Arc<Daemon>, bus: Builder<'_>) -> zbus::Result<Self> {
        Self::join_through(daemon, bus, Arc::new(Gate::of_bus())).await
    }

    /// The objects are there before the name is, so that no call finds nothing.
    async fn join_through(daemon: Arc<Daemon>, bus: Builder<'_>, gate: Arc<Gate>) -> zbus::Result<Self> {
        let guest = Guest::bus(daemon.clone());
        // zbus lets anybody replace the owner of a name unless told not to.
        let bus = bus.allow_name_replacements(false).replace_existing_names(false);
        let connection = furnish(bus, &guest).name(names::BUS_NAME).build().await?;
        gate.speak_through(Some(connection.clone()));
        daemon.set_session_bus(true);
        Ok(Self { connection, guest, gate })
    }

    /// Serves until the bus is gone.
    pub(crate) async fn run(self) {
        let daemon = self.guest.daemon.clone();
        serve(self.connection, self.guest).await;
        self.gate.speak_through(None);
        daemon.set_session_bus(false);
        tracing::warn!("the session bus is gone; fobd's own socket still serves");
    }
}

/// The line to the broker; `None` where it does not listen on a unix socket.
fn connect(address: &Address) -> io::Result<Option<Line>> {
    let Transport::Unix(socket) = address.transport() else { return Ok(None) };
    let address = match socket.path() {
        UnixSocket::File(path) => SocketAddr::from_pathname(path)?,
        UnixSocket::Abstract(name) => SocketAddr::from_abstract_name(OsStr::as_bytes(name))?,
        _ => return Ok(None),
    };
    let stream = StdStream::connect_addr(&address)?;
    stream.set_nonblocking(true)?;
    let stream = UnixStream::from_std(stream)?;
    let broker = stream.peer_cred()?.uid();
    Ok(Some(Line::new(stream, broker)))
}
