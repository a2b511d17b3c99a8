//! A software key with a person at it, for the targets that give it commands: what stands in it, what it can do, and a
//! store that looks over its shoulder.

mod mirror;
mod placeholder;
mod platform;
mod prepared;
mod proof;

pub(crate) use mirror::Mirror;
pub(crate) use placeholder::Known;
pub use platform::Done;
pub(crate) use platform::Platform;
pub(crate) use prepared::{Model, prepared};

/// Whose credentials there are, in the order of their numbers in inputs.
pub(crate) const RPS: [&str; 4] = ["site.example", "other.example", "login.example", "enterprise.example"];
