use fob_ctap::Status;

use super::*;

/// WebAuthn Level 3 §6.3.2 and §6.3.3 for the operation, §5.1.3 and §5.1.4.1 for the page.
#[test]
fn a_status_has_the_name_that_the_standard_gives_it() {
    use DomName::{Constraint, InvalidState, NotAllowed, NotSupported, Unknown};
    for (status, operation, page) in [
        (Status::CredentialExcluded, InvalidState, InvalidState),
        (Status::UnsupportedAlgorithm, NotSupported, NotAllowed),
        (Status::UnsupportedOption, Constraint, NotAllowed),
        (Status::OperationDenied, NotAllowed, NotAllowed),
        (Status::NoCredentials, NotAllowed, NotAllowed),
        (Status::UserActionTimeout, NotAllowed, NotAllowed),
        (Status::KeepaliveCancel, NotAllowed, NotAllowed),
        (Status::PinBlocked, NotAllowed, NotAllowed),
        (Status::PinAuthBlocked, NotAllowed, NotAllowed),
        (Status::PuatRequired, NotAllowed, NotAllowed),
        (Status::UvBlocked, NotAllowed, NotAllowed),
        (Status::KeyStoreFull, Unknown, NotAllowed),
        (Status::InvalidCbor, Unknown, NotAllowed),
        (Status::Unknown(0xf1), Unknown, NotAllowed),
    ] {
        let failure = KeyFailure::from(status);
        assert_eq!((failure.operation_error(), failure.dom_name()), (operation, page), "{status}");
    }
}

#[test]
fn only_an_excluded_credential_tells_the_page_something_about_a_key() {
    for status in Status::ALL {
        let expected = match status {
            Status::CredentialExcluded => DomName::InvalidState,
            _ => DomName::NotAllowed,
        };
        assert_eq!(Error::from(KeyFailure::from(*status)).dom_name(), expected, "{status}");
    }
}

#[test]
fn causes_outside_the_key_have_their_names() {
    for (error, expected) in [
        (Error::from(OptionsError::NoUserId), "TypeError"),
        (Error::from(OptionsError::Base64("challenge")), "EncodingError"),
        (Error::from(OriginError::Opaque), "NotAllowedError"),
        (Error::from(OriginError::Insecure), "SecurityError"),
        (Error::from(RpIdError::Reserved), "SecurityError"),
        (Error::NoCredentialType, "NotSupportedError"),
        (Error::from(Unfit::NoPasskeys), "NotAllowedError"),
        (Error::from(ReplyError::NotPresent), "UnknownError"),
        (Error::Aborted, "AbortError"),
        (Error::TimedOut, "NotAllowedError"),
        (Error::Refused, "NotAllowedError"),
    ] {
        assert_eq!(error.dom_name().as_str(), expected, "{error}");
    }
}

#[test]
fn names_are_distinct() {
    let names: std::collections::BTreeSet<_> = DomName::ALL.iter().map(|name| name.as_str()).collect();
    assert_eq!(names.len(), DomName::ALL.len());
}
