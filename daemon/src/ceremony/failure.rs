//! Why a ceremony failed: the cause for the person, the DOM's name for the page.

use fob_bus::types::Outcome;
use fob_bus::{CallError, ErrorKind};
use fob_webauthn::{DomName, ReplyError, Unfit};

use crate::errors;
use crate::request::{End, Request};

/// A failure.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) cause: CallError,
    dom: DomName,
    /// Whether something was changed by then, which no end of the request undoes.
    changed: bool,
}

impl Failure {
    /// The request was ended.
    pub(crate) fn ended(end: End) -> Self {
        let words = match end {
            End::Cancelled => "the request was cancelled",
            End::OwnerGone => "the program that asked is gone",
            End::Locked => "the vault was locked meanwhile",
            End::TakenBack => "the permission was taken back meanwhile",
            End::Sleep => "the machine is about to sleep or to shut down",
            End::Shutdown => "fobd is shutting down",
        };
        // Who locks the vault is not who gave up.
        let kind = match end {
            End::Locked => ErrorKind::Locked,
            End::TakenBack => ErrorKind::Denied,
            End::Cancelled | End::OwnerGone | End::Sleep | End::Shutdown => ErrorKind::AbortError,
        };
        CallError::new(kind, words).into()
    }

    /// What was asked for is done, and this went wrong after it.
    pub(crate) fn after_the_change(cause: CallError) -> Self {
        Self { changed: true, ..cause.into() }
    }

    /// Its time is up.
    pub(crate) fn timed_out() -> Self {
        CallError::new(ErrorKind::TimedOut, "the time for the request is up").into()
    }

    /// The key is no candidate.
    pub(super) fn unfit(why: Unfit) -> Self {
        let kind = match why {
            Unfit::NoCredential => ErrorKind::NoKey,
            Unfit::NoAlgorithm => ErrorKind::NotSupportedError,
            Unfit::Attachment | Unfit::NoPasskeys | Unfit::NoVerification | Unfit::NoProtection => {
                ErrorKind::ConstraintError
            }
        };
        CallError::from_error(kind, &why).into()
    }

    /// The key's answer is none.
    pub(super) fn reply(why: ReplyError) -> Self {
        Self { dom: DomName::Unknown, ..CallError::from_error(ErrorKind::KeySilent, &why).into() }
    }

    /// What the caller is told; the diary hears of it too.
    pub(crate) fn told(self, request: &Request) -> Outcome {
        let failure = self.seen_from(request);
        tracing::info!(cause = failure.cause.kind.name(), message = failure.cause.message, "a request failed");
        failure.outcome()
    }

    /// What a program is told that is none of the household's. Everything that a page may not tell from a no is one and the
    /// same to it, in its words too: refused, no key, no credential, no touch (WebAuthn Level 3 §5.1.3, §5.1.4.1).
    pub(crate) fn told_in_general(self, request: &Request) -> Outcome {
        let outcome = self.told(request);
        if outcome.error.as_deref() != Some(DomName::NotAllowed.as_str()) {
            return outcome;
        }
        Outcome {
            error: outcome.error,
            cause: Some(ErrorKind::NotAllowedError.name().to_owned()),
            message: Some("the request was not allowed, or timed out".to_owned()),
            ..Outcome::default()
        }
    }

    /// A request that was ended failed for that reason, whatever the key said last; unless what it was for is done, and the
    /// person must hear of it.
    fn seen_from(self, request: &Request) -> Self {
        match request.how_ended() {
            Some(end) if !self.changed && self.cause.kind != ErrorKind::AbortError => Self::ended(end),
            _ => self,
        }
    }

    fn outcome(self) -> Outcome {
        let causes = self.cause.details.causes.into_iter().flatten();
        Outcome {
            error: Some(self.dom.as_str().to_owned()),
            cause: Some(self.cause.kind.name().to_owned()),
            message: Some(causes.fold(self.cause.message, |text, cause| format!("{text}: {cause}"))),
            retries: self.cause.details.retries,
            ..Outcome::default()
        }
    }
}

impl From<CallError> for Failure {
    fn from(cause: CallError) -> Self {
        Self { dom: errors::dom_name(cause.kind), cause, changed: false }
    }
}
