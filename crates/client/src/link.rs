//! The wall between sessions and transports: one report out, one report in.

use std::io;

use fob_ambient::Millis;

pub use fob_ctap::hid::Report;

/// Longest that a link waits at once, in milliseconds: so soon a cancel is noticed.
pub const LONGEST_WAIT: Millis = Millis(100);

/// A way to one key, for reports of 64 bytes in both directions.
///
/// The law: reports arrive whole and in order, or not at all. `receive` returns after `wait` or [`LONGEST_WAIT`],
/// whichever is shorter, with `None` if nothing came; it may return `None` earlier. `send` waits no longer than a
/// second. After [`LinkError::Closed`] every call says so again.
pub trait Link: Send {
    /// Sends a report.
    ///
    /// # Errors
    /// [`LinkError::Closed`] if the key is gone, else what the system said.
    fn send(&mut self, report: &Report) -> Result<(), LinkError>;

    /// The next report, if one comes in time.
    ///
    /// # Errors
    /// [`LinkError::Closed`] if the key is gone, else what the system said.
    fn receive(&mut self, wait: Millis) -> Result<Option<Report>, LinkError>;
}

/// Why a link carries nothing.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The key was pulled out, or its program has ended.
    #[error("the key is gone")]
    Closed,
    /// The system refused.
    #[error("the key cannot be reached")]
    Io(#[source] io::Error),
}
