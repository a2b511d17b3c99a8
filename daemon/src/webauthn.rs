//! `dev.fob.WebAuthn1`: from a call to a request under way. What WebAuthn's own rules refuse is refused at once, before
//! there is a request; everything else ends in `Request1.Done`.

use fob_bus::types::CeremonyOptions;
use fob_bus::{CallError, ErrorKind};
use fob_webauthn::{Assertion, Caller, Creation, Error, Origin};
use zbus::message::Header;
use zbus::{Connection, OwnedObjectPath, interface};

use crate::ceremony::{Ceremony, Plan};
use crate::errors;
use crate::guest::{Guest, Owner};
use crate::policy::Operation;
use crate::request;

/// The only type of credential that there is (WebAuthn Level 3 §5.8.2).
const PUBLIC_KEY: &str = "publicKey";

/// The object.
pub(crate) struct WebAuthn(pub(crate) Guest);

#[interface(name = "dev.fob.WebAuthn1", introspection_docs = false)]
impl WebAuthn {
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
        let caller = caller(parent_window, origin, kind, &options)?;
        let creation = Creation::new(caller, &options.request_json).map_err(|error| errors::webauthn(&error))?;
        self.begin(owner, Plan::Create(Box::new(creation)), options).await
    }

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
        let caller = caller(parent_window, origin, kind, &options)?;
        let assertion = Assertion::new(caller, &options.request_json).map_err(|error| errors::webauthn(&error))?;
        self.begin(owner, Plan::Get(Box::new(assertion)), options).await
    }
}

impl WebAuthn {
    async fn begin(&self, owner: Owner, plan: Plan, options: CeremonyOptions) -> Result<OwnedObjectPath, CallError> {
        let daemon = self.0.daemon.clone();
        if let Some(id) = &options.key {
            daemon.keys.key(id)?;
        }
        let what = plan.word();
        let deadline = daemon.keys.deadline_in(plan.timeout());
        let ceremony = Ceremony::alone(plan, deadline, options.key, options.pin.map(Into::into));
        let work = |request| ceremony.run(daemon, request);
        request::begin(&self.0, owner, &options.handle_token, what, work).await
    }
}

/// Who calls, in WebAuthn's words. The parent window is for prompts, and there are none yet.
fn caller(_parent_window: &str, origin: &str, kind: &str, options: &CeremonyOptions) -> Result<Caller, CallError> {
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
