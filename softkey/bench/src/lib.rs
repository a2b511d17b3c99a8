//! The bench around the software key, and the program fob-softkey.
//!
//! [`Key`] joins the authenticator with CTAPHID and stays free of sockets and clocks. `slot` puts the wire's faults and
//! the person's script around it, `hub` joins all keys and understands the control channel's words, [`run`] turns all of
//! it in one loop that sleeps until something happens. Between them: `stages` and `profile` change what a key answers,
//! `fault` breaks what a test wants broken, `log` and [`replay()`] write down what crossed the wire and play it again.

mod chance;
mod control;
mod face;
mod fault;
mod hub;
mod key;
mod log;
mod options;
mod person;
mod printable;
mod profile;
mod program;
mod replay;
mod setup;
mod slot;
mod stages;
mod state;
mod terminal;
mod time;

pub use key::{Key, Output};
pub use options::{Command, Extra, KeyOptions, Options, TouchPolicy};
pub use program::{hint, run};
pub use replay::{ReplayError, Replayed, replay};
