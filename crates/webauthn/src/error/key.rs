//! What is wrong with a key: it cannot, it will not, or it answers something else.

use fob_ctap::{Malformed, Status};

use super::DomName;

/// Why a key is no candidate, told by what it says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The site wants a key that is built into the machine.
    #[error("the site wants a key that is part of the machine")]
    Attachment,
    /// It cannot hold a passkey, and the site requires one, or names no credential.
    #[error("the key cannot hold passkeys")]
    NoPasskeys,
    /// It can neither take a PIN nor recognise a person, and the site requires that.
    #[error("the key cannot verify who holds it")]
    NoVerification,
    /// It has none of the algorithms.
    #[error("the key has no algorithm that the site takes")]
    NoAlgorithm,
    /// It cannot protect the credential as the site enforces.
    #[error("the key cannot protect credentials as the site demands")]
    NoProtection,
    /// No listed credential can be on it.
    #[error("none of the site's credentials can be on this key")]
    NoCredential,
}

/// Why a key, or the person at it, said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFailure {
    /// A credential of the exclude list is on it.
    #[error("the key is registered already")]
    Excluded,
    /// No credential of the site is on it.
    #[error("the key has no credential for this site")]
    NoCredential,
    /// Refused at the key.
    #[error("refused at the key")]
    Denied,
    /// Not touched in time.
    #[error("the key was not touched in time")]
    NoTouch,
    /// Cancelled by us.
    #[error("the request to the key was cancelled")]
    Cancelled,
    /// No room for another passkey.
    #[error("the key has no room for another passkey")]
    Full,
    /// It has none of the algorithms.
    #[error("the key has no algorithm that the site takes")]
    NoAlgorithm,
    /// It cannot do something that was required of it.
    #[error("the key lacks a required feature")]
    Unsupported,
    /// The person was not verified, or not well enough.
    #[error("the key did not verify the person")]
    NotVerified,
    /// It takes no PIN any more, or not before it is inserted again.
    #[error("the key is blocked")]
    Blocked,
    /// Any other status.
    #[error("the key answered {0}")]
    Other(Status),
}

impl KeyFailure {
    /// The cause behind a status (CTAP 2.3 §8.2).
    #[must_use]
    pub const fn from_status(status: Status) -> Self {
        match status {
            Status::CredentialExcluded => Self::Excluded,
            Status::NoCredentials | Status::InvalidCredential => Self::NoCredential,
            Status::OperationDenied | Status::NotAllowed => Self::Denied,
            Status::UserActionTimeout | Status::ActionTimeout | Status::UpRequired | Status::Timeout => Self::NoTouch,
            Status::KeepaliveCancel => Self::Cancelled,
            Status::KeyStoreFull => Self::Full,
            Status::UnsupportedAlgorithm => Self::NoAlgorithm,
            Status::UnsupportedOption | Status::InvalidOption => Self::Unsupported,
            Status::PinInvalid
            | Status::PinAuthInvalid
            | Status::PinNotSet
            | Status::PuatRequired
            | Status::UvInvalid
            | Status::UnauthorizedPermission => Self::NotVerified,
            Status::PinBlocked | Status::PinAuthBlocked | Status::UvBlocked => Self::Blocked,
            other => Self::Other(other),
        }
    }

    /// What an authenticator of WebAuthn's model would have answered (§6.3.2 and §6.3.3).
    #[must_use]
    pub const fn operation_error(self) -> DomName {
        match self {
            Self::Excluded => DomName::InvalidState,
            Self::NoAlgorithm => DomName::NotSupported,
            Self::Unsupported => DomName::Constraint,
            Self::NoCredential | Self::Denied | Self::NoTouch | Self::Cancelled | Self::NotVerified | Self::Blocked => {
                DomName::NotAllowed
            }
            Self::Full | Self::Other(_) => DomName::Unknown,
        }
    }

    /// What the page sees: `InvalidStateError` after the touch that goes with it (§5.1.3), else nothing it could
    /// tell keys apart by.
    #[must_use]
    pub const fn dom_name(self) -> DomName {
        match self.operation_error() {
            DomName::InvalidState => DomName::InvalidState,
            _ => DomName::NotAllowed,
        }
    }
}

impl From<Status> for KeyFailure {
    fn from(status: Status) -> Self {
        Self::from_status(status)
    }
}

/// Why a reply is no answer to the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// Its authenticator data makes no sense.
    #[error("the authenticator data makes no sense")]
    AuthenticatorData(#[from] Malformed),
    /// It is for another RP ID.
    #[error("the answer is for another site")]
    OtherRpId,
    /// It does not claim that somebody was there.
    #[error("the key did not ask for a touch")]
    NotPresent,
    /// It does not claim that the person was verified, though that was required.
    #[error("the key did not verify the person")]
    NotVerified,
    /// A registration without a new credential.
    #[error("the answer has no new credential")]
    NoNewCredential,
    /// The new credential has an algorithm that was not asked for, or none.
    #[error("the new credential has an algorithm that was not asked for")]
    OtherAlgorithm,
    /// The credential's id is empty or longer than WebAuthn allows (§6.5.1: 1023 bytes).
    #[error("the credential id is too short or too long")]
    CredentialId,
    /// The credential is not of the allow list, or not named though several were possible.
    #[error("the answer is by a credential that was not asked for")]
    OtherCredential,
    /// A passkey signed, but its account is not named.
    #[error("the answer does not say whose passkey signed")]
    NoUserHandle,
}
