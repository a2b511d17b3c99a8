//! A ceremony from its turn to its end: wait for the turn, for a key, for the person; then one transaction.
//!
//! What it is for is a [`Purpose`]: signing in somewhere (`plan`), or a way into the vault (`slots`). What the standards
//! say about it is in `fob_webauthn` and `fob_vault`, what is said to the key in `fob_client::ceremony`; this module
//! waits. Which key is used is decided in `choice`, what is asked of the person in `person`.
//!
//! Left out: waiting for a key that was pulled out in the middle to come back. The request ends with `KeyRemoved`, and
//! the person begins again: what is inserted next may be another key, and the PIN was for the first one.

mod attend;
mod choice;
mod errand;
mod failure;
mod perform;
mod person;
mod plan;

use std::sync::Arc;

use fob_ambient::Millis;
use fob_bus::ErrorKind;
use fob_bus::types::{StateDetails, request_state};
use fob_client::{CancelToken, Session, Watch};

use crate::daemon::Daemon;
use crate::keys::Key;
use crate::request::Request;

pub(crate) use errand::Errand;
pub(crate) use failure::Failure;
pub(crate) use person::{PassedPin, Prompted};
pub(crate) use plan::Plan;

/// What a key is for a purpose, told without a touch.
#[derive(Debug)]
pub(crate) enum Fit {
    /// A credential of the list is on it.
    Knows,
    /// It could do it.
    Could,
}

/// What is to be done with a key.
pub(crate) trait Purpose: Send + Sync + 'static {
    /// What it brings.
    type Done: Send + 'static;

    /// What this key is for it. Never blinks.
    ///
    /// # Errors
    /// Why it is no candidate.
    fn fit(&self, session: &mut Session, watch: &mut Watch<'_>) -> Result<Fit, Failure>;

    /// Does it with the key of this session. Blocks until it is done, cancelled, or the deadline has passed.
    ///
    /// # Errors
    /// Why it is not done.
    fn perform(
        &self,
        session: &mut Session,
        person: &mut Prompted,
        cancel: &CancelToken,
        deadline: Millis,
    ) -> Result<Self::Done, Failure>;
}

/// Where a ceremony stands among several of one request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Part {
    /// Touches before it.
    pub(crate) before: u32,
    /// Touches in all; as many as it has itself if absent.
    pub(crate) of: Option<u32>,
    /// What the person is told besides: the way in that is asked.
    pub(crate) about: StateDetails,
    /// A key that does not fit is passed over, and another one waited for.
    pub(crate) patient: bool,
}

/// A ceremony that is about to begin.
pub(crate) struct Ceremony<P> {
    /// What for.
    pub(crate) purpose: Arc<P>,
    /// Until when, on the daemon's clock.
    pub(crate) deadline: Millis,
    /// The key to use, if the caller named one.
    pub(crate) key: Option<String>,
    /// The PIN, from callers that know it.
    pub(crate) pin: Option<PassedPin>,
    /// What else the request asks for.
    pub(crate) part: Part,
}

impl<P: Purpose> Ceremony<P> {
    /// Takes its turn and goes through with it.
    ///
    /// # Errors
    /// Why it came to nothing.
    pub(crate) async fn hold(mut self, daemon: &Arc<Daemon>, request: &Arc<Request>) -> Result<P::Done, Failure> {
        let queued = || request.report(request_state::QUEUED, StateDetails::default());
        let turn = self.until_end(daemon, request, daemon.stage.enter(queued)).await?;
        let mut refused = Vec::new();
        let done = loop {
            let key = self.choose(daemon, request, &refused).await?;
            request.report(request_state::WORKING, self.about(&key));
            let done = self.transact(daemon, request, &key).await;
            match done {
                Err(failure) if self.part.patient && failure.cause.kind == ErrorKind::NoKey => refused.push(key.id),
                done => break done,
            }
        };
        drop(turn);
        done
    }

    async fn transact(&mut self, daemon: &Arc<Daemon>, request: &Arc<Request>, key: &Key) -> Result<P::Done, Failure> {
        let (cancel, deadline) = (request.cancel_token(), self.deadline);
        let (token, purpose) = (cancel.clone(), self.purpose.clone());
        let pin = if self.part.patient { self.pin.as_ref().and_then(PassedPin::again) } else { self.pin.take() };
        let surroundings = (request.clone(), daemon.clock.clone());
        let mut person = Prompted::new(surroundings, deadline, self.about(key), pin).within(&self.part);
        let work = move |session: &mut Session| purpose.perform(session, &mut person, &token, deadline);
        daemon.keys.transact(key, cancel, deadline, work).await
    }

    /// Waits for something else than a key: as long as the request lasts.
    async fn until_end<T>(
        &self,
        daemon: &Daemon,
        request: &Request,
        something: impl Future<Output = T>,
    ) -> Result<T, Failure> {
        let left = self.deadline.since(daemon.clock.monotonic());
        tokio::select! {
            biased;
            end = request.ended() => Err(Failure::ended(end)),
            something = something => Ok(something),
            () = tokio::time::sleep(left.duration()) => Err(Failure::timed_out()),
        }
    }

    fn about(&self, key: &Key) -> StateDetails {
        StateDetails { key: Some(key.id.clone()), product: Some(key.product.clone()), ..self.part.about.clone() }
    }
}
