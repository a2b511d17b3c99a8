//! fob-loopback: HTTP/1.1 on the loopback, for programs that were paired with fobd.
//!
//! It holds no secrets and decides nothing about accounts and keys: what a request must look like is here (`rules`), how much
//! of it there may be (`limits`), and who the kernel says is at the other end (`kernel`). The token goes to fobd
//! through a pipe, and from then on fobd's policy decides. The contract is docs/loopback.openapi.json, the way of a
//! pairing docs/loopback.md.
//!
//! What is not here: what a token may do (the daemon), HTTP itself (hyper).

mod answer;
mod api;
mod arguments;
#[cfg(test)]
mod contract;
mod doors;
mod fobd;
mod gate;
mod kernel;
mod limits;
mod pairings;
mod passed;
mod problem;
mod rules;
mod serve;

pub use arguments::{Request, USAGE, UsageError};
pub use doors::{DoorError, own, passed};
pub use fobd::{Fobd, OwnSocket};
pub use serve::Listener;
