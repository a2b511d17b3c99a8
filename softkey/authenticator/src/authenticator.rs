//! The state machine: a request comes in, a reply or a question for a touch goes out.

use fob_ambient::{Millis, Rng};
use fob_ctap::{Request, Status, Strictness};

use crate::commands::{BlobWrite, Enrolment, Pending, Sequence};
use crate::pin::PinSession;
use crate::presence::TOUCH_LIMIT;
use crate::signer::Signer;
use crate::state::{Change, Changes, State};
use crate::store::{Store, StoreError};
use crate::u2f::Touches;
use crate::{Abilities, Ask, OneFinger, Presence, Reason, Sensor};

/// What an authenticator is made of besides itself.
pub struct Parts {
    /// What survives the power.
    pub store: Box<dyn Store>,
    /// Chance, for keys and tokens.
    pub rng: Box<dyn Rng>,
    /// Signatures.
    pub signer: Box<dyn Signer>,
    /// Whether requests have to be canonical CBOR, as the standard wants. Some platforms do not sort their maps.
    pub strictness: Strictness,
}

/// Who sent a request: a CTAPHID channel, or whatever else tells platforms apart. Only who began a sequence of commands
/// may go on with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller(pub u32);

/// What should happen next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send this: status, then CBOR.
    Reply(Vec<u8>),
    /// Ask for a touch and pass on how that ended through [`Authenticator::presence`].
    AskPresence(Ask),
}

/// A key with its power on. Dropping it is pulling it out.
pub struct Authenticator {
    pub(crate) state: State,
    pub(crate) pins: PinSession,
    pub(crate) rng: Box<dyn Rng>,
    pub(crate) signer: Box<dyn Signer>,
    pub(crate) abilities: Abilities,
    pub(crate) sensor: Box<dyn Sensor>,
    /// What the next command may go on with.
    pub(crate) sequence: Option<Sequence>,
    pub(crate) blob_write: Option<BlobWrite>,
    pub(crate) enrolment: Option<Enrolment>,
    pub(crate) touches: Touches,
    pub(crate) powered_up: Millis,
    store: Box<dyn Store>,
    strictness: Strictness,
    pending: Option<Pending>,
}

impl Authenticator {
    /// Power on: what was kept is read; a key that never had power before makes its secrets and keeps them. It has the
    /// default [`Abilities`].
    ///
    /// # Errors
    /// The store's. A state that cannot be read is never replaced by a new one.
    pub fn power_up(parts: Parts, now: Millis) -> Result<Self, StoreError> {
        Self::power_up_as(parts, Abilities::default(), now)
    }

    /// Power on, as a key that can do this.
    ///
    /// # Errors
    /// The store's.
    pub fn power_up_as(mut parts: Parts, abilities: Abilities, now: Millis) -> Result<Self, StoreError> {
        let state = match parts.store.load()? {
            Some(state) => state,
            None => {
                let state = State::fresh(&mut *parts.rng);
                parts.store.create(&state)?;
                state
            }
        };
        Ok(Self {
            state,
            pins: PinSession::start(&mut *parts.rng),
            rng: parts.rng,
            signer: parts.signer,
            abilities,
            sensor: Box::new(OneFinger),
            sequence: None,
            blob_write: None,
            enrolment: None,
            touches: Touches::default(),
            powered_up: now,
            store: parts.store,
            strictness: parts.strictness,
            pending: None,
        })
    }

    /// Power off and on again: tokens, key agreements, sequences and the count of wrong PINs in a row are gone.
    pub fn power_cycle(&mut self, now: Millis) {
        self.pins = PinSession::start(&mut *self.rng);
        self.sequence = None;
        self.blob_write = None;
        self.enrolment = None;
        self.touches = Touches::default();
        self.pending = None;
        self.powered_up = now;
    }

    /// Another sensor than one on which finger number 1 always lies well.
    pub fn set_sensor(&mut self, sensor: Box<dyn Sensor>) {
        self.sensor = sensor;
    }

    /// What it can do.
    #[must_use]
    pub const fn abilities(&self) -> &Abilities {
        &self.abilities
    }

    /// A request: command byte, then CBOR. A touch that was still waited for is waited for no longer.
    pub fn request(&mut self, bytes: &[u8], caller: Caller, now: Millis) -> Step {
        self.pending = None;
        if bytes.len() > self.abilities.max_message {
            return refused(Status::RequestTooLarge);
        }
        if bytes.first().is_some_and(|code| !self.has_command(*code)) {
            return refused(Status::InvalidCommand);
        }
        let step = match Request::decode(bytes, self.strictness) {
            Ok(request) => self.dispatch(request, caller, now),
            Err(malformed) => Err(malformed.status()),
        };
        step.unwrap_or_else(refused)
    }

    /// How waiting for a touch ended. Without a question before it, there is nothing to do.
    pub fn presence(&mut self, outcome: Presence, now: Millis) -> Step {
        let Some(pending) = self.pending.take() else { return refused(Status::NoOperations) };
        let step = match outcome {
            // CTAPHID_CANCEL (§11.2.9.1.5): the same for every command.
            Presence::Cancelled => Err(Status::KeepaliveCancel),
            outcome => self.resume(pending, outcome, now),
        };
        step.unwrap_or_else(refused)
    }

    /// The request that waits for a touch is forgotten: nobody wants its reply any more.
    pub fn abort(&mut self) {
        self.pending = None;
    }

    /// The state as it is, for inspection.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Waits for a touch, keeping what is to be done after it.
    pub(crate) fn ask(&mut self, reason: Reason, pending: Pending, now: Millis) -> Step {
        let rp_id = pending.rp_id().cloned();
        self.pending = Some(pending);
        Step::AskPresence(Ask { reason, rp_id, deadline: now.plus(TOUCH_LIMIT) })
    }

    /// Makes the changes of a command: durable first, then here; all or none.
    ///
    /// # Errors
    /// OTHER if the store fails; the state is then what it was before.
    pub(crate) fn commit(&mut self, changes: Vec<Change>) -> Result<(), Status> {
        let changes = Changes(changes);
        self.store.commit(&self.state, &changes).map_err(|_| Status::Other)?;
        self.state.apply(changes);
        Ok(())
    }
}

fn refused(status: Status) -> Step {
    Step::Reply(status.encode())
}
