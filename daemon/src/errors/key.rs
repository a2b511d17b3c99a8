//! What keys and their links refuse, by its name on the bus.

use fob_bus::{CallError, ErrorKind};
use fob_client::KeyError;
use fob_client::ceremony::CeremonyError;
use fob_client::hid::OpenError;
use fob_client::pin::PinError;
use fob_ctap::Status;

/// A key's node cannot be opened.
pub(crate) fn open(error: &OpenError) -> CallError {
    let kind = match error {
        OpenError::Denied | OpenError::Failed(_) => ErrorKind::KeyUnreadable,
        OpenError::Gone => ErrorKind::KeyRemoved,
        OpenError::InUse => ErrorKind::Busy,
        OpenError::Cancelled => ErrorKind::Cancelled,
    };
    CallError::from_error(kind, error)
}

/// A command to a key failed.
pub(crate) fn key(error: &KeyError) -> CallError {
    let kind = match error {
        KeyError::Removed => ErrorKind::KeyRemoved,
        KeyError::Silent | KeyError::Malformed(_) | KeyError::Confused(_) | KeyError::Link(_) => ErrorKind::KeySilent,
        KeyError::Busy => ErrorKind::Busy,
        KeyError::Cancelled | KeyError::Refused(Status::OperationDenied) => ErrorKind::Cancelled,
        KeyError::TimedOut | KeyError::Refused(Status::UserActionTimeout | Status::ActionTimeout) => {
            ErrorKind::TimedOut
        }
        KeyError::Refused(_) | KeyError::TooLarge { .. } => ErrorKind::Failed,
        KeyError::NoCtap2 => ErrorKind::NotSupportedError,
    };
    CallError::from_error(kind, error)
}

/// A PIN was refused, or cannot be used.
pub(crate) fn pin(error: &PinError) -> CallError {
    let kind = match error {
        PinError::Wrong { retries } => {
            return CallError::from_error(ErrorKind::PinInvalid, error).with_retries((*retries).into());
        }
        PinError::Key(error) => return key(error),
        PinError::PowerCycle => ErrorKind::PinAuthBlocked,
        PinError::Blocked => ErrorKind::PinBlocked,
        PinError::NotSet => ErrorKind::PinNotSet,
        PinError::AlreadySet => ErrorKind::InvalidInput,
        PinError::ChangeRequired => ErrorKind::PinChangeRequired,
        PinError::Policy(_) => ErrorKind::PinPolicy,
        PinError::Unsupported => ErrorKind::NotSupportedError,
    };
    CallError::from_error(kind, error)
}

/// Spares a key's last try: a wrong PIN would block it for good. Only who was asked for a PIN, and told how many tries
/// are left, may spend it.
pub(crate) fn spare_last_try(retries: u32) -> Result<(), CallError> {
    if retries != 1 {
        return Ok(());
    }
    let words = "one try is left before the PIN is blocked for good: it is kept for somebody who is asked for the PIN";
    Err(CallError::new(ErrorKind::PinInvalid, words).with_retries(retries))
}

/// A ceremony with a key failed.
pub(crate) fn ceremony(error: &CeremonyError) -> CallError {
    let kind = match error {
        CeremonyError::Pin(error) => return pin(error),
        CeremonyError::Key(error) => return key(error),
        CeremonyError::NoCredential => ErrorKind::NoKey,
        CeremonyError::Excluded => ErrorKind::InvalidStateError,
        CeremonyError::Denied | CeremonyError::GaveUp => ErrorKind::Cancelled,
        CeremonyError::NoTouch => ErrorKind::TimedOut,
        CeremonyError::Full => ErrorKind::Failed,
        CeremonyError::NoAlgorithm => ErrorKind::NotSupportedError,
        CeremonyError::CannotVerify
        | CeremonyError::CannotHold
        | CeremonyError::CannotKeepSecrets
        | CeremonyError::CannotProtect
        | CeremonyError::Verified => ErrorKind::ConstraintError,
    };
    CallError::from_error(kind, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_try_is_spared() {
        for (retries, spared) in [(8, false), (2, false), (1, true), (0, false)] {
            let refused = spare_last_try(retries).err().map(|error| (error.kind, error.details.retries));
            assert_eq!(refused, spared.then_some((ErrorKind::PinInvalid, Some(1))), "{retries}");
        }
    }

    #[test]
    fn what_a_person_must_tell_apart_has_names_of_its_own() {
        for (error, expected, retries) in [
            (PinError::Wrong { retries: 3 }, ErrorKind::PinInvalid, Some(3)),
            (PinError::PowerCycle, ErrorKind::PinAuthBlocked, None),
            (PinError::Blocked, ErrorKind::PinBlocked, None),
            (PinError::NotSet, ErrorKind::PinNotSet, None),
            (PinError::Key(KeyError::Removed), ErrorKind::KeyRemoved, None),
        ] {
            let error = ceremony(&CeremonyError::Pin(error));
            assert_eq!((error.kind, error.details.retries), (expected, retries));
        }
        for (error, expected) in [
            (KeyError::Silent, ErrorKind::KeySilent),
            (KeyError::Busy, ErrorKind::Busy),
            (KeyError::Cancelled, ErrorKind::Cancelled),
            (KeyError::TimedOut, ErrorKind::TimedOut),
            (KeyError::Refused(Status::OperationDenied), ErrorKind::Cancelled),
            (KeyError::NoCtap2, ErrorKind::NotSupportedError),
        ] {
            assert_eq!(key(&error).kind, expected, "{error:?}");
        }
        assert_eq!(open(&OpenError::Denied).kind, ErrorKind::KeyUnreadable);
        assert_eq!(ceremony(&CeremonyError::Excluded).kind, ErrorKind::InvalidStateError);
    }
}
