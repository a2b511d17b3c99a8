//! From every cause to its name on the bus. One table for each library, none with a "everything else" line: a new
//! cause does not compile until it has a name.

mod ceremony;
mod key;

use fob_bus::pipe::PipeError;
use fob_bus::{CallError, ErrorKind};
use fob_otp::printable;
use fob_vault::{SlotError, VaultError};

pub(crate) use ceremony::{dom_name, webauthn};
pub(crate) use key::{ceremony, key, open, pin, spare_last_try};

/// The vault's errors.
pub(crate) fn vault(error: &VaultError) -> CallError {
    shown(CallError::from_error(kind_of_vault(error), error))
}

const fn kind_of_vault(error: &VaultError) -> ErrorKind {
    match error {
        VaultError::Missing { .. } => ErrorKind::NoVault,
        VaultError::Exists { .. } => ErrorKind::VaultExists,
        VaultError::Empty { .. }
        | VaultError::NotAVault { .. }
        | VaultError::Torn { .. }
        | VaultError::Damaged { .. }
        | VaultError::ForeignOrRetired { .. }
        | VaultError::NewerFormat { .. }
        | VaultError::Permissions { .. }
        | VaultError::KdfOutOfBounds { .. }
        | VaultError::Io { .. } => ErrorKind::VaultUnusable,
        VaultError::Slot(error) => kind_of_slot(error),
        VaultError::NotWanted => ErrorKind::Cancelled,
        VaultError::InUse | VaultError::StaleGeneration { .. } => ErrorKind::VaultBusy,
        VaultError::WrongPassphrase | VaultError::WrongRecoveryCode => ErrorKind::WrongPassphrase,
        VaultError::UnknownEntry(_) => ErrorKind::UnknownEntry,
        VaultError::NoCounter(_) | VaultError::CounterUsedUp(_) | VaultError::Unusable(_) => ErrorKind::EntryUnusable,
        VaultError::CodeMismatch(_) => ErrorKind::CodeMismatch,
        VaultError::NoRecoveryCode(_) => ErrorKind::NoRecoveryCode,
        VaultError::TooMuch(_) => ErrorKind::InvalidInput,
        VaultError::OutOfMemory { .. } | VaultError::Full { .. } => ErrorKind::Failed,
    }
}

const fn kind_of_slot(error: &SlotError) -> ErrorKind {
    match error {
        SlotError::WrongSecret(_) => ErrorKind::WrongPassphrase,
        SlotError::UnknownPolicy(_) => ErrorKind::VaultUnusable,
        SlotError::Retired => ErrorKind::Locked,
        SlotError::Unknown(_) => ErrorKind::UnknownSlot,
        SlotError::Label => ErrorKind::InvalidInput,
        SlotError::Barred { .. }
        | SlotError::KeyWanted
        | SlotError::PassphraseWanted
        | SlotError::QuickPinBarred
        | SlotError::UserVerificationWanted
        | SlotError::OpensWithLogin
        | SlotError::AlreadyEnrolled
        | SlotError::TooMany(_)
        | SlotError::LastSafeWay
        | SlotError::RemovedAndPresented(_) => ErrorKind::WayBarred,
    }
}

/// What is wrong with a passed end of a pipe.
pub(crate) fn pipe(error: &PipeError) -> CallError {
    match error {
        PipeError::NotAPipe | PipeError::TooLong(_) | PipeError::Slow | PipeError::Io(_) => {
            CallError::from_error(ErrorKind::BadPipe, error)
        }
    }
}

/// The same error with nothing in it that could move a cursor: paths and names come from outside.
fn shown(mut error: CallError) -> CallError {
    error.message = printable(&error.message).into_owned();
    for cause in error.details.causes.iter_mut().flatten() {
        *cause = printable(cause).into_owned();
    }
    error
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_cause_keeps_what_is_behind_it_and_loses_what_moves_a_cursor() {
        let source = io::Error::other("disk \u{1b}[2Jon fire");
        let error = vault(&VaultError::Io { doing: "read the vault", source });
        assert_eq!((error.kind, error.message.as_str()), (ErrorKind::VaultUnusable, "cannot read the vault"));
        assert_eq!(error.details.causes, Some(vec!["disk [2Jon fire".to_owned()]));
    }

    #[test]
    fn causes_have_the_names_that_the_contract_promises() {
        let missing = VaultError::Missing { path: "/v".into() };
        for (error, expected) in [
            (missing, ErrorKind::NoVault),
            (VaultError::Exists { path: "/v".into() }, ErrorKind::VaultExists),
            (VaultError::WrongPassphrase, ErrorKind::WrongPassphrase),
            (VaultError::WrongRecoveryCode, ErrorKind::WrongPassphrase),
            (VaultError::Slot(SlotError::KeyWanted), ErrorKind::WayBarred),
            (VaultError::Slot(SlotError::PassphraseWanted), ErrorKind::WayBarred),
            (VaultError::Slot(SlotError::QuickPinBarred), ErrorKind::WayBarred),
            (VaultError::NotWanted, ErrorKind::Cancelled),
            (VaultError::InUse, ErrorKind::VaultBusy),
            (VaultError::StaleGeneration { loaded: 3 }, ErrorKind::VaultBusy),
            (VaultError::Permissions { mode: 0o644 }, ErrorKind::VaultUnusable),
            (VaultError::Unusable(fob_otp::Unusable::EmptySeed), ErrorKind::EntryUnusable),
        ] {
            assert_eq!(vault(&error).kind, expected, "{error:?}");
        }
        assert_eq!(pipe(&PipeError::Slow).kind, ErrorKind::BadPipe);
    }
}
