//! Registering and signing in as purposes: what a key is for them, and what the caller is told in the end.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use fob_ambient::Millis;
use fob_bus::types::Outcome;
use fob_client::{CancelToken, Session, Watch, ceremony};
use fob_webauthn::{Assertion, Creation};

use super::perform::{self, Done};
use super::{Ceremony, Failure, Fit, Part, PassedPin, Prompted, Purpose};
use crate::daemon::Daemon;
use crate::errors;
use crate::request::Request;

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

impl Purpose for Plan {
    type Done = Done;

    fn fit(&self, session: &mut Session, watch: &mut Watch<'_>) -> Result<Fit, Failure> {
        match self {
            Self::Create(creation) => {
                creation.for_key(session.info()).map_err(Failure::unfit)?;
                Ok(Fit::Could)
            }
            Self::Get(assertion) => {
                let plan = assertion.for_key(session.info()).map_err(Failure::unfit)?;
                if plan.allow.is_empty() {
                    return Ok(Fit::Could);
                }
                let known = ceremony::knows(session, &plan.rp_id, &plan.allow, watch);
                let known = known.map_err(|error| errors::key(&error))?;
                Ok(if known.is_some() { Fit::Knows } else { Fit::Could })
            }
        }
    }

    fn perform(
        &self,
        session: &mut Session,
        person: &mut Prompted,
        cancel: &CancelToken,
        deadline: Millis,
    ) -> Result<Done, Failure> {
        match self {
            Self::Create(creation) => perform::create(creation, session, person, cancel, deadline),
            Self::Get(assertion) => perform::get(assertion, session, person, cancel, deadline),
        }
    }
}

impl Ceremony<Plan> {
    /// A ceremony of its own request.
    pub(crate) fn alone(plan: Plan, deadline: Millis, key: Option<String>, pin: Option<OwnedFd>) -> Self {
        let pin = pin.map(PassedPin::Unread);
        Self { purpose: Arc::new(plan), deadline, key, pin, part: Part::default() }
    }

    /// Runs it to its end.
    pub(crate) async fn run(self, daemon: Arc<Daemon>, request: Arc<Request>) -> Outcome {
        match self.hold(&daemon, &request).await {
            Ok(done) => {
                tracing::info!("a request ended well");
                Outcome { response_json: Some(done.json), message: done.remark, ..Outcome::default() }
            }
            Err(failure) => failure.told(&request),
        }
    }
}
