//! Why a ceremony failed: the cause for the person, the DOM's name for the page.

use fob_bus::types::Outcome;
use fob_bus::{CallError, ErrorKind};
use fob_webauthn::{DomName, ReplyError, Unfit};

use crate::errors;
use crate::request::{End, Request};

/// A failure.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) cause: CallError,
    dom: DomName,
}

impl Failure {
    /// The request was ended.
    pub(super) fn ended(end: End) -> Self {
        let words = match end {
            End::Cancelled => "the request was cancelled",
            End::OwnerGone => "the program that asked is gone",
            End::Shutdown => "fobd is shutting down",
        };
        CallError::new(ErrorKind::AbortError, words).into()
    }

    /// Its time is up.
    pub(super) fn timed_out() -> Self {
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
        Self { dom: DomName::Unknown, cause: CallError::from_error(ErrorKind::KeySilent, &why) }
    }

    /// A request that was ended failed for that reason, whatever the key said last.
    pub(super) fn seen_from(self, request: &Request) -> Self {
        match request.how_ended() {
            Some(end) if self.cause.kind != ErrorKind::AbortError => Self::ended(end),
            _ => self,
        }
    }

    /// What the caller is told.
    pub(super) fn outcome(self) -> Outcome {
        let causes = self.cause.details.causes.into_iter().flatten();
        Outcome {
            response_json: None,
            error: Some(self.dom.as_str().to_owned()),
            cause: Some(self.cause.kind.name().to_owned()),
            message: Some(causes.fold(self.cause.message, |text, cause| format!("{text}: {cause}"))),
            retries: self.cause.details.retries,
        }
    }
}

impl From<CallError> for Failure {
    fn from(cause: CallError) -> Self {
        Self { dom: errors::dom_name(cause.kind), cause }
    }
}
