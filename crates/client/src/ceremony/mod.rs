//! Ceremonies on one key: make a credential, sign in, find out silently, be chosen by a touch.
//!
//! A ceremony asks for what this key needs and nothing more (verification.rs): the PIN where the request or the key
//! wants the person verified, a new PIN where there is none or it has to be changed (flow.rs). Lists that are longer
//! than the key takes are asked for silently, piece by piece, before anybody has to touch anything (lists.rs).
//!
//! Beside signing in, a key can compute a secret for somebody (secret.rs).
//!
//! Which of several keys is meant, and everything about origins, is for the layers above.

mod flow;
mod get;
mod lists;
mod make;
mod person;
mod preflight;
mod secret;
mod selection;
mod verification;

use fob_ctap::Status;

use crate::KeyError;
use crate::pin::PinError;

pub use get::{Get, get_assertion};
pub use make::{Make, can_hold, make_credential};
pub use person::{NewPinQuestion, NewPinReason, Person, PinAnswer, PinQuestion};
pub use preflight::knows;
pub use secret::{Enrol, Enrolled, Salted, ask_secret, ask_secret_twice, can_keep_secrets, enrol_secret};
pub use selection::select;
pub use verification::can_verify;

/// How much a relying party wants something (WebAuthn Level 3 §5.4.6, §5.8.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Need {
    /// Not, if it can be helped.
    Discouraged,
    /// If this key can do it without further ado.
    #[default]
    Preferred,
    /// Or not at all.
    Required,
}

/// Why a ceremony came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// No credential of this key fits.
    #[error("the key has no credential for this")]
    NoCredential,
    /// A credential of the exclude list is on this key, and the person has touched it.
    #[error("the key is registered already")]
    Excluded,
    /// The person, or the key, said no.
    #[error("the request was denied on the key")]
    Denied,
    /// The key waited for a touch long enough.
    #[error("nobody touched the key")]
    NoTouch,
    /// No room for another credential.
    #[error("the key is full")]
    Full,
    /// The key has none of the algorithms.
    #[error("the key has none of the algorithms that were asked for")]
    NoAlgorithm,
    /// The request wants the person verified and the key has no way to do so.
    #[error("the key cannot verify who is there")]
    CannotVerify,
    /// The request wants a discoverable credential and the key holds none.
    #[error("the key cannot hold a passkey")]
    CannotHold,
    /// The key computes no secrets.
    #[error("the key has no hmac-secret, by which it could open anything")]
    CannotKeepSecrets,
    /// The key shows its credentials to whoever has it in hand.
    #[error("the key cannot keep a credential from somebody whom it has not verified")]
    CannotProtect,
    /// The key verified somebody although that was not asked for: its secret is another one then.
    #[error("the key checks who is there whatever it is asked: enrol it with user verification")]
    Verified,
    /// The person did not want to give a PIN.
    #[error("no PIN was given")]
    GaveUp,
    /// Something about the PIN.
    #[error("the PIN stands in the way")]
    Pin(#[source] PinError),
    /// Something about the key.
    #[error("the key failed")]
    Key(#[source] KeyError),
}

impl From<KeyError> for CeremonyError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Refused(Status::NoCredentials | Status::InvalidCredential) => Self::NoCredential,
            KeyError::Refused(Status::CredentialExcluded) => Self::Excluded,
            KeyError::Refused(Status::OperationDenied) => Self::Denied,
            KeyError::Refused(Status::UserActionTimeout | Status::ActionTimeout) => Self::NoTouch,
            KeyError::Refused(Status::KeyStoreFull) => Self::Full,
            KeyError::Refused(Status::UnsupportedAlgorithm) => Self::NoAlgorithm,
            KeyError::Refused(Status::PinAuthBlocked) => Self::Pin(PinError::PowerCycle),
            KeyError::Refused(Status::PinBlocked) => Self::Pin(PinError::Blocked),
            error => Self::Key(error),
        }
    }
}

impl From<PinError> for CeremonyError {
    fn from(error: PinError) -> Self {
        match error {
            PinError::Key(error) => error.into(),
            error => Self::Pin(error),
        }
    }
}
