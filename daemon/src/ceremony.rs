//! A ceremony from its turn to its outcome: wait for the turn, for a key, for the person; then one transaction.
//!
//! What the standard says about it is in `fob_webauthn`, what is said to the key in `fob_client::ceremony`; this
//! module waits. Which key is used is decided in `choice`, what is asked of the person in `person`.
//!
//! Left out: waiting for a key that was pulled out in the middle to come back. The request ends with `KeyRemoved`, and
//! the person begins again: what is inserted next may be another key, and the PIN was for the first one.

mod choice;
mod failure;
mod perform;
mod person;

use std::os::fd::OwnedFd;
use std::sync::Arc;

use fob_ambient::Millis;
use fob_bus::types::{Outcome, StateDetails, request_state};
use fob_webauthn::{Assertion, Creation};

use crate::daemon::Daemon;
use crate::keys::Key;
use crate::request::Request;

use failure::Failure;
use person::Prompted;

/// What is to be done.
pub(crate) enum Plan {
    /// Register.
    Create(Box<Creation>),
    /// Sign in.
    Get(Box<Assertion>),
}

impl Plan {
    /// How long it may take.
    pub(crate) fn timeout(&self) -> Millis {
        match self {
            Self::Create(creation) => creation.timeout(),
            Self::Get(assertion) => assertion.timeout(),
        }
    }

    /// For the diary.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Get(_) => "get",
        }
    }
}

/// A ceremony that is about to begin.
pub(crate) struct Ceremony {
    /// What.
    pub(crate) plan: Arc<Plan>,
    /// Until when, on the daemon's clock.
    pub(crate) deadline: Millis,
    /// The key to use, if the caller named one.
    pub(crate) key: Option<String>,
    /// A pipe with the PIN, from callers that know it.
    pub(crate) pin: Option<OwnedFd>,
}

/// What a ceremony brought.
struct Done {
    json: String,
    /// What the person should know about it.
    remark: Option<String>,
}

impl Ceremony {
    /// Runs it to its end.
    pub(crate) async fn run(self, daemon: Arc<Daemon>, request: Arc<Request>) -> Outcome {
        match self.succeed(&daemon, &request).await {
            Ok(done) => {
                tracing::info!("a request ended well");
                Outcome { response_json: Some(done.json), message: done.remark, ..Outcome::default() }
            }
            Err(failure) => {
                let failure = failure.seen_from(&request);
                tracing::info!(cause = failure.cause.kind.name(), message = failure.cause.message, "a request failed");
                failure.outcome()
            }
        }
    }

    async fn succeed(self, daemon: &Arc<Daemon>, request: &Arc<Request>) -> Result<Done, Failure> {
        let queued = || request.report(request_state::QUEUED, StateDetails::default());
        let turn = self.until_end(daemon, request, daemon.stage.enter(queued)).await?;
        let key = self.choose(daemon, request).await?;
        request.report(request_state::WORKING, about(&key));
        let (cancel, deadline) = (request.cancel_token(), self.deadline);
        let token = cancel.clone();
        let mut person = Prompted::new(request.clone(), daemon.clock.clone(), deadline, &key, self.pin);
        let plan = self.plan;
        let done = daemon
            .keys
            .transact(&key, cancel, deadline, move |session| plan.perform(session, &mut person, &token, deadline))
            .await;
        drop(turn);
        done
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
}

fn about(key: &Key) -> StateDetails {
    StateDetails { key: Some(key.id.clone()), product: Some(key.product.clone()), ..StateDetails::default() }
}
