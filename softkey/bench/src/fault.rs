//! What can be made to go wrong, each at its own seam: the wire between key and face, the answers between authenticator
//! and framing, the store and its disk below. All of it is decided here without a socket or a clock.

mod countdown;
mod disk;
mod response;
mod sloppy;
mod store;
mod wire;

pub(crate) use countdown::Countdown;
pub(crate) use disk::FaultyDisk;
pub(crate) use response::ResponseFaults;
pub(crate) use store::{Crash, FaultyStore, StoreFaults};
pub(crate) use wire::{WireFaults, WireStep};

/// Most faults that can be set at once at one seam.
pub(crate) const MOST_FAULTS: usize = 256;
