//! Signals that end this process, as something to wait on: a terminal is left as it was found.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::low_level::pipe;

/// Becomes readable when this process is to end.
#[derive(Debug)]
pub(crate) struct Signals(UnixStream);

impl Signals {
    /// From now on.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn caught() -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGQUIT] {
            pipe::register(signal, theirs.try_clone()?)?;
        }
        Ok(Self(ours))
    }

    /// What to wait on.
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
