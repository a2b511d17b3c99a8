//! What locks the vault, by a real fobd on a private bus: logind, the screen saver and the window manager there are
//! python-dbusmock's, with the names, paths and signatures that others wrote down.
//!
//! Each test runs itself again as the program `fob` beside a copy of fobd (`household`), for only that may open a vault.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a stage that cannot be built ends its test")]

mod household;
mod logind;
mod real_logind;
mod refusals;
mod screen;
mod stage;
