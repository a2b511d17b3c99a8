//! fob-softkey from outside: the program as a process, its wires, and the key behind them with time in hand.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "what does not fit ends its test")]

mod broken_disk;
mod control;
mod credentials;
mod extras;
mod faces;
mod faults;
mod key;
mod place;
mod process;
mod profiles;
mod replay;
mod responses;
mod scripts;
mod several;
mod state_key;
mod wire;
