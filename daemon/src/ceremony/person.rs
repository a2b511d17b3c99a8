//! The person at the machine, as one ceremony sees them: through the request's states and pipes.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use fob_ambient::{Clock, Millis};
use fob_bus::types::{StateDetails, request_state};
use fob_bus::{CallError, ErrorKind};
use fob_client::KeyState;
use fob_client::ceremony::{CeremonyError, NewPinQuestion, NewPinReason, Person, PinAnswer, PinQuestion};
use fob_ctap::pin::Pin;

use super::Part;
use crate::request::Request;
use crate::shield::Secrets;
use crate::{errors, secret};

/// Asks through the request. Lives on the transaction's thread and blocks there.
pub(crate) struct Prompted {
    request: Arc<Request>,
    clock: Arc<dyn Clock + Send + Sync>,
    deadline: Millis,
    about: StateDetails,
    part: Part,
    pin: GivenPin,
    /// Why no PIN came, when that is what ends the ceremony.
    gave_up: Option<CallError>,
    /// A PIN is in memory from the first answer on.
    secrets: Option<Secrets>,
}

/// A PIN that the caller passed with the call.
#[derive(Debug)]
pub(crate) enum PassedPin {
    /// Still in its pipe.
    Unread(OwnedFd),
    /// For several keys.
    Read(Arc<Pin>),
}

impl PassedPin {
    /// The same once more, if it was read.
    pub(crate) fn again(&self) -> Option<Self> {
        match self {
            Self::Unread(_) => None,
            Self::Read(pin) => Some(Self::Read(pin.clone())),
        }
    }

    /// The PIN itself. Blocks for one that is still in its pipe.
    ///
    /// # Errors
    /// What is wrong with the pipe or the PIN.
    pub(crate) fn take(self) -> Result<Pin, CallError> {
        match self {
            Self::Unread(end) => secret::pin(&end),
            Self::Read(pin) => Ok(Pin::new(pin.expose().to_owned()).expect("it is one")),
        }
    }
}

/// What became of the PIN that the caller passed with the call.
enum GivenPin {
    /// None was: the person is asked.
    None,
    Passed(PassedPin),
    /// Used. Who passes a PIN is not there to be asked for another: a wrong one ends the ceremony.
    Used,
}

impl Prompted {
    pub(super) fn new(
        (request, clock): (Arc<Request>, Arc<dyn Clock + Send + Sync>),
        deadline: Millis,
        about: StateDetails,
        pin: Option<PassedPin>,
    ) -> Self {
        let pin = pin.map_or(GivenPin::None, GivenPin::Passed);
        Self { request, clock, deadline, about, part: Part::default(), pin, gave_up: None, secrets: None }
    }

    /// The same in a ceremony that is a part of a request.
    pub(super) fn within(self, part: &Part) -> Self {
        let step = part.of.map(|_| part.before.saturating_add(1));
        let about = StateDetails { step, steps: part.of, ..self.about };
        Self { about, part: part.clone(), ..self }
    }

    /// The cause behind a ceremony's failure: who gave up on a PIN knows better why.
    pub(crate) fn cause(&mut self, error: &CeremonyError) -> CallError {
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

    fn step(&mut self, step: u32, steps: u32) {
        self.about.step = Some(self.part.before.saturating_add(step));
        self.about.steps = Some(self.part.of.unwrap_or(steps));
    }

    fn pin(&mut self, question: PinQuestion) -> PinAnswer {
        let retries = u32::from(question.retries);
        self.secrets.get_or_insert_with(Secrets::held);
        match std::mem::replace(&mut self.pin, GivenPin::Used) {
            GivenPin::Passed(pin) => match errors::spare_last_try(retries).and_then(|()| pin.take()) {
                Ok(pin) => PinAnswer::Pin(pin),
                Err(error) => self.give_up(error),
            },
            GivenPin::Used => {
                let tries = if retries == 1 { "try" } else { "tries" };
                let words = format!("wrong PIN, {retries} {tries} left");
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
            NewPinReason::NotSet => (ErrorKind::PinNotSet, "a PIN is wanted and the key has none".to_owned()),
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
