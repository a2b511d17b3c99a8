//! The daemon's contract: what fobd serves on its own socket and on the session bus, and what both ends need for it.
//!
//! [`names`] has the names and paths, [`types`] the dictionaries that travel, [`error`] the errors and their names on
//! the bus, [`proxy`] the caller's side of each interface. Secrets never stand in a message: they go through a pipe
//! whose end is passed ([`pipe`]). [`connect`] finds the daemon's socket and makes sure that it is fobd who listens
//! there ([`peer`]). Each end looks at the other through [`credentials`] (which process) and [`program`] (what it runs).
//! What the daemon does behind these interfaces is in `daemon/`.

pub mod connect;
pub mod credentials;
pub mod error;
pub mod names;
pub mod peer;
pub mod pipe;
pub mod program;
pub mod proxy;
pub mod types;

pub use error::{CallError, Details, ErrorKind};
