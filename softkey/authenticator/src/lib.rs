//! A FIDO2 authenticator (CTAP 2.3) as a state machine: requests in, replies and questions for a touch out.
//!
//! [`Authenticator::request`] takes the bytes of a request and the time and gives a [`Step`]: a reply, or a person to
//! wait for, whose answer goes back through [`Authenticator::presence`]. Storage ([`Store`]), chance
//! ([`Rng`](fob_ambient::Rng)) and signatures ([`Signer`]) are handed in. No socket, no thread, no clock lives here;
//! framing and channels are `fob_ctap::hid`, the program around both is `fob-softkey`.
//!
//! One command, one module under `commands`; U2F is in `u2f`. [`Abilities`] say which of them a key has. A clause of the
//! standard is in docs/ctap-2.3.md with the place that meets it.

mod abilities;
mod attestation;
mod authenticator;
mod commands;
mod credential_key;
mod credential_secrets;
mod extensions;
mod identity;
mod inspect;
mod pin;
mod pin_complexity;
mod presence;
mod sealed_id;
mod sensor;
mod signer;
mod state;
mod store;
mod token;
mod u2f;
mod user_verification;

pub use abilities::{Abilities, Attestation, Backup, Edition, ExtensionAbilities, Fingerprints, LargeBlobs};
pub use attestation::test_ca_certificate;
pub use authenticator::{Authenticator, Caller, Parts, Step};
pub use credential_key::{CredentialKey, KeyKind};
pub use identity::{AAGUID, CAPACITY, FIRMWARE_VERSION, MAX_CREDENTIAL_COUNT_IN_LIST, MAX_MESSAGE};
pub use inspect::{ImportError, PortableCredential};
pub use presence::{Ask, Presence, Reason, TOUCH_LIMIT};
pub use sealed_id::SEALED_ID_LENGTH;
pub use sensor::{FingerSample, OneFinger, Sensor};
pub use signer::{RepeatableSigner, Signer, SigningFailed, SystemSigner};
pub use state::{Changes, State, StateError};
pub use store::{
    Disk, FileFault, FileStore, FolderDisk, Found, RamStore, StateKey, StateKeyError, Store, StoreError,
    read_state_file,
};
pub use u2f::U2fStep;
