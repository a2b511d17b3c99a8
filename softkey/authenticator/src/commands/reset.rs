//! authenticatorReset (§6.6): everything is forgotten, all at once.

use fob_ambient::Millis;
use fob_ctap::{Command, Status};

use super::{Pending, touched_or_late};
use crate::authenticator::Step;
use crate::pin::PinSession;
use crate::state::{Change, State};
use crate::{Authenticator, Presence, Reason};

/// How long after power-up a key may be reset, in milliseconds: ten seconds keep malware from doing it unseen (§6.6).
const RESET_WINDOW: Millis = Millis(10_000);

impl Authenticator {
    pub(super) fn reset(&mut self, now: Millis) -> Result<Step, Status> {
        if now.since(self.powered_up) > RESET_WINDOW {
            return Err(Status::NotAllowed);
        }
        Ok(self.ask(Reason::Reset, Pending::Reset, now))
    }

    pub(super) fn finish_reset(&mut self, outcome: Presence) -> Result<Vec<u8>, Status> {
        touched_or_late(outcome)?;
        let fresh = State::fresh(&mut *self.rng);
        self.commit(vec![Change::All(Box::new(fresh))])?;
        self.pins = PinSession::start(&mut *self.rng);
        Ok(fob_ctap::reset::Reset::encode_reply(&()))
    }
}
