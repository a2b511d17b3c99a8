//! Registering and signing in as purposes: what a key is for them, and what the caller is told in the end.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use fob_ambient::Millis;
use fob_asking::What;
use fob_client::{CancelToken, Session, Watch, ceremony};
use fob_webauthn::{Assertion, Caller, Creation};

use super::perform::{self, Done};
use super::{Ceremony, Failure, Fit, Part, PassedPin, Prompted, Purpose};
use crate::errors;
use crate::policy::{Site, Want};

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

    /// What it needs leave for.
    pub(crate) fn want(&self) -> Want {
        let site = |rp_id: String, caller: &Caller| Site {
            rp_id,
            origin: caller.origin().clone(),
            top_origin: caller.top_origin().cloned(),
        };
        match self {
            Self::Create(creation) => Want::Create(site(creation.rp_id().as_str().to_owned(), creation.caller())),
            Self::Get(assertion) => Want::Sign(site(assertion.rp_id().as_str().to_owned(), assertion.caller())),
        }
    }

    /// The same in words for a person.
    pub(crate) fn what(&self) -> What {
        let site = |caller: &Caller| (caller.origin().to_string(), caller.top_origin().map(ToString::to_string));
        match self {
            Self::Create(creation) => {
                let (origin, top_origin) = site(creation.caller());
                let user = creation.options().user.name.clone();
                What::Create { rp_id: creation.rp_id().as_str().to_owned(), origin, top_origin, user }
            }
            Self::Get(assertion) => {
                let (origin, top_origin) = site(assertion.caller());
                What::Sign { rp_id: assertion.rp_id().as_str().to_owned(), origin, top_origin }
            }
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
}
