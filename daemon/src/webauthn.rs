//! `dev.fob.WebAuthn1`: from a call to a request under way. What WebAuthn's own rules refuse is refused at once, before
//! there is a request; everything else ends in `Request1.Done`.

use fob_bus::types::CeremonyOptions;
use fob_bus::{CallError, ErrorKind};
use fob_webauthn::{Assertion, Caller, Creation, Error, Origin};
use zbus::message::Header;
use zbus::{Connection, OwnedObjectPath, interface};

use crate::ceremony::{Ceremony, Errand, Plan};
use crate::daemon::Daemon;
use crate::errors;
use crate::guest::{Guest, Owner};
use crate::policy::{self, Decision, Operation, Want};
use crate::request;

/// The only type of credential that there is (WebAuthn Level 3 §5.8.2).
const PUBLIC_KEY: &str = "publicKey";

/// The object.
pub(crate) struct WebAuthn(pub(crate) Guest);

#[interface(name = "dev.fob.WebAuthn1", introspection_docs = false)]
impl WebAuthn {
    #[zbus(out_args("request"))]
    async fn create_credential(
        &self,
        parent_window: &str,
        origin: &str,
        kind: &str,
        options: CeremonyOptions,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<OwnedObjectPath, CallError> {
        let owner = self.0.admit(connection, &header, Operation::Ceremony).await?;
        let caller = caller(origin, kind, &options)?;
        let creation = Creation::new(caller, &options.request_json).map_err(|error| errors::webauthn(&error))?;
        self.begin(owner, parent_window, Plan::Create(Box::new(creation)), options).await
    }

    #[zbus(out_args("request"))]
    async fn get_credential(
        &self,
        parent_window: &str,
        origin: &str,
        kind: &str,
        options: CeremonyOptions,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<OwnedObjectPath, CallError> {
        let owner = self.0.admit(connection, &header, Operation::Ceremony).await?;
        let caller = caller(origin, kind, &options)?;
        let assertion = Assertion::new(caller, &options.request_json).map_err(|error| errors::webauthn(&error))?;
        self.begin(owner, parent_window, Plan::Get(Box::new(assertion)), options).await
    }
}

impl WebAuthn {
    async fn begin(
        &self,
        owner: Owner,
        parent_window: &str,
        plan: Plan,
        options: CeremonyOptions,
    ) -> Result<OwnedObjectPath, CallError> {
        let daemon = self.0.daemon.clone();
        let owner = owner.speaking_for(options.app_id.as_deref())?;
        if options.pin.is_some() && !owner.is_companion() {
            return Err(CallError::new(
                ErrorKind::Denied,
                "fob asks for the PIN itself, and takes it from nobody else",
            ));
        }
        let errand = decided(&daemon, owner.clone(), parent_window, &plan)?;
        if let Some(id) = &options.key {
            daemon.keys.key(id)?;
        }
        let given = given(&errand);
        let what = plan.word();
        let deadline = daemon.keys.deadline_in(plan.timeout());
        let ceremony = Ceremony::alone(plan, deadline, options.key, options.pin.map(Into::into));
        let work = |request| ceremony.run(daemon, request, errand);
        let path = request::begin(&self.0, owner.clone(), &options.handle_token, what, work).await?;
        // What was not begun was not given.
        if let Some((want, why)) = given {
            policy::note(&self.0.daemon, &owner, &want, want.site(), Ok(why));
        }
        Ok(path)
    }
}

/// What is given without a question, and why.
fn given(errand: &Errand) -> Option<(Want, &'static str)> {
    match errand.decision {
        Decision::Allow(leave) => Some((errand.want.clone(), leave.why)),
        Decision::Ask(_) | Decision::Refuse(_) => None,
    }
}

/// What follows for this caller before there is a request. Who has to be asked about is asked about in it.
fn decided(daemon: &Daemon, owner: Owner, parent_window: &str, plan: &Plan) -> Result<Errand, CallError> {
    let (want, what) = (plan.want(), plan.what());
    let decision = daemon.consent.decide(&daemon.clients, &owner, &want);
    match decision {
        Decision::Allow(_) | Decision::Ask(_) => {}
        Decision::Refuse(no) => {
            policy::note(daemon, &owner, &want, want.site(), Err(no.to_string()));
            return Err(policy::refused(&owner.caller, &no));
        }
    }
    Ok(Errand { owner, want, what, parent_window: parent_window.to_owned(), decision })
}

/// Who calls, in WebAuthn's words.
fn caller(origin: &str, kind: &str, options: &CeremonyOptions) -> Result<Caller, CallError> {
    if kind != PUBLIC_KEY {
        return Err(CallError::new(ErrorKind::NotSupportedError, "only credentials of the type publicKey exist here"));
    }
    let parsed = |text: &str| Origin::parse(text).map_err(|error| errors::webauthn(&Error::Origin(error)));
    let document = parsed(origin)?;
    Ok(match &options.top_origin {
        Some(top) => Caller::cross_origin(document, parsed(top)?),
        None => Caller::same_origin(document),
    })
}
