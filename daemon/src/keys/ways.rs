//! The ways to keys: how they are found and opened. The wall that tests replace.

use std::path::Path;

use fob_ambient::{Clock, Millis};
use fob_bus::credentials::Peer;
use fob_bus::{CallError, ErrorKind};
use fob_client::discover::{self, Node};
use fob_client::hid::{self, Hidraw};
use fob_client::socket::{ConnectError, SocketLink};
use fob_client::{Link, Watch};
use rustix::process::Pid;

use super::Place;
use crate::errors;

/// Finds and opens keys. Both block.
pub(crate) trait Ways: Send + Sync {
    /// The keys that are plugged in now.
    ///
    /// # Errors
    /// When nobody can tell.
    fn find(&self) -> Result<Vec<Node>, CallError>;

    /// Opens one, and waits for it as long as the watch allows while another program has it.
    ///
    /// # Errors
    /// Why it cannot be opened; [`ErrorKind::KeyRemoved`] if it is not there any more.
    fn open(&self, place: &Place, clock: &dyn Clock, watch: &mut Watch<'_>) -> Result<Box<dyn Link>, CallError>;
}

/// hidraw nodes and unix sockets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RealWays;

impl Ways for RealWays {
    fn find(&self) -> Result<Vec<Node>, CallError> {
        let found = discover::find(&discover::Hidapi, &discover::Sysfs::default());
        found.map_err(|error| CallError::from_error(ErrorKind::Failed, &error))
    }

    fn open(&self, place: &Place, clock: &dyn Clock, watch: &mut Watch<'_>) -> Result<Box<dyn Link>, CallError> {
        match place {
            Place::Hid { node, identity } => {
                let link = hid::open_patiently(&Hidraw::of(identity), node, clock, &mut sleep, watch);
                Ok(Box::new(link.map_err(|error| errors::open(&error))?))
            }
            Place::Socket { path, listener } => {
                let (link, now) = reach(path, clock, watch)?;
                if now != *listener {
                    let words = "the attached key was removed: another process listens on its socket";
                    return Err(CallError::new(ErrorKind::KeyRemoved, words));
                }
                Ok(Box::new(link))
            }
        }
    }
}

/// A connection to a key's socket, and the process that listens there.
///
/// # Errors
/// [`ErrorKind::KeyRemoved`] when nobody listens, [`ErrorKind::KeySilent`] when somebody does and takes no connection
/// or cannot be seen, [`ErrorKind::Cancelled`].
pub(super) fn reach(path: &Path, clock: &dyn Clock, watch: &Watch<'_>) -> Result<(SocketLink, Pid), CallError> {
    let link = SocketLink::connect(path, clock, &mut sleep, watch).map_err(|error| match error {
        ConnectError::Failed(error) => CallError::from_error(ErrorKind::KeyRemoved, &Unattached(error)),
        ConnectError::Full => CallError::from_error(ErrorKind::KeySilent, &error),
        ConnectError::Cancelled => CallError::from_error(ErrorKind::Cancelled, &error),
    })?;
    let peer = Peer::of(link.socket()).map_err(|error| CallError::from_error(ErrorKind::KeySilent, &Unseen(error)))?;
    Ok((link, peer.pid))
}

fn sleep(length: Millis) {
    std::thread::sleep(length.duration());
}

/// Nobody listens on an attached key's socket any more.
#[derive(Debug, thiserror::Error)]
#[error("the attached key was removed: nobody listens on its socket")]
struct Unattached(#[source] std::io::Error);

/// Nobody knows when this key goes, or whether it is still the same.
#[derive(Debug, thiserror::Error)]
#[error("the process that listens on the key's socket cannot be seen")]
struct Unseen(#[source] std::io::Error);
