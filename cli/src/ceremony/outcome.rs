//! What the end of a request means: what was asked for, or a failure with the exit code of what lies behind it.

use fob_bus::types::Outcome;
use fob_bus::{CallError, Details, ErrorKind};
use serde_json::Value;

use super::steps::WaitedFor;
use super::way::Purpose;
use super::{Ended, Told};
use crate::{Exit, Failure};

/// The credential, with what fobd says beside it; or why there is none. One that nobody wants any more goes nowhere, and
/// has no effect.
pub(super) fn credential(ended: Ended) -> Result<(Value, Option<String>), Failure> {
    let Told { outcome, waited_for, given_up } = match ended {
        Ended::Told(told) => *told,
        Ended::Unheard(why) => return Err(why),
    };
    if let Some(why) = given_up {
        return Err(why);
    }
    match outcome.response_json.as_deref().map(serde_json::from_str) {
        Some(Ok(credential)) => Ok((credential, outcome.message)),
        Some(Err(error)) => Err(Failure::new(Exit::Failed, "fobd's answer is no credential").because(&error)),
        None => Err(failure(outcome, waited_for, "the key gave no credential")),
    }
}

/// What came of a request about the ways into the vault: nothing but the absence of an error says that it went well. What
/// was done when fob gave up is done, and the person has to hear of it.
pub(super) fn way(ended: Ended, purpose: Purpose) -> Result<Outcome, Failure> {
    let Told { outcome, waited_for, given_up } = match ended {
        Ended::Told(told) => *told,
        Ended::Unheard(why) => {
            let hints: Vec<&str> = why.hint.as_deref().into_iter().chain([purpose.unheard()]).collect();
            let hint = hints.join("; ");
            return Err(why.hint(hint));
        }
    };
    let went_well = outcome.error.is_none() && outcome.cause.is_none();
    // What nobody took out of its pipe was made before that.
    let is_late = outcome.cause.as_deref() == Some(ErrorKind::BadPipe.name());
    match given_up {
        Some(why) if went_well && purpose == Purpose::Open => {
            Err(why.hint("the vault is open all the same; close it with `fob lock`"))
        }
        Some(why) if !went_well && !is_late => {
            let says_nothing_else = why.hint.is_none() && purpose != Purpose::Open;
            Err(if says_nothing_else { why.hint("nothing was changed") } else { why })
        }
        _ if went_well => Ok(outcome),
        _ => Err(failure(outcome, waited_for, "it did not work, and fobd gives no reason")),
    }
}

fn failure(outcome: Outcome, waited_for: WaitedFor, without_words: &str) -> Failure {
    let page_sees = outcome.error.as_deref().unwrap_or_default();
    let dom = ErrorKind::ALL.iter().copied().find(|kind| crate::failure::word(*kind) == page_sees);
    let cause = outcome.cause.as_deref().and_then(ErrorKind::from_name);
    let kind = cause.or(dom).unwrap_or(ErrorKind::Failed);
    let message = outcome.message.unwrap_or_else(|| without_words.to_owned());
    let details = Details { retries: outcome.retries, ..Details::default() };
    let mut failure = Failure::from(CallError { kind, message, details });
    match (kind, waited_for) {
        // Time ran out because of a person, not because of a machine.
        (ErrorKind::TimedOut, WaitedFor::Touch) => failure.exit = Exit::NoKey,
        (ErrorKind::TimedOut, WaitedFor::Key) => {
            failure.exit = Exit::NoKey;
            failure.hint = Some("insert the right key; if it is in, run `fob doctor`".to_owned());
        }
        (ErrorKind::TimedOut, WaitedFor::Answer) => {
            failure.hint = Some("try again, and answer fob's prompt before it goes away".to_owned());
        }
        _ => {}
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::{gave_up, has_given_up};

    fn told(error: Option<&str>, cause: Option<&str>, waited_for: WaitedFor) -> Ended {
        let outcome = Outcome {
            error: error.map(str::to_owned),
            cause: cause.map(str::to_owned),
            retries: Some(3),
            ..Outcome::default()
        };
        Ended::Told(Box::new(Told { outcome, waited_for, given_up: None }))
    }

    /// The same after Ctrl-C.
    fn given_up(error: Option<&str>, cause: Option<&str>) -> Ended {
        let mut ended = told(error, cause, WaitedFor::Touch);
        if let Ended::Told(told) = &mut ended {
            told.given_up = Some(gave_up());
        }
        ended
    }

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
            let failure = credential(told(Some(error), cause, waited_for)).unwrap_err();
            assert_eq!((failure.exit, failure.retries), (expected, Some(3)), "{error} {cause:?}");
            let failure = way(told(Some(error), cause, waited_for), Purpose::Open).unwrap_err();
            assert_eq!((failure.exit, failure.retries), (expected, Some(3)), "{error} {cause:?}");
        }
    }

    #[test]
    fn a_credential_is_json_or_a_failure() {
        let of = |json: &str, given_up| {
            let outcome = Outcome { response_json: Some(json.to_owned()), ..Outcome::default() };
            Ended::Told(Box::new(Told { outcome, waited_for: WaitedFor::Nobody, given_up }))
        };
        assert_eq!(credential(of("{\"id\":\"AA\"}", None)).unwrap().0["id"], "AA");
        assert_eq!(credential(of("{", None)).unwrap_err().exit, Exit::Failed);
        // Nobody is signed in who pressed Ctrl-C.
        assert_eq!(credential(of("{\"id\":\"AA\"}", Some(gave_up()))).unwrap_err(), gave_up());
        assert_eq!(credential(Ended::Unheard(gave_up())).unwrap_err(), gave_up());
    }

    #[test]
    fn a_vault_that_was_opened_needs_no_word() {
        assert!(way(told(None, None, WaitedFor::Touch), Purpose::Open).is_ok());
        assert!(way(told(None, Some("dev.fob.Error.New"), WaitedFor::Touch), Purpose::Open).is_err());
    }

    #[test]
    fn whoever_gives_up_too_late_hears_what_was_done() {
        let all = [Purpose::Open, Purpose::Add, Purpose::NewKey];
        for purpose in all {
            let aborted = given_up(Some("AbortError"), Some("dev.fob.Error.AbortError"));
            let in_time = way(aborted, purpose).unwrap_err();
            let hint = (purpose != Purpose::Open).then_some("nothing was changed");
            assert_eq!((in_time.message.as_str(), in_time.hint.as_deref()), ("you gave up", hint), "{purpose:?}");
            let untaken = given_up(Some("NotAllowedError"), Some("dev.fob.Error.BadPipe"));
            assert_eq!(way(untaken, purpose).unwrap_err().word, "BadPipe", "{purpose:?}");
            let unheard = way(Ended::Unheard(gave_up()), purpose).unwrap_err();
            assert!(has_given_up(&unheard) && unheard.hint.is_some(), "{purpose:?}");
            let done = way(given_up(None, None), purpose);
            match purpose {
                // It stays as it is, and nothing else is done that needs it.
                Purpose::Open => assert!(done.unwrap_err().hint.as_deref().unwrap().contains("fob lock")),
                _ => assert!(done.is_ok(), "{purpose:?}"),
            }
        }
    }

    #[test]
    fn what_to_do_comes_before_what_may_have_happened() {
        let gone = || Failure::new(Exit::NoDaemon, "fobd ended in the middle").hint("start it again");
        let failure = way(Ended::Unheard(gone()), Purpose::NewKey).unwrap_err();
        let hint = failure.hint.as_deref().unwrap();
        assert!(hint.starts_with("start it again; ") && hint.contains("recovery code"), "{hint}");
    }
}
