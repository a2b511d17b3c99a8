//! The security keys that are there: plugged in, or attached by socket.
//!
//! A key keeps its id for as long as it stays. Nobody keeps a key open: a transaction opens it, works on a thread of
//! its own and closes it, one at a time on each key. Nothing polls: plugged keys come and go with the udev monitor
//! (`monitor`), an attached one goes when the process that listens on its socket ends.

mod attached;
mod monitor;
mod plugged;
mod stage;
mod ways;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fob_ambient::{Clock, Millis, SystemRng};
use fob_bus::{CallError, ErrorKind};
use fob_client::discover::Identity;
use fob_client::{CancelToken, Limits, Link, Session, Surroundings, Watch};
use rustix::process::Pid;
use tokio::sync::{Mutex, watch};

use crate::errors;
use crate::thread::blocking;

pub(crate) use monitor::Monitor;
pub(crate) use stage::Stage;
pub(crate) use ways::{RealWays, Ways};

/// How long a transaction that asks nobody for anything may take, waiting for the key included.
pub(crate) const QUICK: Millis = Millis(10_000);

/// A key that is there.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    /// Eight hexadecimal digits.
    pub(crate) id: String,
    /// What it calls itself, fit to be shown.
    pub(crate) product: String,
    /// Where it is.
    pub(crate) place: Place,
    /// Why it cannot be opened.
    pub(crate) problem: Option<String>,
    /// One transaction at a time.
    turn: Arc<Mutex<()>>,
}

#[cfg(test)]
impl Key {
    /// A key that nobody has to reach.
    pub(crate) fn for_test(id: &str, place: Place) -> Self {
        Self { id: id.into(), product: "softkey".into(), place, problem: None, turn: Arc::default() }
    }
}

/// Where a key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// Behind a hidraw node.
    Hid {
        /// The node. Its name may be another key's by now; the identity says whose it was.
        node: PathBuf,
        /// What stays the same while it is plugged in.
        identity: Identity,
    },
    /// Behind a unix socket.
    Socket {
        /// Its path, links followed.
        path: PathBuf,
        /// The process that listened when it was attached. Another one there is not this key.
        listener: Pid,
    },
}

impl Place {
    /// The word for it on the bus.
    pub(crate) const fn transport(&self) -> &'static str {
        match self {
            Self::Hid { .. } => "hid",
            Self::Socket { .. } => "socket",
        }
    }

    /// The node or the socket.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Hid { node, .. } => node,
            Self::Socket { path, .. } => path,
        }
    }
}

/// All keys.
pub(crate) struct Keys {
    ways: Arc<dyn Ways>,
    clock: Arc<dyn Clock + Send + Sync>,
    list: watch::Sender<Vec<Key>>,
}

impl Keys {
    /// No key yet; [`Keys::look`] finds those that are plugged in.
    pub(crate) fn new(ways: Arc<dyn Ways>, clock: Arc<dyn Clock + Send + Sync>) -> Arc<Self> {
        Arc::new(Self { ways, clock, list: watch::Sender::new(Vec::new()) })
    }

    /// The keys that are there.
    pub(crate) fn list(&self) -> Vec<Key> {
        self.list.borrow().clone()
    }

    /// Tells of every key that comes or goes.
    pub(crate) fn changes(&self) -> watch::Receiver<Vec<Key>> {
        self.list.subscribe()
    }

    /// The key with this id.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownKey`].
    pub(crate) fn key(&self, id: &str) -> Result<Key, CallError> {
        let known = self.list.borrow().iter().find(|key| key.id == id).cloned();
        known.ok_or_else(|| {
            CallError::new(ErrorKind::UnknownKey, format!("no key here has the id {}", fob_otp::printable(id)))
        })
    }

    /// Waits until there is no key with this id, which may be so already.
    pub(crate) fn until_gone(&self, id: String) -> impl Future<Output = ()> + Send + use<> {
        let mut list = self.list.subscribe();
        async move {
            // Without a list there are no keys either.
            let _ = list.wait_for(|keys| keys.iter().all(|key| key.id != id)).await;
        }
    }

    /// A session with a key, for the length of `work`, on a thread of its own.
    ///
    /// # Errors
    /// Why the key cannot be opened, and those of `work`.
    pub(crate) async fn transact<T, E, F>(
        self: &Arc<Self>,
        key: &Key,
        cancel: CancelToken,
        deadline: Millis,
        work: F,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<CallError> + Send + 'static,
        F: FnOnce(&mut Session) -> Result<T, E> + Send + 'static,
    {
        let patience = deadline.since(self.clock.monotonic()).duration();
        let turn = tokio::time::timeout(patience, key.turn.clone().lock_owned()).await;
        let turn = turn.map_err(|_| CallError::new(ErrorKind::Busy, "the key is busy with another request of fob"))?;
        let (keys, place, id) = (self.clone(), key.place.clone(), key.id.clone());
        let done = blocking(move || {
            let _turn = turn;
            let opened = keys.session(&place, &cancel, deadline);
            if opened.as_ref().is_err_and(|error| error.kind == ErrorKind::KeyRemoved) {
                keys.gone(&id, &place);
            }
            Ok(opened.map_err(E::from).and_then(|mut session| work(&mut session)))
        })
        .await;
        done.map_err(E::from)?
    }

    fn session(&self, place: &Place, cancel: &CancelToken, deadline: Millis) -> Result<Session, CallError> {
        let link = self.ways.open(place, &*self.clock, &mut Watch::new(deadline, cancel, &mut |_| {}))?;
        self.session_over(link, cancel)
    }

    fn session_over(&self, link: Box<dyn Link>, cancel: &CancelToken) -> Result<Session, CallError> {
        let surroundings = Surroundings { clock: self.clock.clone(), rng: Box::new(SystemRng::new()) };
        Session::open(link, surroundings, Limits::default(), cancel).map_err(|error| errors::key(&error))
    }

    /// The moment so long from now.
    pub(crate) fn deadline_in(&self, length: Millis) -> Millis {
        self.clock.monotonic().plus(length)
    }

    /// Changes the list, and tells of it only if there was something to change.
    fn change(&self, change: impl FnOnce(&mut Vec<Key>) -> bool) {
        self.list.send_if_modified(change);
    }
}

fn new_id() -> String {
    format!("{:08x}", u32::from_be_bytes(fob_ambient::Rng::bytes(&mut SystemRng::new())))
}
