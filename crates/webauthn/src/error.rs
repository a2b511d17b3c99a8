//! What goes wrong, by cause, and the name that the page sees for it.
//!
//! [`Error::dom_name`] follows the algorithms of WebAuthn Level 3 §5.1.3 and §5.1.4.1: whatever a key refuses for is
//! `NotAllowedError` to a page, except that it is registered already, so that no page learns which keys somebody
//! has. The causes are for the person.

mod key;

pub use key::{KeyFailure, ReplyError, Unfit};

/// Names of DOMExceptions, and two of JavaScript's own, that a ceremony ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DomName {
    /// `AbortError`: the page took its request back.
    Abort,
    /// `ConstraintError`: the key cannot do what is required.
    Constraint,
    /// `EncodingError`: a member is no base64url.
    Encoding,
    /// `InvalidStateError`: the key is registered already.
    InvalidState,
    /// `NotAllowedError`: no, for any reason that is not the page's business.
    NotAllowed,
    /// `NotSupportedError`: nothing that the page offers is known here.
    NotSupported,
    /// `SecurityError`: this origin may not ask that.
    Security,
    /// `TypeError`: the options are not what they should be.
    Type,
    /// `UnknownError`: the key answered nonsense.
    Unknown,
}

impl DomName {
    /// Every name.
    pub const ALL: [Self; 9] = [
        Self::Abort,
        Self::Constraint,
        Self::Encoding,
        Self::InvalidState,
        Self::NotAllowed,
        Self::NotSupported,
        Self::Security,
        Self::Type,
        Self::Unknown,
    ];

    /// The name as JavaScript has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Abort => "AbortError",
            Self::Constraint => "ConstraintError",
            Self::Encoding => "EncodingError",
            Self::InvalidState => "InvalidStateError",
            Self::NotAllowed => "NotAllowedError",
            Self::NotSupported => "NotSupportedError",
            Self::Security => "SecurityError",
            Self::Type => "TypeError",
            Self::Unknown => "UnknownError",
        }
    }
}

/// Why a ceremony has no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The options are not what the standard describes.
    #[error("the request of the site is not well-formed")]
    Options(#[from] OptionsError),
    /// The caller is no page that may ask.
    #[error("the origin cannot use security keys")]
    Origin(#[from] OriginError),
    /// The caller may not use this RP ID.
    #[error("the site may not use this RP ID")]
    RpId(#[from] RpIdError),
    /// No entry of `pubKeyCredParams` has a known type.
    #[error("the site takes no kind of credential that exists")]
    NoCredentialType,
    /// The key is no candidate.
    #[error("this key cannot do what the site asks for")]
    Unfit(#[from] Unfit),
    /// The key refused, or the person at it.
    #[error("the key did not agree")]
    Key(#[from] KeyFailure),
    /// The key's answer is not an answer to the question.
    #[error("the key's answer does not fit the request")]
    Reply(#[from] ReplyError),
    /// The person refused before any key was asked.
    #[error("refused")]
    Refused,
    /// The page took its request back.
    #[error("the request was cancelled")]
    Aborted,
    /// Time ran out.
    #[error("nothing happened in time")]
    TimedOut,
}

impl Error {
    /// What the page sees.
    #[must_use]
    pub const fn dom_name(&self) -> DomName {
        match self {
            Self::Options(OptionsError::Base64(_)) => DomName::Encoding,
            Self::Options(_) => DomName::Type,
            Self::Origin(error) => error.dom_name(),
            Self::RpId(_) => DomName::Security,
            Self::NoCredentialType => DomName::NotSupported,
            Self::Key(failure) => failure.dom_name(),
            Self::Unfit(_) | Self::Refused | Self::TimedOut => DomName::NotAllowed,
            Self::Reply(_) => DomName::Unknown,
            Self::Aborted => DomName::Abort,
        }
    }
}

/// What is wrong with options.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// No JSON, a member missing, twice, or of another type.
    #[error("the options are not the JSON they should be")]
    Json(#[from] serde_json::Error),
    /// The whole text is too long.
    #[error("the options are longer than {most} bytes")]
    TooLarge {
        /// The limit in bytes.
        most: usize,
    },
    /// A binary member is no base64url without padding.
    #[error("{0} is not base64url")]
    Base64(&'static str),
    /// A binary member is too long.
    #[error("{member} is longer than {most} bytes")]
    TooLong {
        /// The member.
        member: &'static str,
        /// The limit in bytes.
        most: usize,
    },
    /// A list is too long.
    #[error("{member} has more than {most} entries")]
    TooMany {
        /// The member.
        member: &'static str,
        /// The limit in entries.
        most: usize,
    },
    /// `user.id` is empty; WebAuthn Level 3 §5.1.3 wants 1 to 64 bytes.
    #[error("user.id is empty")]
    NoUserId,
}

/// Why a text is no origin that can call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// Not an origin, or more than one.
    #[error("this is not an origin")]
    Malformed,
    /// An origin that only equals itself: a sandboxed frame, a file, an extension.
    #[error("the page has an opaque origin")]
    Opaque,
    /// Neither https nor this machine.
    #[error("the page did not come over https")]
    Insecure,
}

impl OriginError {
    const fn dom_name(self) -> DomName {
        match self {
            Self::Malformed | Self::Insecure => DomName::Security,
            Self::Opaque => DomName::NotAllowed,
        }
    }
}

/// Why an origin may not use an RP ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RpIdError {
    /// An IP address.
    #[error("an address cannot be an RP ID")]
    Address,
    /// Not a domain that DNS could have.
    #[error("this is not a domain")]
    NoDomain,
    /// A domain that is written with upper case or Unicode, or otherwise not as it stands in an origin.
    #[error("the RP ID is not in lower-case ASCII")]
    NotCanonical,
    /// Neither the origin's host nor above it.
    #[error("the RP ID is not a domain of this origin")]
    NotRelated,
    /// A domain under which anybody can register.
    #[error("the RP ID is a public suffix")]
    PublicSuffix,
    /// A name without a dot.
    #[error("a name without a dot cannot be an RP ID")]
    SingleLabel,
    /// [`crate::VAULT_RP_ID`].
    #[error("the RP ID is fob's own")]
    Reserved,
}

#[cfg(test)]
mod tests;
