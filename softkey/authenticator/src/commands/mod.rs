//! The commands, one a module: which there are, and what may be left to do after a touch.

mod bio_enrollment;
mod client_pin;
mod config;
mod credential_management;
mod ctap20;
mod get_assertion;
mod get_info;
mod get_next_assertion;
mod large_blobs;
mod make_credential;
mod reset;
mod selection;

use fob_ambient::Millis;
use fob_ctap::entity::RpId;
use fob_ctap::{Request, Status};

pub(crate) use bio_enrollment::Enrolment;
pub(crate) use large_blobs::BlobWrite;

use crate::authenticator::{Caller, Step};
use crate::user_verification::{Verification, Verified};
use crate::{Authenticator, Presence};

/// A command that waits for a touch, with all it needs afterwards.
#[derive(Debug)]
pub(crate) enum Pending {
    /// Step 1 of §6.1.2 and §6.2.2: a touch, and then whether there is a PIN.
    Blink(RpId),
    /// Step 12 of §6.1.2: a credential of the exclude list is here; the touch keeps sites from learning it for free.
    Excluded(RpId),
    /// Step 14 of §6.1.2.
    MakeCredential(Box<make_credential::Admitted>, Verified),
    /// Step 9 of §6.2.2.
    GetAssertion(Box<get_assertion::Located>),
    /// A finger is looked at.
    Verify(Verification),
    /// A finger is learnt (§6.7.4).
    Enroll(bio_enrollment::Capture),
    /// §6.9.
    Selection,
    /// §6.6.
    Reset,
}

/// What goes on when a finger has been recognised.
#[derive(Debug)]
pub(crate) enum Then {
    MakeCredential(Box<make_credential::Admitted>),
    GetAssertion(Box<get_assertion::Prepared>),
    Token(Box<client_pin::TokenWish>),
}

impl Then {
    fn rp_id(&self) -> Option<&RpId> {
        match self {
            Self::MakeCredential(admitted) => Some(&admitted.rp.id),
            Self::GetAssertion(prepared) => Some(&prepared.rp_id),
            Self::Token(wish) => wish.rp_id.as_ref(),
        }
    }
}

/// A command that goes on with another: the next one of its kind continues, every other one ends it (§6.3, §6.8.3,
/// §6.8.4).
#[derive(Debug)]
pub(crate) enum Sequence {
    Assertions(Box<get_next_assertion::Continuation>),
    Enumeration(credential_management::Enumeration),
}

impl Pending {
    /// For whom.
    pub(crate) fn rp_id(&self) -> Option<&RpId> {
        match self {
            Self::Blink(rp_id) | Self::Excluded(rp_id) => Some(rp_id),
            Self::MakeCredential(admitted, _) => Some(&admitted.rp.id),
            Self::GetAssertion(located) => Some(&located.rp_id),
            Self::Verify(verification) => verification.then().rp_id(),
            Self::Enroll(_) | Self::Selection | Self::Reset => None,
        }
    }
}

impl Authenticator {
    /// Whether there is such a command; the numbers are those of §8.1.
    pub(crate) fn has_command(&self, code: u8) -> bool {
        let can = &self.abilities;
        let since_21 = can.edition >= crate::Edition::Ctap21;
        can.ctap2
            && match code {
                0x01 | 0x02 | 0x04 | 0x07 | 0x08 => true,
                0x06 => can.client_pin || can.fingerprints.is_some() || can.extensions.hmac_secret,
                0x09 => can.fingerprints.is_some() && since_21,
                0x0a => can.credential_management && since_21,
                0x0b => since_21,
                0x0c => can.large_blobs.array().is_some(),
                0x0d => can.config(),
                0x40 => can.fingerprints.is_some() && can.preview,
                0x41 => can.credential_management && can.preview,
                _ => false,
            }
    }

    /// Begins a command.
    pub(crate) fn dispatch(&mut self, request: Request, caller: Caller, now: Millis) -> Result<Step, Status> {
        let sequence = self.sequence.take();
        self.outdated(&request)?;
        match request {
            Request::MakeCredential(request) => self.make_credential(*request, now),
            Request::GetAssertion(request) => self.get_assertion(*request, caller, now),
            Request::GetNextAssertion => self.get_next_assertion(sequence, caller, now).map(Step::Reply),
            Request::GetInfo => Ok(Step::Reply(self.get_info())),
            Request::ClientPin(request) => self.client_pin(request, now),
            Request::Selection => Ok(self.selection(now)),
            Request::Reset => self.reset(now),
            Request::CredentialManagement(request) => {
                self.credential_management(*request, sequence, caller, now).map(Step::Reply)
            }
            Request::BioEnrollment(request) => self.bio_enrollment(*request, now),
            Request::Config(request) => self.config(*request, now).map(Step::Reply),
            Request::LargeBlobs(request) => self.large_blobs(request, caller, now).map(Step::Reply),
            Request::Unknown(_) => Err(Status::InvalidCommand),
        }
    }

    /// Goes on with a command that waited. [`Presence::Cancelled`] does not come here.
    pub(crate) fn resume(&mut self, pending: Pending, outcome: Presence, now: Millis) -> Result<Step, Status> {
        match pending {
            Pending::Blink(_) => Err(self.blinked(outcome)),
            // Whether the touch came or not (step 12).
            Pending::Excluded(_) => Err(Status::CredentialExcluded),
            Pending::MakeCredential(admitted, verified) => {
                touched(outcome)?;
                self.finish_make_credential(*admitted, verified).map(Step::Reply)
            }
            Pending::GetAssertion(located) => {
                touched(outcome)?;
                self.finish_get_assertion(*located, now).map(Step::Reply)
            }
            Pending::Verify(verification) => self.verified(verification, outcome, now),
            Pending::Enroll(capture) => self.captured(capture, outcome).map(Step::Reply),
            Pending::Selection => selection::finish(outcome).map(Step::Reply),
            Pending::Reset => self.finish_reset(outcome).map(Step::Reply),
        }
    }

    /// Goes on with a command whose finger was recognised.
    pub(crate) fn go_on(&mut self, then: Then, verified: Verified, now: Millis) -> Result<Step, Status> {
        match then {
            Then::MakeCredential(admitted) => self.make_credential_verified(admitted, verified, now),
            Then::GetAssertion(prepared) => self.get_assertion_verified(*prepared, verified, now),
            Then::Token(wish) => Ok(Step::Reply(self.token_by_finger(*wish, now)?)),
        }
    }

    /// Step 1 of §6.1.2 and §6.2.2.
    fn blinked(&self, outcome: Presence) -> Status {
        match touched(outcome) {
            Err(status) => status,
            Ok(()) if self.state.pin.is_some() => Status::PinInvalid,
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

/// Where declining and waiting too long are told apart (§6.6, §6.9, and with fingers).
pub(crate) fn touched_or_late(outcome: Presence) -> Result<(), Status> {
    match outcome {
        Presence::TimedOut => Err(Status::UserActionTimeout),
        outcome => touched(outcome),
    }
}
