//! A ceremony under way: the key, the person, the time that is left, and the way to a token.

use fob_ambient::Millis;
use fob_ctap::Command;
use fob_ctap::client_pin::Permissions;
use fob_ctap::entity::RpId;
use fob_ctap::pin::{Pin, PinUvAuthToken};

use super::CeremonyError;
use super::person::{NewPinQuestion, NewPinReason, Person, PinAnswer, PinQuestion};
use super::verification::Plan;
use crate::pin::{self, PinError, Policy, PolicyProblem};
use crate::{CancelToken, KeyError, Session, Watch};

/// What one ceremony has to do with.
pub(super) struct Flow<'a> {
    pub(super) session: &'a mut Session,
    person: &'a mut dyn Person,
    cancel: &'a CancelToken,
    deadline: Millis,
    pin: Remembered,
}

/// The PIN in a ceremony of several requests: each takes a token of its own, and the person gives it once.
enum Remembered {
    Never,
    NotYet,
    Pin(Pin),
}

/// How a request shows that the person was verified.
pub(super) enum Proof {
    None,
    Token(PinUvAuthToken),
    /// The option `uv`.
    BuiltIn,
}

impl Proof {
    /// The members that show it for this client data hash: `uv`, `pinUvAuthParam`, `pinUvAuthProtocol`.
    pub(super) fn members(&self, client_data_hash: &[u8; 32]) -> (Option<bool>, Option<Vec<u8>>, Option<u64>) {
        match self {
            Self::None => (None, None, None),
            Self::BuiltIn => (Some(true), None, None),
            Self::Token(token) => (None, Some(token.authenticate(client_data_hash)), Some(token.protocol().number())),
        }
    }

    /// The token, if that is how.
    pub(super) const fn token(&self) -> Option<&PinUvAuthToken> {
        match self {
            Self::Token(token) => Some(token),
            Self::None | Self::BuiltIn => None,
        }
    }
}

impl<'a> Flow<'a> {
    pub(super) fn new(
        session: &'a mut Session,
        person: &'a mut dyn Person,
        cancel: &'a CancelToken,
        deadline: Millis,
    ) -> Self {
        Self { session, person, cancel, deadline, pin: Remembered::Never }
    }

    /// A PIN that was right serves until the end.
    pub(super) fn remembering_the_pin(mut self) -> Self {
        self.pin = Remembered::NotYet;
        self
    }

    /// Tells which touch comes next.
    pub(super) fn step(&mut self, step: u32, steps: u32) {
        self.person.step(step, steps);
    }

    /// Does something with the session, until the ceremony's deadline, with the person looking on.
    pub(super) fn watched<T>(&mut self, work: impl FnOnce(&mut Session, &mut Watch<'_>) -> T) -> T {
        let person = &mut *self.person;
        let mut states = |state| person.state(state);
        work(self.session, &mut Watch { deadline: self.deadline, cancel: self.cancel, states: &mut states })
    }

    /// A command that may wait for the person.
    pub(super) fn call<C: Command>(&mut self, command: &C) -> Result<C::Reply, KeyError> {
        self.watched(|session, watch| session.call(command, watch))
    }

    /// Carries a plan out.
    pub(super) fn prove(&mut self, plan: Plan, permissions: Permissions, rp_id: &RpId) -> Result<Proof, CeremonyError> {
        let token = match plan {
            Plan::Nothing => return Ok(Proof::None),
            Plan::BuiltIn => return Ok(Proof::BuiltIn),
            Plan::NewPin => {
                let pin = self.set_pin()?;
                self.remembered(pin, |session, pin, watch| pin::token(session, pin, permissions, Some(rp_id), watch))?
            }
            Plan::Pin if self.session.info().force_pin_change == Some(true) => {
                let pin = self.change_pin()?;
                self.remembered(pin, |session, pin, watch| pin::token(session, pin, permissions, Some(rp_id), watch))?
            }
            Plan::Pin => {
                self.with_pin(|session, pin, watch| pin::token(session, pin, permissions, Some(rp_id), watch))?
            }
        };
        Ok(Proof::Token(token))
    }

    /// Does something with the person's PIN, asking again for as long as it is wrong and the person wants to go on.
    fn with_pin<T>(
        &mut self,
        mut work: impl FnMut(&mut Session, &Pin, &mut Watch<'_>) -> Result<T, PinError>,
    ) -> Result<T, CeremonyError> {
        if let Remembered::Pin(_) = self.pin
            && let Remembered::Pin(pin) = std::mem::replace(&mut self.pin, Remembered::NotYet)
        {
            // It was right a moment ago: who is asked for it again is nobody but a key that has changed its mind.
            return Ok(self.remembered(pin, &mut work)?);
        }
        let mut wrong_before = false;
        loop {
            let left = self.watched(pin::retries)?;
            if left.retries == 0 {
                return Err(PinError::Blocked.into());
            }
            if left.power_cycle_state == Some(true) {
                return Err(PinError::PowerCycle.into());
            }
            let least = Policy::of(self.session.info()).least;
            let question = PinQuestion { retries: left.retries, wrong_before, least };
            let PinAnswer::Pin(pin) = self.person.pin(question) else { return Err(self.no_pin()) };
            match self.remembered(pin, &mut work) {
                Err(PinError::Wrong { .. }) => wrong_before = true,
                other => return Ok(other?),
            }
        }
    }

    /// Does something with a PIN, and keeps it if it was right and is wanted again.
    fn remembered<T>(
        &mut self,
        pin: Pin,
        work: impl FnOnce(&mut Session, &Pin, &mut Watch<'_>) -> Result<T, PinError>,
    ) -> Result<T, PinError> {
        let done = self.watched(|session, watch| work(session, &pin, watch));
        if done.is_ok() && !matches!(self.pin, Remembered::Never) {
            self.pin = Remembered::Pin(pin);
        }
        done
    }

    /// The person chooses the key's first PIN.
    fn set_pin(&mut self) -> Result<Pin, CeremonyError> {
        self.choose_pin(NewPinReason::NotSet, |flow, new| {
            Ok(flow.watched(|session, watch| pin::set(session, new, watch))?)
        })
    }

    /// The person gives the old PIN and chooses another. The new one is asked for first, so that a wrong old PIN does
    /// not cost the choice, and a choice against the rules costs no try.
    fn change_pin(&mut self) -> Result<Pin, CeremonyError> {
        self.choose_pin(NewPinReason::ChangeForced, |flow, new| {
            flow.with_pin(|session, old, watch| pin::change(session, old, new, watch))
        })
    }

    /// Asks for a new PIN until `put` gets it into the key.
    fn choose_pin(
        &mut self,
        mut reason: NewPinReason,
        mut put: impl FnMut(&mut Self, &Pin) -> Result<(), CeremonyError>,
    ) -> Result<Pin, CeremonyError> {
        loop {
            let policy = Policy::of(self.session.info());
            let question = NewPinQuestion { reason, least: policy.least, most: policy.most };
            let PinAnswer::Pin(new) = self.person.new_pin(question) else { return Err(self.no_new_pin(reason)) };
            let problem: PolicyProblem = match policy.check(&new) {
                Err(problem) => problem,
                Ok(()) => match put(self, &new) {
                    Ok(()) => return Ok(new),
                    Err(CeremonyError::Pin(PinError::Policy(problem))) => problem,
                    Err(error) => return Err(error),
                },
            };
            reason = NewPinReason::Refused(problem);
        }
    }

    /// Why there is no answer: a request that has ended says so, rather than that the person gave up.
    fn no_pin(&self) -> CeremonyError {
        if self.cancel.is_cancelled() {
            KeyError::Cancelled.into()
        } else if self.session.now() >= self.deadline {
            KeyError::TimedOut.into()
        } else {
            CeremonyError::GaveUp
        }
    }

    /// The same for a new PIN: who was never asked for one learns what the key needs.
    fn no_new_pin(&self, reason: NewPinReason) -> CeremonyError {
        match (self.no_pin(), reason) {
            (CeremonyError::GaveUp, NewPinReason::NotSet) => PinError::NotSet.into(),
            (CeremonyError::GaveUp, NewPinReason::ChangeForced) => PinError::ChangeRequired.into(),
            (other, _) => other,
        }
    }
}
