//! fob-softkey from outside: the program as a process, its wires, and the key behind them with time in hand.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "what does not fit ends its test")]

mod faces;
mod key;
mod process;
mod wire;
