//! The bench around the software key, and the program fob-softkey.
//!
//! [`Key`] joins the authenticator with CTAPHID and stays free of sockets and clocks; a face carries its reports, a
//! touch policy stands in for the person, and [`run`] turns all of it in one loop that sleeps until something happens.

mod face;
mod key;
mod options;
mod printable;
mod program;
mod touch;

pub use key::{Key, Output};
pub use options::{Options, TouchPolicy};
pub use program::{hint, run};
