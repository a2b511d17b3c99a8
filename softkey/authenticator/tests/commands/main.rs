//! The key seen by a platform: every command, its statuses in the order of the standard's steps, what survives.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "what does not fit ends its test")]

mod algorithms;
mod client_pin;
mod config;
mod credential_management;
mod ctap20;
mod cuts;
mod disk;
mod durable;
mod extensions;
mod files;
mod fingers;
mod folders;
mod get_assertion;
mod get_info;
mod hostile;
mod large_blobs;
mod ledger;
mod make_credential;
mod platform;
mod repeats;
mod reset;
mod tokens;
mod u2f;
