//! A FIDO2 authenticator (CTAP 2.3) as a state machine: requests in, replies and questions for a touch out.
//!
//! [`Authenticator::request`] takes the bytes of a request and the time and gives a [`Step`]: a reply, or a person to
//! wait for, whose answer goes back through [`Authenticator::presence`]. Storage ([`Store`]), chance
//! ([`Rng`](fob_ambient::Rng)) and signatures ([`Signer`]) are handed in. No socket, no thread, no clock lives here;
//! framing and channels are `fob_ctap::hid`, the program around both is `fob-softkey`.
//!
//! One command, one module under `commands`. Not here yet, and answered so: credential management, fingerprints, large
//! blobs, configuration and U2F; of the extensions only credProtect.

mod authenticator;
mod commands;
mod credential_key;
mod identity;
mod pin;
mod presence;
mod sealed_id;
mod signer;
mod state;
mod store;
mod token;
mod user_verification;

pub use authenticator::{Authenticator, Caller, Parts, Step};
pub use credential_key::CredentialKey;
pub use identity::{AAGUID, CAPACITY, FIRMWARE_VERSION, MAX_CREDENTIAL_COUNT_IN_LIST, MAX_MESSAGE};
pub use presence::{Ask, Presence, Reason, TOUCH_LIMIT};
pub use sealed_id::SEALED_ID_LENGTH;
pub use signer::{RepeatableSigner, Signer, SigningFailed, SystemSigner};
pub use state::{State, StateError};
pub use store::{FileStore, RamStore, Store, StoreError};
