//! authenticatorGetNextAssertion (§6.3): the further accounts, one a command.

use fob_ambient::Millis;
use fob_ctap::get_assertion::GetNextAssertion;
use fob_ctap::{Command, Status};

use super::Sequence;
use super::get_assertion::{Candidate, Ground};
use crate::Authenticator;
use crate::authenticator::Caller;

/// How long the key remembers, in milliseconds, from the last assertion on (§6.3 step 3).
const REMEMBERED: Millis = Millis(30_000);

/// What getAssertion left to be asked for.
#[derive(Debug)]
pub(crate) struct Continuation {
    ground: Ground,
    candidates: std::vec::IntoIter<Candidate>,
    caller: Caller,
    last: Millis,
}

impl Continuation {
    pub(super) fn new(ground: Ground, candidates: std::vec::IntoIter<Candidate>, caller: Caller, last: Millis) -> Self {
        Self { ground, candidates, caller, last }
    }
}

impl Authenticator {
    pub(super) fn get_next_assertion(
        &mut self,
        sequence: Option<Sequence>,
        caller: Caller,
        now: Millis,
    ) -> Result<Vec<u8>, Status> {
        // Step 1. To another platform there never was a getAssertion, and to the one that asked nothing is lost.
        let Some(Sequence::Assertions(mut kept)) = sequence else { return Err(Status::NotAllowed) };
        if kept.caller != caller {
            self.sequence = Some(Sequence::Assertions(kept));
            return Err(Status::NotAllowed);
        }
        // Step 3; what is too old stays forgotten.
        if now.since(kept.last) > REMEMBERED {
            return Err(Status::NotAllowed);
        }
        // Steps 2 and 4.
        let candidate = kept.candidates.next().ok_or(Status::NotAllowed)?;
        let reply = self.assertion(&kept.ground, candidate)?;
        // Step 7.
        kept.last = now;
        self.sequence = Some(Sequence::Assertions(kept));
        Ok(GetNextAssertion::encode_reply(&reply))
    }
}
