//! The person at the machine, as one ceremony sees them: through the request's states and pipes.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use fob_ambient::{Clock, Millis};
use fob_bus::types::{StateDetails, request_state};
use fob_bus::{CallError, ErrorKind};
use fob_client::KeyState;
use fob_client::ceremony::{CeremonyError, NewPinQuestion, NewPinReason, Person, PinAnswer, PinQuestion};

use super::about;
use crate::keys::Key;
use crate::request::Request;
use crate::shield::Secrets;
use crate::{errors, secret};

/// Asks through the request. Lives on the transaction's thread and blocks there.
pub(super) struct Prompted {
    request: Arc<Request>,
    clock: Arc<dyn Clock + Send + Sync>,
    deadline: Millis,
    about: StateDetails,
    pin: GivenPin,
    /// Why no PIN came, when that is what ends the ceremony.
    gave_up: Option<CallError>,
    /// A PIN is in memory from the first answer on.
    secrets: Option<Secrets>,
}

/// What became of the PIN that the caller passed with the call.
enum GivenPin {
    /// None was: the person is asked.
    None,
    Unread(OwnedFd),
    /// Used. Who passes a PIN is not there to be asked for another: a wrong one ends the ceremony.
    Used,
}

impl Prompted {
    pub(super) fn new(
        request: Arc<Request>,
        clock: Arc<dyn Clock + Send + Sync>,
        deadline: Millis,
        key: &Key,
        pin: Option<OwnedFd>,
    ) -> Self {
        let pin = pin.map_or(GivenPin::None, GivenPin::Unread);
        Self { request, clock, deadline, about: about(key), pin, gave_up: None, secrets: None }
    }

    /// The cause behind a ceremony's failure: who gave up on a PIN knows better why.
    pub(super) fn cause(&mut self, error: &CeremonyError) -> CallError {
        match (error, self.gave_up.take()) {
            (CeremonyError::GaveUp, Some(why)) => why,
            (error, _) => errors::ceremony(error),
        }
    }

    fn give_up(&mut self, why: CallError) -> PinAnswer {
        self.gave_up = Some(why);
        PinAnswer::GiveUp
    }
}

impl Person for Prompted {
    fn state(&mut self, state: KeyState) {
        let word = match state {
            KeyState::TouchNeeded => request_state::TOUCH,
            KeyState::Processing | KeyState::Other(_) | KeyState::InUse => request_state::WORKING,
        };
        self.request.report(word, self.about.clone());
    }

    fn pin(&mut self, question: PinQuestion) -> PinAnswer {
        let retries = u32::from(question.retries);
        self.secrets.get_or_insert_with(Secrets::held);
        match std::mem::replace(&mut self.pin, GivenPin::Used) {
            GivenPin::Unread(end) => match errors::spare_last_try(retries).and_then(|()| secret::pin(&end)) {
                Ok(pin) => PinAnswer::Pin(pin),
                Err(error) => self.give_up(error),
            },
            GivenPin::Used => {
                let words = format!("wrong PIN, {retries} tries left");
                self.give_up(CallError::new(ErrorKind::PinInvalid, words).with_retries(retries))
            }
            GivenPin::None => {
                self.pin = GivenPin::None;
                let details =
                    StateDetails { retries: Some(retries), wrong: Some(question.wrong_before), ..self.about.clone() };
                let patience = self.deadline.since(self.clock.monotonic());
                match self.request.ask_pin(details, patience.duration()) {
                    Some(pin) => PinAnswer::Pin(pin),
                    None => self.give_up(CallError::new(ErrorKind::TimedOut, "no PIN was given in time")),
                }
            }
        }
    }

    fn new_pin(&mut self, question: NewPinQuestion) -> PinAnswer {
        let (kind, words) = match question.reason {
            NewPinReason::NotSet => (ErrorKind::PinNotSet, "the site wants a PIN and the key has none".to_owned()),
            NewPinReason::ChangeForced => {
                (ErrorKind::PinChangeRequired, "the key wants its PIN changed first".to_owned())
            }
            NewPinReason::Refused(problem) => {
                (ErrorKind::PinPolicy, format!("the key does not take this PIN: {problem}"))
            }
        };
        self.give_up(CallError::new(kind, words))
    }
}

#[cfg(test)]
mod tests;
