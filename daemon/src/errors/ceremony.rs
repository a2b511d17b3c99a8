//! What WebAuthn refuses: the DOM's names on the bus, and which of them a page gets for what a key refused.

use fob_bus::{CallError, ErrorKind};
use fob_webauthn::{DomName, Error};

/// A ceremony that WebAuthn's own rules refuse.
pub(crate) fn webauthn(error: &Error) -> CallError {
    let kind = match error.dom_name() {
        DomName::Abort => ErrorKind::AbortError,
        DomName::Constraint => ErrorKind::ConstraintError,
        // The contract has no name of its own for it; the sentence says which member it is.
        DomName::Encoding | DomName::Type => ErrorKind::TypeError,
        DomName::InvalidState => ErrorKind::InvalidStateError,
        DomName::NotAllowed => ErrorKind::NotAllowedError,
        DomName::NotSupported => ErrorKind::NotSupportedError,
        DomName::Security => ErrorKind::SecurityError,
        DomName::Unknown => ErrorKind::UnknownError,
    };
    super::shown(CallError::from_error(kind, error))
}

/// What a page is told for a cause. Everything that is not its business is one and the same (WebAuthn Level 3 §5.1.3,
/// §5.1.4.1): no page learns which keys somebody has.
pub(crate) const fn dom_name(cause: ErrorKind) -> DomName {
    match cause {
        ErrorKind::AbortError => DomName::Abort,
        ErrorKind::InvalidStateError => DomName::InvalidState,
        ErrorKind::SecurityError => DomName::Security,
        ErrorKind::TypeError => DomName::Type,
        ErrorKind::UnknownError => DomName::Unknown,
        _ => DomName::NotAllowed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_cannot_tell_keys_apart_by_their_refusals() {
        for cause in ErrorKind::ALL {
            let told = dom_name(*cause);
            let expected = match cause {
                ErrorKind::AbortError => "AbortError",
                ErrorKind::InvalidStateError => "InvalidStateError",
                ErrorKind::SecurityError => "SecurityError",
                ErrorKind::TypeError => "TypeError",
                ErrorKind::UnknownError => "UnknownError",
                _ => "NotAllowedError",
            };
            assert_eq!(told.as_str(), expected, "{cause:?}");
        }
    }

    #[test]
    fn errors_keep_the_doms_names() {
        for (error, expected) in [
            (Error::Aborted, ErrorKind::AbortError),
            (Error::TimedOut, ErrorKind::NotAllowedError),
            (Error::NoCredentialType, ErrorKind::NotSupportedError),
            (Error::RpId(fob_webauthn::RpIdError::NotRelated), ErrorKind::SecurityError),
        ] {
            assert_eq!(webauthn(&error).kind, expected);
        }
    }
}
