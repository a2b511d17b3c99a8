//! The commands, one a module: which there are, and what may be left to do after a touch.

mod client_pin;
mod get_assertion;
mod get_info;
mod get_next_assertion;
mod make_credential;
mod reset;
mod selection;

use fob_ambient::Millis;
use fob_ctap::entity::RpId;
use fob_ctap::{Request, Status};

pub(crate) use get_next_assertion::Continuation;

use crate::authenticator::{Caller, Step};
use crate::{Authenticator, Presence};

/// A command that waits for a touch, with all it needs afterwards.
#[derive(Debug)]
pub(crate) enum Pending {
    /// Step 1 of §6.1.2 and §6.2.2: a touch, and then whether there is a PIN.
    Blink(RpId),
    /// Step 12 of §6.1.2: a credential of the exclude list is here; the touch keeps sites from learning it for free.
    Excluded(RpId),
    /// Step 14 of §6.1.2.
    MakeCredential(Box<make_credential::Admitted>),
    /// Step 9 of §6.2.2.
    GetAssertion(Box<get_assertion::Located>),
    /// §6.9.
    Selection,
    /// §6.6.
    Reset,
}

impl Pending {
    /// For whom.
    pub(crate) fn rp_id(&self) -> Option<&RpId> {
        match self {
            Self::Blink(rp_id) | Self::Excluded(rp_id) => Some(rp_id),
            Self::MakeCredential(admitted) => Some(&admitted.rp.id),
            Self::GetAssertion(located) => Some(&located.rp_id),
            Self::Selection | Self::Reset => None,
        }
    }
}

impl Authenticator {
    /// Begins a command.
    pub(crate) fn dispatch(&mut self, request: Request, caller: Caller, now: Millis) -> Result<Step, Status> {
        // Every other command ends a sequence of assertions (§6.3).
        let continuation = self.continuation.take();
        match request {
            Request::MakeCredential(request) => self.make_credential(*request, now),
            Request::GetAssertion(request) => self.get_assertion(*request, caller, now),
            Request::GetNextAssertion => self.get_next_assertion(continuation, caller, now).map(Step::Reply),
            Request::GetInfo => Ok(Step::Reply(self.get_info())),
            Request::ClientPin(request) => self.client_pin(request, now).map(Step::Reply),
            Request::Selection => Ok(self.selection(now)),
            Request::Reset => self.reset(now),
            Request::Unknown(_) => Err(Status::InvalidCommand),
        }
    }

    /// Ends a command that waited. [`Presence::Cancelled`] does not come here.
    pub(crate) fn resume(&mut self, pending: Pending, outcome: Presence, now: Millis) -> Result<Vec<u8>, Status> {
        match pending {
            Pending::Blink(_) => Err(self.blinked(outcome)),
            // Whether the touch came or not (step 12).
            Pending::Excluded(_) => Err(Status::CredentialExcluded),
            Pending::MakeCredential(admitted) => touched(outcome).and_then(|()| self.finish_make_credential(*admitted)),
            Pending::GetAssertion(located) => touched(outcome).and_then(|()| self.finish_get_assertion(*located, now)),
            Pending::Selection => selection::finish(outcome),
            Pending::Reset => self.finish_reset(outcome),
        }
    }

    /// Step 1 of §6.1.2 and §6.2.2.
    fn blinked(&self, outcome: Presence) -> Status {
        match touched(outcome) {
            Err(status) => status,
            Ok(()) if self.is_protected() => Status::PinInvalid,
            Ok(()) => Status::PinNotSet,
        }
    }
}

/// "If the user declines permission, or the operation times out" (§6.1.2 steps 1 and 14, §6.2.2 steps 1 and 9).
fn touched(outcome: Presence) -> Result<(), Status> {
    match outcome {
        Presence::Touched => Ok(()),
        Presence::Refused | Presence::TimedOut => Err(Status::OperationDenied),
        Presence::Cancelled => Err(Status::KeepaliveCancel),
    }
}

/// Where declining and waiting too long are told apart (§6.6, §6.9).
fn touched_or_late(outcome: Presence) -> Result<(), Status> {
    match outcome {
        Presence::TimedOut => Err(Status::UserActionTimeout),
        outcome => touched(outcome),
    }
}
