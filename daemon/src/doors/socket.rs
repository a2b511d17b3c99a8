//! fobd's own socket: D-Bus peer to peer, each connection one caller, known before its first word.
//!
//! systemd passes the socket, or it is bound here: in a folder of mode 0700, mode 0600 itself, under a lock file, so that
//! a second fobd never takes the socket of a running one and a socket that a dead one left is replaced. Then a process
//! of its own calls listen(2) on it (`keeper`).

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixListener as StdListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fob_bus::names;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, socket_with};
use tokio::net::{UnixListener, UnixStream};
use zbus::connection::Builder;
use zbus::{Connection, Guid};

use super::conversation::{furnish, serve};
use super::gate::Gate;
use super::keeper::Keeper;
use super::line::Line;
use super::reading::Bounded;
use super::seats::{Seats, Sitter};
use crate::caller::{Tier, of_peer_soon};
use crate::daemon::Daemon;
use crate::guest::Guest;
use crate::system;

/// How long a caller may take to shake hands.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to leave the door alone when the system has no descriptor left for another caller.
const BREATH: Duration = Duration::from_millis(200);

/// Why the daemon does not listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Neither `FOB_SOCKET` nor `XDG_RUNTIME_DIR` is set.
    #[error("there is no place for the socket: set XDG_RUNTIME_DIR or FOB_SOCKET")]
    NoPlace,
    /// Another fobd has the lock.
    #[error("another fobd serves {}", .0.display())]
    Running(PathBuf),
    /// Something that is no socket has its name.
    #[error("{} is in the way: it is no socket", .0.display())]
    InTheWay(PathBuf),
    /// The process that is to listen on it did not come up.
    #[error("the keeper of the socket does not start")]
    Keeper {
        /// Why not.
        source: io::Error,
    },
    /// The system's answer.
    #[error("cannot listen on {}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// The open door.
pub(crate) struct Listening {
    listener: UnixListener,
    /// The socket to remove at the end, and who listens on it, if it was made here.
    made: Option<(PathBuf, Keeper)>,
    /// Held as long as the door is open.
    _lock: File,
}

impl Listening {
    /// Opens the door.
    ///
    /// # Errors
    /// [`ListenError`].
    pub(crate) fn open() -> Result<Self, ListenError> {
        let path = names::socket().ok_or(ListenError::NoPlace)?;
        let io = |source| ListenError::Io { path: path.clone(), source };
        let passed = system::passed_listener().map_err(io)?;
        let lock = lock(&path)?;
        let (listener, made) = match passed {
            Some(listener) => (listener, None),
            None => {
                let socket = bind(&path)?;
                let keeper = Keeper::start(&socket).map_err(|source| ListenError::Keeper { source })?;
                (StdListener::from(socket), Some((path.clone(), keeper)))
            }
        };
        listener.set_nonblocking(true).map_err(io)?;
        Ok(Self { listener: UnixListener::from_std(listener).map_err(io)?, made, _lock: lock })
    }

    /// Lets callers in, until the keeper of the socket ends, which it does not do by itself.
    pub(crate) async fn run(&self, daemon: Arc<Daemon>) {
        let ended = async {
            match &self.made {
                Some((_, keeper)) => keeper.ended().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = ended => {}
            () = self.let_in(daemon) => {}
        }
    }

    async fn let_in(&self, daemon: Arc<Daemon>) {
        let seats = Seats::default();
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(converse(stream, daemon.clone(), seats.clone()))),
                Err(error) => {
                    tracing::warn!(%error, "cannot let a caller in");
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some((path, _)) = &self.made
            && let Err(error) = fs::remove_file(path)
        {
            tracing::debug!(%error, "the socket was gone already");
        }
    }
}

/// Takes the lock beside the socket; it is gone with the process that has it.
fn lock(socket: &Path) -> Result<File, ListenError> {
    let io = |source| ListenError::Io { path: socket.to_owned(), source };
    if let Some(folder) = socket.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io)?;
    }
    let path = socket.with_added_extension("lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ListenError::Running(socket.to_owned())),
        Err(TryLockError::Error(error)) => Err(io(error)),
    }
}

/// A socket that has its name and is not open yet.
fn bind(path: &Path) -> Result<OwnedFd, ListenError> {
    let io = |source| ListenError::Io { path: path.to_owned(), source };
    match fs::symlink_metadata(path) {
        // Whoever had it is dead: we have the lock.
        Ok(metadata) if metadata.file_type().is_socket() => fs::remove_file(path).map_err(io)?,
        Ok(_) => return Err(ListenError::InTheWay(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(io(error)),
    }
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None);
    let socket = socket.map_err(|error| io(error.into()))?;
    let address = SocketAddrUnix::new(path).map_err(|error| io(error.into()))?;
    rustix::net::bind(&socket, &address).map_err(|error| io(error.into()))?;
    // The folder keeps others out already; this does so where FOB_SOCKET names an open one.
    fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(io)?;
    Ok(socket)
}

async fn converse(stream: UnixStream, daemon: Arc<Daemon>, seats: Seats) {
    // Before anything that costs more.
    let process = stream.peer_cred().ok().and_then(|peer| peer.pid()).unwrap_or_default();
    if seats.are_full_for(process) {
        return tracing::debug!(process, "a caller has too many connections");
    }
    let caller = match of_peer_soon(&stream, &daemon.household).await {
        Ok(caller) => caller,
        Err(error) => return tracing::warn!(%error, "a caller is turned away"),
    };
    let sitter = match caller.tier {
        Tier::Companion => Sitter::Companion,
        Tier::Listener => Sitter::Listener,
        _ => Sitter::Stranger,
    };
    let Some(_seat) = seats.take(process, sitter) else {
        return tracing::debug!(?caller, "a caller finds no seat");
    };
    tracing::debug!(?caller, "a caller");
    let line = Line::new(stream, caller.uid);
    let guest = Guest::peer(daemon, caller);
    match tokio::time::timeout(PATIENCE, shake_hands(line, &guest)).await {
        Ok(Ok(connection)) => serve(connection, guest).await,
        Ok(Err(error)) => tracing::debug!(%error, "a caller does not speak D-Bus"),
        Err(_) => tracing::debug!("a caller says nothing"),
    }
}

/// The server's side of D-Bus's authentication, with fob's objects behind it.
async fn shake_hands(line: Line, guest: &Guest) -> zbus::Result<Connection> {
    let line = Bounded::new(line, Arc::new(Gate::of_peer()), guest.daemon.room.clone());
    furnish(Builder::socket(line).server(Guid::generate()).p2p(), guest).build().await
}

/// The same for tests, who say who calls.
#[cfg(test)]
pub(crate) async fn over(stream: std::os::unix::net::UnixStream, guest: &Guest) -> Connection {
    stream.set_nonblocking(true).unwrap();
    let uid = rustix::process::geteuid().as_raw();
    shake_hands(Line::new(UnixStream::from_std(stream).unwrap(), uid), guest).await.unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_daemon_never_takes_the_socket_and_a_dead_ones_is_replaced() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("fob/fobd.sock");
        let first = lock(&path).unwrap();
        let listener = bind(&path).unwrap();
        assert!(matches!(lock(&path), Err(ListenError::Running(_))));
        // It dies: the socket stays, the lock does not.
        drop((first, listener));
        assert!(path.exists());
        let _second = lock(&path).unwrap();
        let second = bind(&path).unwrap();
        // What its keeper does.
        rustix::net::listen(&second, 1).unwrap();
        std::os::unix::net::UnixStream::connect(&path).unwrap();
    }

    #[test]
    fn the_socket_is_its_owners_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("fob/fobd.sock");
        let _lock = lock(&path).unwrap();
        let _listener = bind(&path).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(path.parent().unwrap()), mode(&path)), (0o700, 0o600));
    }

    #[test]
    fn a_file_in_the_way_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("fobd.sock");
        fs::write(&path, "somebody's letter").unwrap();
        assert!(matches!(bind(&path), Err(ListenError::InTheWay(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "somebody's letter");
    }
}
