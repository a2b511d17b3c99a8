//! CTAP 2.3 (Proposed Standard, 2026-02-26): bytes in, bytes out.
//!
//! Both ends use it, a platform that talks to keys and an authenticator that is one. [`command`] joins a request with
//! its reply; each message has a module of its own. [`pin`] is both sides of the PIN/UV auth protocols, [`hid`] both
//! ends of CTAPHID. There is no I/O here, no clock, no state of an authenticator, and no input makes it panic.
//!
//! Sections in comments are those of the standard. Left out: the NFC and Bluetooth bindings (§11.3, §11.4), which fob
//! does not speak, and hybrid transports (§11.5).

pub mod attestation;
pub mod auth_data;
pub mod bio_enrollment;
pub mod client_pin;
pub mod command;
pub mod config;
pub mod cose;
pub mod credential_management;
pub mod entity;
pub mod extension;
pub mod get_assertion;
pub mod get_info;
pub mod hid;
pub mod large_blobs;
pub mod make_credential;
pub mod member;
pub mod persistent;
pub mod pin;
pub mod reset;
pub mod secret;
pub mod selection;
pub mod status;
pub mod subcommand;
pub mod u2f;

mod hash;

pub use command::{Command, Message, ReplyError, Request};
pub use fob_cbor::{Map, Strictness, Value};
pub use hash::sha256;
pub use member::Malformed;
pub use status::Status;
