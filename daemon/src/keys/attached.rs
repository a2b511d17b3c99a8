//! Keys that somebody attaches by the path of their socket: software keys.
//!
//! No connection is kept. Whether such a key is still there shows in the process that listens on its socket: when that
//! ends, a pidfd becomes readable, and the key is unplugged.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fob_bus::{CallError, ErrorKind};
use fob_client::CancelToken;
use fob_otp::printable;
use rustix::net::sockopt::socket_peercred;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use rustix::process::{PidfdFlags, pidfd_open};

use super::{Key, Keys, Place, new_id};
use crate::system;
use crate::thread::blocking;

/// Most attached keys.
const MOST: usize = 16;

impl Keys {
    /// Attaches the key that listens on the socket at `path`: it has to answer INIT and getInfo. Attached already, it
    /// keeps its id.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for a path that is relative, no socket, or another user's;
    /// [`ErrorKind::KeyRemoved`] if nobody listens there, [`ErrorKind::KeySilent`] if it is no key.
    pub(crate) async fn attach(self: &Arc<Self>, path: &Path) -> Result<Key, CallError> {
        let path = own_socket(path)?;
        let place = Place::Socket { path };
        if let Some(known) = self.at(&place) {
            return Ok(known);
        }
        let (keys, there) = (self.clone(), place.clone());
        let listener = blocking(move || {
            let listener = listener(there.path());
            let cancel = CancelToken::new();
            let deadline = keys.deadline_in(super::QUICK);
            keys.session(&there, &cancel, deadline)?;
            Ok(listener)
        })
        .await?;
        let key = self.admit(place)?;
        match listener {
            Ok(listener) => self.watch_over(key.clone(), listener),
            Err(error) => tracing::warn!(%error, "an attached key will not be missed before it is used"),
        }
        Ok(key)
    }

    /// Lets go of an attached key.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownKey`]; [`ErrorKind::InvalidInput`] for a key that is plugged in.
    pub(crate) fn detach(&self, id: &str) -> Result<(), CallError> {
        let key = self.key(id)?;
        if let Place::Hid { .. } = key.place {
            return Err(CallError::new(ErrorKind::InvalidInput, "this key is plugged in: unplug it"));
        }
        self.gone(id, &key.place);
        Ok(())
    }

    /// An attached key is not there any more. One that is plugged in is the udev monitor's business.
    pub(super) fn gone(&self, id: &str, place: &Place) {
        if let Place::Socket { .. } = place {
            self.change(|list| {
                let before = list.len();
                list.retain(|key| key.id != id);
                list.len() != before
            });
        }
    }

    fn at(&self, place: &Place) -> Option<Key> {
        self.list.borrow().iter().find(|key| key.place == *place).cloned()
    }

    /// Puts a key into the list, unless a second caller was faster.
    fn admit(&self, place: Place) -> Result<Key, CallError> {
        if let Some(known) = self.at(&place) {
            return Ok(known);
        }
        let attached = self.list.borrow().iter().filter(|key| matches!(key.place, Place::Socket { .. })).count();
        if attached >= MOST {
            return Err(CallError::new(ErrorKind::TooManyRequests, format!("{MOST} keys are attached already")));
        }
        let name = place.path().file_name().unwrap_or_default().to_string_lossy();
        let product = format!("software key {}", printable(&name));
        let key = Key { id: new_id(), product, place, problem: None, turn: Arc::default() };
        self.change(|list| {
            list.push(key.clone());
            true
        });
        tracing::info!(id = key.id, "a key is attached");
        Ok(key)
    }

    pub(super) fn watch_over(self: &Arc<Self>, key: Key, listener: OwnedFd) {
        let keys = Arc::downgrade(self);
        tokio::spawn(async move {
            let ended = match system::watched(listener) {
                Ok(listener) => listener.readable().await.map(drop),
                Err(error) => Err(error),
            };
            match (ended, keys.upgrade()) {
                (Ok(()), Some(keys)) => keys.gone(&key.id, &key.place),
                (Err(error), _) => tracing::warn!(%error, "an attached key will not be missed before it is used"),
                (Ok(()), None) => {}
            }
        });
    }
}

/// The socket's own path, if it is one of this user.
fn own_socket(path: &Path) -> Result<PathBuf, CallError> {
    let refused = |why: &str| {
        let path = path.to_string_lossy();
        CallError::new(ErrorKind::InvalidInput, format!("{} {why}", printable(&path)))
    };
    if !path.is_absolute() {
        return Err(refused("is no absolute path"));
    }
    let path = path.canonicalize().map_err(|_| refused("does not exist"))?;
    let metadata = path.metadata().map_err(|_| refused("cannot be seen"))?;
    match () {
        () if !metadata.file_type().is_socket() => Err(refused("is no socket")),
        () if metadata.uid() != rustix::process::geteuid().as_raw() => Err(refused("belongs to another user")),
        () => Ok(path),
    }
}

/// The process that listens on a socket, as a pidfd.
fn listener(path: &Path) -> io::Result<OwnedFd> {
    let socket = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
    connect(&socket, &SocketAddrUnix::new(path)?)?;
    let peer = socket_peercred(socket.as_fd())?;
    Ok(pidfd_open(peer.pid, PidfdFlags::NONBLOCK)?)
}
