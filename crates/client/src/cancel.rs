//! How another thread ends a transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shared by who waits and who may end the waiting. Cancelled once, it stays cancelled: a new request takes a new one.
#[derive(Debug, Clone, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// Not cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the transaction; it notices within [`LONGEST_WAIT`](crate::LONGEST_WAIT).
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether somebody has.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
