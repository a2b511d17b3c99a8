//! The interfaces as they are written down (`crates/bus/interfaces/`), as fobd says they are, and as the proxies call them;
//! and every example of docs/dbus/, run as it stands.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

#[path = "bus/interfaces.rs"]
mod interfaces;
#[path = "bus/page.rs"]
mod page;
#[path = "bus/python.rs"]
mod python;
