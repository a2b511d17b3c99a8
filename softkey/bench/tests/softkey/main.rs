//! fob-softkey from outside: the program as a process, its wires, and the key behind them with time in hand.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "what does not fit ends its test")]

mod control;
mod credentials;
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
