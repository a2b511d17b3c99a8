//! The limits with a clock, shared by all connections; what is taken is given back when it is dropped.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fob_ambient::Clock;
use tokio::sync::watch;

use crate::limits::{Limits, Purse, TooMuch};

/// Who lets in.
pub(crate) struct Gate {
    limits: Mutex<Limits>,
    clock: Box<dyn Clock + Send + Sync>,
    connections: watch::Sender<usize>,
}

/// A connection's place.
pub(crate) struct Seat {
    gate: Arc<Gate>,
    /// Whose it is.
    pub(crate) uid: u32,
}

/// A request's place at fobd.
pub(crate) struct Flight {
    gate: Arc<Gate>,
    uid: u32,
}

impl Gate {
    /// One with this clock.
    pub(crate) fn new(clock: impl Clock + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { limits: Mutex::default(), clock: Box::new(clock), connections: watch::Sender::new(0) })
    }

    fn limits(&self) -> MutexGuard<'_, Limits> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a connection in.
    ///
    /// # Errors
    /// [`TooMuch`].
    pub(crate) fn connect(self: &Arc<Self>, uid: u32) -> Result<Seat, TooMuch> {
        let mut limits = self.limits();
        limits.connect(uid, self.clock.monotonic())?;
        self.connections.send_replace(limits.connections());
        Ok(Seat { gate: self.clone(), uid })
    }

    /// Lets a request in.
    ///
    /// # Errors
    /// [`TooMuch`].
    pub(crate) fn request(&self, uid: u32, purse: Purse) -> Result<(), TooMuch> {
        self.limits().request(uid, purse, self.clock.monotonic())
    }

    /// Notes a wrong token.
    pub(crate) fn wrong(&self, uid: u32, purse: Purse) {
        self.limits().wrong(uid, purse, self.clock.monotonic());
    }

    /// Lets a request through to fobd.
    ///
    /// # Errors
    /// [`TooMuch`].
    pub(crate) fn take_off(self: &Arc<Self>, uid: u32) -> Result<Flight, TooMuch> {
        self.limits().take_off(uid)?;
        Ok(Flight { gate: self.clone(), uid })
    }

    /// Waits until nobody is connected.
    pub(crate) async fn emptied(&self) {
        let mut connections = self.connections.subscribe();
        // This gate has the sender, so the channel cannot close.
        let _ = connections.wait_for(|count| *count == 0).await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut limits = self.gate.limits();
        limits.disconnect(self.uid);
        self.gate.connections.send_replace(limits.connections());
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.gate.limits().land(self.uid);
    }
}
