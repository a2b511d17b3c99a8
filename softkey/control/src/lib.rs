//! The control channel of fob-softkey (`--control PATH`): what goes over it, and a client for tests.
//!
//! One JSON object a line, in both directions. A request has an `id` and an `op`, a reply has the same `id` and `ok` or
//! `error`, an event has `event` and no `id`. `docs/softkey.md` describes all of it for other languages. Whatever is
//! not in [`Op`] is refused, unknown members included: a script with a slip of the pen must not seem to work.
//!
//! ```no_run
//! # use std::{path::Path, time::Duration};
//! # use fob_softkey_control::{Client, ControlError, Event, Op, Touch, Watch};
//! # fn main() -> Result<(), ControlError> {
//! let mut control = Client::connect(Path::new("/tmp/key.ctl"))?;
//! control.presence(None, &[Touch::Hold {}])?;
//! control.watch(&[Watch::Touch])?;
//! // … the program under test begins to sign in, on another thread …
//! let wanted = control.event(Duration::from_secs(10))?;
//! assert!(matches!(wanted, Some(Event::TouchWanted { .. })));
//! control.call(None, Op::Touch {})?;
//! # Ok(())
//! # }
//! ```
//!
//! The bench reads these types, [`Client`] writes them; neither knows the other.

mod client;
mod credential;
mod event;
mod fault;
mod message;
mod op;

pub use client::{Client, ControlError};
pub use credential::{Credential, KeyStatus};
pub use event::Event;
pub use fault::{CrashPoint, Direction, Flag, ResponseFault, Sloppiness, StoreFault, WireFault};
pub use message::{ErrorName, Failure, Incoming, Reply, Request};
pub use op::{ClockMode, Finger, Op, RaceWinner, Touch, Watch};

/// Version of the protocol, as `hello` tells it. Goes up when a client of the old one would be misled.
pub const PROTOCOL: u64 = 1;

/// Longest request in bytes, without the end of the line.
pub const LONGEST_REQUEST: usize = 64 << 10;
