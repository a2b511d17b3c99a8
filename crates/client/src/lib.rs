//! The platform's side of CTAP: sessions with a key over a transport.
//!
//! A [`Link`] carries reports of 64 bytes: [`hid`] to a hidraw node, [`socket`] to a software key, [`in_process`] to
//! whatever a test or bench puts there. A [`Session`] has a channel on it and does one command at a time; [`pin`] and
//! [`ceremony`] are the flows made of such commands. [`discover`] finds the nodes, [`plug`] reads the udev monitor's
//! events.
//!
//! Everything here blocks, on a thread that lives for one transaction and belongs to the caller. It never waits longer
//! than [`LONGEST_WAIT`] without looking at the [`CancelToken`] and at the clock, which is injected, as chance is. What
//! a message means is decided in `fob_ctap`; this is the shell that sends, waits and asks the person.
//!
//! Left out: CTAP1 (U2F).

mod cancel;
mod error;
mod link;
mod session;

pub mod ceremony;
pub mod discover;
pub mod hid;
pub mod in_process;
pub mod pin;
pub mod plug;
pub mod socket;

#[cfg(test)]
mod tests;

pub use cancel::CancelToken;
pub use error::KeyError;
pub use link::{LONGEST_WAIT, Link, LinkError, Report};
pub use session::{KeyState, Limits, Session, Surroundings, Watch};
