//! A key behind a hidraw node.
//!
//! [`Opener`] is the wall that tests replace; [`Hidraw`] is the real one. While a link lives it holds the advisory
//! lock of the node, as libfido2 does, so that two programs that keep to it never mix their transactions.

mod device;
mod link;
mod node;

use std::io;
use std::path::Path;

use fob_ambient::{Clock, Millis};

use crate::{KeyState, Watch};

pub use device::Hidraw;
pub(crate) use device::with_hidapi;
pub use link::{Device, HidLink, INPUT, OUTPUT};

#[cfg(test)]
mod tests;

/// First pause before a node in use is tried again, in milliseconds; each one after it is twice as long.
const FIRST_PAUSE: Millis = Millis(50);
/// Longest such pause, in milliseconds.
const LONGEST_PAUSE: Millis = Millis(400);

/// Opens nodes.
pub trait Opener: Send + Sync {
    /// Opens the node and takes its lock, both until the device is dropped. Does not wait for either.
    ///
    /// # Errors
    /// Why not, by cause.
    fn open(&self, path: &Path) -> Result<Box<dyn Device>, OpenError>;
}

/// Why a node cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No permission, or not yet: right after a key was plugged in the access list is still to come.
    #[error("no permission to use the key")]
    Denied,
    /// There is no such node, or no key behind it any more.
    #[error("the key was removed")]
    Gone,
    /// Another program holds the node's lock.
    #[error("the key is in use by another program")]
    InUse,
    /// The caller's [`CancelToken`](crate::CancelToken) ended the waiting for the lock.
    #[error("the request was cancelled")]
    Cancelled,
    /// The system refused for another reason.
    #[error("the key cannot be opened")]
    Failed(#[source] io::Error),
}

/// Opens a node; one try.
///
/// # Errors
/// Why not, by cause.
pub fn open(opener: &dyn Opener, path: &Path) -> Result<HidLink, OpenError> {
    opener.open(path).map(HidLink::new)
}

/// Opens a node; while another program has it, says so ([`KeyState::InUse`]) and tries again until the watch's
/// deadline. `pause` lets that much time pass, for which `std::thread::sleep` will do.
///
/// # Errors
/// [`OpenError::InUse`] at the deadline, [`OpenError::Cancelled`], everything else at once.
pub fn open_patiently(
    opener: &dyn Opener,
    path: &Path,
    clock: &dyn Clock,
    pause: &mut dyn FnMut(Millis),
    watch: &mut Watch<'_>,
) -> Result<HidLink, OpenError> {
    let mut length = FIRST_PAUSE;
    loop {
        if watch.cancel.is_cancelled() {
            return Err(OpenError::Cancelled);
        }
        match open(opener, path) {
            Err(OpenError::InUse) if clock.monotonic() < watch.deadline => {}
            other => return other,
        }
        (watch.states)(KeyState::InUse);
        pause(length.min(watch.deadline.since(clock.monotonic())));
        length = length.plus(length).min(LONGEST_PAUSE);
    }
}
