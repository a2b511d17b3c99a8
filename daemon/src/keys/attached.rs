//! Keys that somebody attaches by the path of their socket: software keys.
//!
//! No connection is kept. Whether such a key is still there shows in the process that listens on its socket: when that
//! ends, a pidfd becomes readable, and the key is unplugged.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use fob_bus::{CallError, ErrorKind};
use fob_client::{CancelToken, Watch};
use fob_otp::printable;
use rustix::process::{PidfdFlags, pidfd_open};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{Key, Keys, Place, new_id, ways};
use crate::system;
use crate::thread::blocking;

/// Most attached keys.
const MOST: usize = 16;
/// How long the file system of a socket may take to say what is there.
const PATIENCE: Duration = Duration::from_secs(2);
/// Most looks at sockets at once. One on a file system that never answers (FUSE) keeps its thread for good; the rest of the
/// threads is for other work.
const AT_ONCE: usize = 4;

static LOOKS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(AT_ONCE)));

impl Keys {
    /// Attaches the key that listens on the socket at `path`: it has to answer INIT and getInfo. Attached already, it
    /// keeps its id.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for a path that is relative, no socket, or another user's;
    /// [`ErrorKind::KeyRemoved`] if nobody listens there, [`ErrorKind::KeySilent`] if it is no key.
    pub(crate) async fn attach(self: &Arc<Self>, path: &Path) -> Result<Key, CallError> {
        if !path.is_absolute() {
            return Err(refused(path, "is no absolute path"));
        }
        let path = in_time(&LOOKS, path.to_owned(), own_socket).await?;
        if let Some(known) = self.attached_at(&path) {
            return Ok(known);
        }
        let keys = self.clone();
        let (place, listener) = blocking(move || keys.greet(path)).await?;
        if let Some(known) = self.attached_at(place.path()) {
            return Ok(known);
        }
        let key = self.admit(place)?;
        drop(self.watch_over(key.clone(), listener));
        Ok(key)
    }

    /// Makes sure that a key is there. Blocks. Its process is held by a pidfd before the key says its first word, so
    /// that the end of this very process is the end of the key.
    fn greet(&self, path: PathBuf) -> Result<(Place, OwnedFd), CallError> {
        let (cancel, deadline) = (CancelToken::new(), self.deadline_in(super::QUICK));
        let mut ignore = |_| {};
        let (link, listener) = ways::reach(&path, &*self.clock, &Watch::new(deadline, &cancel, &mut ignore))?;
        let unseen = |error: rustix::io::Errno| CallError::from_error(ErrorKind::KeyRemoved, &Ended(error.into()));
        let process = pidfd_open(listener, PidfdFlags::NONBLOCK).map_err(unseen)?;
        self.session_over(Box::new(link), &cancel)?;
        Ok((Place::Socket { path, listener }, process))
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

    fn attached_at(&self, path: &Path) -> Option<Key> {
        let is_there = |key: &&Key| matches!(&key.place, Place::Socket { path: there, .. } if there == path);
        self.list.borrow().iter().find(is_there).cloned()
    }

    /// Puts a key into the list.
    fn admit(&self, place: Place) -> Result<Key, CallError> {
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

    /// Lets a key go when the process that listens on its socket ends. Holds that process no longer than the key is
    /// there.
    pub(super) fn watch_over(self: &Arc<Self>, key: Key, listener: OwnedFd) -> JoinHandle<()> {
        let (keys, detached) = (Arc::downgrade(self), self.until_gone(key.id.clone()));
        tokio::spawn(async move {
            let ended = async {
                let listener = system::watched(listener)?;
                listener.readable().await.map(drop)
            };
            let ended = tokio::select! {
                ended = ended => ended,
                () = detached => return,
            };
            match (ended, keys.upgrade()) {
                (Ok(()), Some(keys)) => keys.gone(&key.id, &key.place),
                (Err(error), _) => tracing::warn!(%error, "an attached key will not be missed before it is used"),
                (Ok(()), None) => {}
            }
        })
    }
}

/// The socket's own path, if it is one of this user.
fn own_socket(path: &Path) -> Result<PathBuf, CallError> {
    let real = path.canonicalize().map_err(|_| refused(path, "does not exist"))?;
    let metadata = real.metadata().map_err(|_| refused(path, "cannot be seen"))?;
    match () {
        () if !metadata.file_type().is_socket() => Err(refused(&real, "is no socket")),
        () if metadata.uid() != rustix::process::geteuid().as_raw() => Err(refused(&real, "belongs to another user")),
        () => Ok(real),
    }
}

fn refused(path: &Path, why: &str) -> CallError {
    let path = path.to_string_lossy();
    CallError::new(ErrorKind::InvalidInput, format!("{} {why}", printable(&path)))
}

/// What a look at a path finds, beside the thread that serves.
async fn in_time(
    looks: &Arc<Semaphore>,
    path: PathBuf,
    look: impl FnOnce(&Path) -> Result<PathBuf, CallError> + Send + 'static,
) -> Result<PathBuf, CallError> {
    let (seat, looked_at) = (looks.clone().acquire_owned(), path.clone());
    let looking = async {
        let seat = seat.await.expect("nobody closes it");
        blocking(move || {
            let found = look(&looked_at);
            drop(seat);
            found
        })
        .await
    };
    timeout(PATIENCE, looking).await.unwrap_or_else(|_| {
        let path = path.to_string_lossy();
        let words = format!("{} lies on a file system that does not answer", printable(&path));
        Err(CallError::new(ErrorKind::KeySilent, words))
    })
}

/// The process that listens on a key's socket ended before it was looked at.
#[derive(Debug, thiserror::Error)]
#[error("the process that listens on the key's socket is gone")]
struct Ended(#[source] io::Error);

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    /// A socket's path on a FUSE that did not answer stopped the thread that serves, and with it every lock.
    #[tokio::test]
    async fn a_path_that_never_answers_is_given_up_and_costs_one_thread() {
        let looks = Arc::new(Semaphore::new(1));
        let path = PathBuf::from("/run/key");
        assert_eq!(in_time(&looks, path.clone(), |path| Ok(path.to_owned())).await.unwrap(), path);
        let (end, never) = channel::<()>();
        tokio::time::pause();
        let hanging = in_time(&looks, path.clone(), move |path| {
            let _ = never.recv();
            Ok(path.to_owned())
        });
        // The clock stands still while a thread works: it is moved by hand.
        let clock = async {
            tokio::task::yield_now().await;
            tokio::time::advance(PATIENCE * 2).await;
            std::future::pending::<()>().await;
        };
        let given_up = tokio::select! {
            found = hanging => found.unwrap_err(),
            () = clock => unreachable!("the clock runs for ever"),
        };
        assert_eq!(given_up.kind, ErrorKind::KeySilent);
        assert_eq!(looks.available_permits(), 0, "its thread still hangs");
        tokio::time::resume();
        drop(end);
        assert_eq!(in_time(&looks, path.clone(), |path| Ok(path.to_owned())).await.unwrap(), path);
    }
}
