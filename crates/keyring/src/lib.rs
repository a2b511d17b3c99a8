//! The desktop's keyring as the keeper of a vault's secret: a client of the freedesktop Secret Service API 0.2, just
//! big enough for one kind of item of 32 bytes.
//!
//! What is here: finding, storing, reading and removing the item of one slot, the keyring's own question to the person
//! when it is locked, and word of when it locks again. What is not: slots and what they open (`fob_vault`), and
//! whether a vault may have such a slot at all, since whoever is logged in then opens it.
//!
//! Two rules stand above the rest. No secret crosses the bus in the clear, because `busctl monitor` reads every body:
//! the session's algorithm is `dh-ietf1024-sha256-aes128-cbc-pkcs7`, and a service that offers none is refused. And
//! nothing that comes back is believed: any program can own the bus name while no keyring runs, so answers are
//! bounded in size, number and time, an item's attributes are compared with what was asked for, and every call goes to
//! the one connection that owned the name in the beginning.
//!
//! Why not a crate for it: `oo7` 0.7 and `secret-service` 5.2 stand on zbus 5, of which the house would then carry two
//! major versions. Both take powers in the key agreement with big integers whose time depends on the exponent, accept
//! any public key, and wait for a prompt as long as it takes; `oo7` would also bring the portal and a file store of
//! its own.

mod cipher;
mod error;
mod group;
mod keyring;
mod patience;
mod place;
mod prompt;
mod service;
mod signals;
mod watch;

pub use error::KeyringError;
pub use keyring::Keyring;
pub use patience::Patience;
pub use place::Place;
pub use watch::Ending;

/// How many bytes are kept.
pub const SECRET_LENGTH: usize = 32;
