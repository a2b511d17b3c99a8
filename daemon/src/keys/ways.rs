//! The ways to keys: how they are found and opened. The wall that tests replace.

use fob_ambient::Clock;
use fob_bus::{CallError, ErrorKind};
use fob_client::discover::{self, Node};
use fob_client::hid::{self, Hidraw};
use fob_client::socket::SocketLink;
use fob_client::{Link, Watch};

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
            Place::Hid { node, .. } => {
                let mut pause = |length: fob_ambient::Millis| std::thread::sleep(length.duration());
                let link = hid::open_patiently(&Hidraw, node, clock, &mut pause, watch);
                Ok(Box::new(link.map_err(|error| errors::open(&error))?))
            }
            Place::Socket { path } => {
                let link = SocketLink::connect(path);
                Ok(Box::new(link.map_err(|error| CallError::from_error(ErrorKind::KeyRemoved, &Unattached(error)))?))
            }
        }
    }
}

/// Nobody listens on an attached key's socket any more.
#[derive(Debug, thiserror::Error)]
#[error("the attached key was removed: nobody listens on its socket")]
struct Unattached(#[source] std::io::Error);
