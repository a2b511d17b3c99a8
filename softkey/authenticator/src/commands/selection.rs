//! authenticatorSelection (§6.9): the person touches the key they mean.

use fob_ambient::Millis;
use fob_ctap::{Command, Status};

use super::{Pending, touched_or_late};
use crate::authenticator::Step;
use crate::{Authenticator, Presence, Reason};

impl Authenticator {
    pub(super) fn selection(&mut self, now: Millis) -> Step {
        self.ask(Reason::Selection, Pending::Selection, now)
    }
}

pub(super) fn finish(outcome: Presence) -> Result<Vec<u8>, Status> {
    touched_or_late(outcome)?;
    Ok(fob_ctap::selection::Selection::encode_reply(&()))
}
