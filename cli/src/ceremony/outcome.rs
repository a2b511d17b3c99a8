//! What the end of a request means: a credential, or a failure with the exit code of what lies behind it.

use fob_bus::types::Outcome;
use fob_bus::{CallError, Details, ErrorKind};
use serde_json::Value;

use super::steps::WaitedFor;
use crate::{Exit, Failure};

/// The credential, or why there is none.
pub(super) fn credential(outcome: Outcome, waited_for: WaitedFor) -> Result<Value, Failure> {
    match outcome.response_json.as_deref().map(serde_json::from_str) {
        Some(Ok(credential)) => Ok(credential),
        Some(Err(error)) => Err(Failure::new(Exit::Failed, "fobd's answer is no credential").because(&error)),
        None => Err(failure(outcome, waited_for)),
    }
}

fn failure(outcome: Outcome, waited_for: WaitedFor) -> Failure {
    let page_sees = outcome.error.as_deref().unwrap_or_default();
    let dom = ErrorKind::ALL.iter().copied().find(|kind| crate::failure::word(*kind) == page_sees);
    let cause = outcome.cause.as_deref().and_then(ErrorKind::from_name);
    let kind = cause.or(dom).unwrap_or(ErrorKind::Failed);
    let message = outcome.message.unwrap_or_else(|| "the key gave no credential".to_owned());
    let details = Details { retries: outcome.retries, ..Details::default() };
    let mut failure = Failure::from(CallError { kind, message, details });
    match (kind, waited_for) {
        // Time ran out because of a person, not because of a machine.
        (ErrorKind::TimedOut, WaitedFor::Touch) => failure.exit = Exit::NoKey,
        (ErrorKind::TimedOut, WaitedFor::Key) => {
            failure.exit = Exit::NoKey;
            failure.hint = Some("insert the right key; if it is in, run `fob doctor`".to_owned());
        }
        _ => {}
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_decides_how_fob_ends() {
        for (error, cause, waited_for, expected) in [
            ("NotAllowedError", Some("dev.fob.Error.PinInvalid"), WaitedFor::Nobody, Exit::WrongPin),
            ("NotAllowedError", Some("dev.fob.Error.TimedOut"), WaitedFor::Touch, Exit::NoKey),
            ("NotAllowedError", Some("dev.fob.Error.TimedOut"), WaitedFor::Key, Exit::NoKey),
            ("NotAllowedError", Some("dev.fob.Error.TimedOut"), WaitedFor::Nobody, Exit::TimedOut),
            ("NotAllowedError", None, WaitedFor::Touch, Exit::Denied),
            ("SecurityError", None, WaitedFor::Nobody, Exit::Failed),
            ("NewError", Some("dev.fob.Error.New"), WaitedFor::Nobody, Exit::Failed),
        ] {
            let outcome = Outcome {
                error: Some(error.to_owned()),
                cause: cause.map(str::to_owned),
                retries: Some(3),
                ..Outcome::default()
            };
            let failure = credential(outcome, waited_for).unwrap_err();
            assert_eq!((failure.exit, failure.retries), (expected, Some(3)), "{error} {cause:?}");
        }
    }

    #[test]
    fn a_credential_is_json_or_a_failure() {
        let of = |json: &str| Outcome { response_json: Some(json.to_owned()), ..Outcome::default() };
        assert_eq!(credential(of("{\"id\":\"AA\"}"), WaitedFor::Nobody).unwrap()["id"], "AA");
        assert_eq!(credential(of("{"), WaitedFor::Nobody).unwrap_err().exit, Exit::Failed);
    }
}
