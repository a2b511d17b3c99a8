//! The object of a request, and the task that goes with it: signals to the owner, the end with the owner.

use std::sync::Arc;

use fob_bus::types::{Outcome, StateDetails, request_state};
use fob_bus::{CallError, ErrorKind};
use tokio::task::JoinError;
use zbus::message::Header;
use zbus::names::BusName;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, OwnedFd, interface};

use super::{End, Request, Ticket, not_asked};
use crate::errors::dom_name;
use crate::guest::Guest;
use crate::policy::Operation;
use crate::thread::blocking;
use crate::{secret, shield};

/// The object.
struct RequestObject {
    guest: Guest,
    request: Arc<Request>,
}

#[interface(name = "dev.fob.Request1", introspection_docs = false)]
impl RequestObject {
    async fn cancel(
        &self,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<(), CallError> {
        self.admit(connection, &header).await?;
        self.request.end(End::Cancelled);
        Ok(())
    }

    async fn provide_pin(
        &self,
        pin: OwnedFd,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<(), CallError> {
        self.admit(connection, &header).await?;
        if !self.request.owner.is_companion() {
            return Err(CallError::new(
                ErrorKind::Denied,
                "fob asks for the PIN itself, and takes it from nobody else",
            ));
        }
        if !self.request.wants_pin() {
            return Err(not_asked());
        }
        let (end, request) = (pin.into(), self.request.clone());
        blocking(move || {
            let _secrets = shield::Secrets::held();
            request.answer_pin(secret::pin(&end)?)
        })
        .await
    }

    #[zbus(signal)]
    async fn state_changed(emitter: &SignalEmitter<'_>, state: &str, details: StateDetails) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn done(emitter: &SignalEmitter<'_>, outcome: Outcome) -> zbus::Result<()>;
}

impl RequestObject {
    /// Its owner alone may speak to it.
    async fn admit(&self, connection: &Connection, header: &Header<'_>) -> Result<(), CallError> {
        let caller = self.guest.admit(connection, header, Operation::Ceremony).await?;
        if caller.name == self.request.owner.name {
            return Ok(());
        }
        Err(CallError::new(ErrorKind::Denied, "this request belongs to another program"))
    }
}

/// Puts the request's object on its path and lets `work` run; the object goes when it has come to its end.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] if a request of that name is under way.
pub(super) async fn serve<W>(guest: Guest, request: Arc<Request>, ticket: Ticket, work: W) -> Result<(), CallError>
where
    W: Future<Output = Outcome> + Send + 'static,
{
    let server = request.owner.connection.object_server();
    let object = RequestObject { guest, request: request.clone() };
    match server.at(&request.path, object).await {
        Ok(None) => {}
        Ok(Some(_)) => {
            return Err(CallError::new(ErrorKind::InvalidInput, "a request with this handle token is under way"));
        }
        Err(error) => return Err(CallError::from_error(ErrorKind::Failed, &error)),
    }
    tokio::spawn(async move {
        accompany(&request, work).await;
        let server = request.owner.connection.object_server();
        if let Err(error) = server.remove::<RequestObject, _>(&request.path).await {
            tracing::debug!(%error, "a request's object was gone already");
        }
        drop(ticket);
    });
    Ok(())
}

/// Tells the owner what happens until `work` is done, and ends it when the owner is gone.
///
/// The work is a task of its own: an owner that is told and does not listen holds up what it is told, and neither the
/// key nor those who wait for their turn.
async fn accompany(request: &Request, work: impl Future<Output = Outcome> + Send + 'static) {
    let mut states = request.state.subscribe();
    let mut work = tokio::spawn(work);
    let gone = request.owner.gone();
    tokio::pin!(gone);
    let mut alone = false;
    let outcome = loop {
        tokio::select! {
            biased;
            Ok(()) = states.changed() => {
                let (state, details) = states.borrow_and_update().clone();
                tell(request, state, details).await;
            }
            outcome = &mut work => break outcome.unwrap_or_else(broken),
            () = &mut gone, if !alone => {
                alone = true;
                request.end(End::OwnerGone);
            }
        }
    };
    if !alone {
        let sent = match emitter(request) {
            Ok(emitter) => RequestObject::done(&emitter, outcome).await,
            Err(error) => Err(error),
        };
        if let Err(error) = sent {
            tracing::debug!(%error, "nobody heard how a request ended");
        }
        tell(request, request_state::DONE, StateDetails::default()).await;
    }
}

/// The outcome of work that did not come to its end: a fault of fobd's.
fn broken(error: JoinError) -> Outcome {
    tracing::error!(%error, "a request broke");
    Outcome {
        error: Some(dom_name(ErrorKind::Failed).as_str().to_owned()),
        cause: Some(ErrorKind::Failed.name().to_owned()),
        message: Some("fobd could not bring the request to its end".to_owned()),
        ..Outcome::default()
    }
}

async fn tell(request: &Request, state: &str, details: StateDetails) {
    let sent = match emitter(request) {
        Ok(emitter) => RequestObject::state_changed(&emitter, state, details).await,
        Err(error) => Err(error),
    };
    if let Err(error) = sent {
        tracing::debug!(%error, state, "nobody heard of a request's state");
    }
}

/// To the owner and nobody else.
fn emitter(request: &Request) -> zbus::Result<SignalEmitter<'_>> {
    let emitter = SignalEmitter::new(&request.owner.connection, &request.path)?;
    Ok(match &request.owner.name {
        Some(name) => emitter.set_destination(BusName::Unique(name.as_ref())),
        None => emitter,
    })
}

#[cfg(test)]
mod tests;
