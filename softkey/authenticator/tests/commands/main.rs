//! The key seen by a platform: every command, its statuses in the order of the standard's steps, what survives.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "what does not fit ends its test")]

mod client_pin;
mod cuts;
mod get_assertion;
mod get_info;
mod hostile;
mod make_credential;
mod platform;
mod repeats;
mod reset;
mod tokens;
