//! fobd, the daemon: the only opener of keys and of the vault.
//!
//! [`run()`] opens the doors (`doors`): fobd's own socket and the session bus. Every call is looked at by `guest` (who is
//! it: `caller`; may it: `policy`) and then served by the object it goes to: `manager`, `upkeep`, `otp`, `key`, `webauthn`,
//! `request`. Behind them stand the `vault`'s one owner and the `keys` that are there; a sign-in is a `ceremony`, and so
//! is what a key does for the vault (`slots`).
//! Everything that waits is a task on one thread; everything that blocks (Argon2, the disk, pipes, a key's transaction)
//! has a thread for its length. Between events nothing runs: no timer but one that locks an unused vault. What else locks
//! it (suspend, a locked session …) is in `locks`, and which of that is on in `config`.
//!
//! What is not here: what travels on the bus (`fob_bus`), the vault's format (`fob_vault`), what is said to a key
//! (`fob_client`), WebAuthn's rules (`fob_webauthn`).

mod arguments;
mod caller;
mod ceremony;
mod config;
mod daemon;
mod diary;
mod doors;
mod errors;
mod guest;
mod idle;
mod key;
mod keys;
mod locks;
mod loopback;
mod manager;
mod otp;
mod policy;
mod prompt;
mod request;
mod run;
mod secret;
mod shield;
mod slots;
mod system;
mod thread;
mod upkeep;
mod vault;
mod webauthn;

#[cfg(test)]
mod tests;

pub use arguments::{Options, Request, USAGE, UsageError};
pub use config::ConfigError;
pub use daemon::BuildError;
pub use doors::hold_socket;
pub use locks::IdleLock;
pub use run::{RunError, checked_config, run};
