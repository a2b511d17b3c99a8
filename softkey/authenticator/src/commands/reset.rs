//! authenticatorReset (§6.6): everything is forgotten, all at once.

use fob_ambient::Millis;
use fob_ctap::{Command, Status};

use super::{Pending, touched_or_late};
use crate::authenticator::Step;
use crate::pin::PinSession;
use crate::sealed_id::DeviceKey;
use crate::state::Change;
use crate::{Authenticator, Presence, Reason};

impl Authenticator {
    /// A key may be reset only shortly after power-up: that keeps malware from doing it unseen (§6.6).
    pub(super) fn reset(&mut self, now: Millis) -> Result<Step, Status> {
        if self.abilities.reset_window.is_some_and(|window| now.since(self.powered_up) > Millis(window)) {
            return Err(Status::NotAllowed);
        }
        let reason = match self.state.settings.long_touch_for_reset {
            true => Reason::ResetByLongTouch,
            false => Reason::Reset,
        };
        Ok(self.ask(reason, Pending::Reset, now))
    }

    pub(super) fn finish_reset(&mut self, outcome: Presence) -> Result<Vec<u8>, Status> {
        touched_or_late(outcome)?;
        let device_key = DeviceKey::generate(&mut *self.rng);
        self.commit(vec![Change::Anew(Box::new(device_key))])?;
        self.pins = PinSession::start(&mut *self.rng);
        self.blob_write = None;
        self.enrolment = None;
        Ok(fob_ctap::reset::Reset::encode_reply(&()))
    }
}
