//! A key in this very process: the software key under a bench, or a test's script.

use std::collections::VecDeque;

use fob_ambient::Millis;

use crate::{LONGEST_WAIT, Link, LinkError, Report};

/// The other end: a key that is called instead of waited for.
pub trait Peer: Send {
    /// A report from the platform, and what the key sends at once.
    ///
    /// # Errors
    /// [`LinkError::Closed`] from the moment on at which the key is "pulled out".
    fn on_report(&mut self, report: &Report) -> Result<Vec<Report>, LinkError>;

    /// The platform waits: up to `wait` passes (on a fake clock, the peer moves it), and what the key sends meanwhile.
    ///
    /// # Errors
    /// As in [`Peer::on_report`].
    fn on_wait(&mut self, wait: Millis) -> Result<Vec<Report>, LinkError>;
}

/// A link to a [`Peer`].
#[derive(Debug)]
pub struct InProcess<P> {
    peer: P,
    sent: VecDeque<Report>,
}

impl<P: Peer> InProcess<P> {
    /// Nothing has been sent yet.
    #[must_use]
    pub const fn new(peer: P) -> Self {
        Self { peer, sent: VecDeque::new() }
    }
}

impl<P: Peer> Link for InProcess<P> {
    fn send(&mut self, report: &Report) -> Result<(), LinkError> {
        self.sent.extend(self.peer.on_report(report)?);
        Ok(())
    }

    fn receive(&mut self, wait: Millis) -> Result<Option<Report>, LinkError> {
        if self.sent.is_empty() {
            self.sent.extend(self.peer.on_wait(wait.min(LONGEST_WAIT))?);
        }
        Ok(self.sent.pop_front())
    }
}
