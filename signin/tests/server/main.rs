//! The server in process: requests go into the router as from the wire, with a clock that stands still.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed, helpers included")]

mod authenticator;
mod backup_codes;
mod client;
mod fob;
mod guards;
mod keys;
mod pages;
mod passkeys;
mod passwords;
mod program;
mod sessions;
mod totp;
