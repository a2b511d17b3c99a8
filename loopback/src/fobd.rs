//! The calls to fobd: a connection for each request, so that what one program showed never speaks for another, and hanging
//! up takes back whatever is under way.

use std::collections::HashMap;
use std::os::fd::OwnedFd;

use async_trait::async_trait;
use fob_bus::connect::{ConnectError, connect};
use fob_bus::proxy::{Loopback1Proxy, Otp1Proxy, Request1Proxy, WebAuthn1Proxy};
use fob_bus::types::{CeremonyOptions, ClientInfo, CodeInfo, CodeOptions, Outcome, PairOptions, PresentOptions};
use fob_bus::{CallError, ErrorKind, names, pipe};
use futures_util::{FutureExt, StreamExt};
use zbus::fdo::ObjectManagerProxy;
use zbus::proxy::{Builder, CacheProperties, Defaults};
use zbus::{Connection, ObjectPath, OwnedVariant, Proxy};
use zeroize::Zeroizing;

use crate::api::Key;
use crate::problem::{Fault, Problem};
use crate::rules::Token;

/// The name of the one request that a connection has.
const HANDLE: &str = "http";
/// The only type of credential that there is.
const PUBLIC_KEY: &str = "publicKey";

/// The way to fobd; tests have another.
#[async_trait]
pub trait Fobd: Send + Sync {
    /// A fresh connection.
    ///
    /// # Errors
    /// [`ConnectError`].
    async fn connect(&self) -> Result<Connection, ConnectError>;
}

/// fobd's own socket, after a look at who listens there.
#[derive(Debug, Clone, Copy)]
pub struct OwnSocket;

#[async_trait]
impl Fobd for OwnSocket {
    async fn connect(&self) -> Result<Connection, ConnectError> {
        connect().await
    }
}

/// What is done in a ceremony.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ceremony {
    /// Make a credential.
    Create,
    /// Sign in with one.
    Get,
}

/// One connection. Dropped, it is closed, and fobd ends what it does for it.
pub(crate) struct Session(Option<Connection>);

impl Session {
    /// Connects.
    ///
    /// # Errors
    /// [`Fault::NotRunning`].
    pub(crate) async fn open(fobd: &dyn Fobd) -> Result<Self, Problem> {
        fobd.connect().await.map(|connection| Self(Some(connection))).map_err(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "fobd cannot be reached");
            Problem::of(Fault::NotRunning, "fobd cannot be reached")
        })
    }

    fn connection(&self) -> &Connection {
        self.0.as_ref().expect("the connection is there until this is dropped")
    }

    /// Whether pages of this origin may speak for a program of this user.
    ///
    /// # Errors
    /// The refusal.
    pub(crate) async fn welcome(&self, origin: &str, uid: u32) -> Result<bool, Problem> {
        self.end(async { self.at::<Loopback1Proxy<'_>>(names::ROOT).await?.welcome(origin, uid).await }).await
    }

    /// Shows the token; from then on this is the program's connection.
    ///
    /// # Errors
    /// The refusal, [`Fault::NotPaired`] among them.
    pub(crate) async fn present(&self, token: Token, uid: u32, origin: Option<String>) -> Result<(), Problem> {
        let end = pipe::holding(token.0).map_err(no_pipe)?;
        let options = PresentOptions { uid, origin };
        let shown = async { self.at::<Loopback1Proxy<'_>>(names::ROOT).await?.present(end.into(), options).await };
        match shown.await {
            Ok(_) => Ok(()),
            Err(error) if error.kind == ErrorKind::Denied => Err(Problem::of(Fault::NotPaired, error.message)),
            Err(error) => Err(self.problem(error)),
        }
    }

    /// Pairs: the digits go into `code` at once.
    ///
    /// # Errors
    /// The refusal.
    pub(crate) async fn pair(
        &self,
        options: PairOptions,
        code: OwnedFd,
    ) -> Result<(ClientInfo, Zeroizing<String>), Problem> {
        let (token, end) = pipe::awaiting().map_err(no_pipe)?;
        let call = async {
            let fobd = self.at::<Loopback1Proxy<'_>>(names::ROOT).await?;
            fobd.pair(options, code.into(), end.into()).await
        };
        let info = self.end(call).await?;
        Ok((info, taken(token).await?))
    }

    /// A code.
    ///
    /// # Errors
    /// The refusal.
    pub(crate) async fn code(
        &self,
        query: &str,
        options: CodeOptions,
    ) -> Result<(CodeInfo, Zeroizing<String>), Problem> {
        let (code, end) = pipe::awaiting().map_err(no_pipe)?;
        let call = async { self.at::<Otp1Proxy<'_>>(names::ROOT).await?.code(query, options, end.into()).await };
        let info = self.end(call).await?;
        Ok((info, taken(code).await?))
    }

    /// A ceremony, to its end.
    ///
    /// # Errors
    /// The refusal, with the DOM's name for it.
    pub(crate) async fn ceremony(&self, what: Ceremony, origin: &str, options: String) -> Result<String, Problem> {
        let outcome: Outcome = self.end(self.conduct(what, origin, options)).await?;
        let Outcome { response_json, error, cause, message, retries, .. } = outcome;
        let failed = || {
            let message = message.unwrap_or_else(|| "the ceremony failed".to_owned());
            Problem::of_ceremony(error.as_deref(), cause.as_deref(), message, retries)
        };
        response_json.ok_or_else(failed)
    }

    async fn conduct(&self, what: Ceremony, origin: &str, options: String) -> Result<Outcome, CallError> {
        let path = names::request_path(None, HANDLE).expect("the handle is a word");
        // Before the call, so that not even an end at once is missed.
        let mut done = self.at::<Request1Proxy<'_>>(path).await?.receive_done().await?;
        let options =
            CeremonyOptions { handle_token: HANDLE.to_owned(), request_json: options, ..CeremonyOptions::default() };
        let fobd: WebAuthn1Proxy<'_> = self.at(names::ROOT).await?;
        match what {
            Ceremony::Create => fobd.create_credential("", origin, PUBLIC_KEY, options).await?,
            Ceremony::Get => fobd.get_credential("", origin, PUBLIC_KEY, options).await?,
        };
        tokio::select! {
            Some(signal) = done.next() => Ok(signal.args()?.outcome),
            () = self.connection().closed() => Err(CallError::new(ErrorKind::Failed, "the connection is gone")),
        }
    }

    /// The keys that are there, in the order of their ids.
    ///
    /// # Errors
    /// The refusal.
    pub(crate) async fn keys(&self) -> Result<Vec<Key>, Problem> {
        let call = async {
            let objects = ObjectManagerProxy::builder(self.connection()).destination(names::BUS_NAME).path(names::ROOT);
            let objects = objects.cache_properties(CacheProperties::No).build().await?;
            objects.get_managed_objects().await.map_err(|error| match error {
                zbus::fdo::Error::ZBus(error) => CallError::from(error),
                error => CallError::from_error(ErrorKind::Failed, &error),
            })
        };
        let objects = self.end(call).await?;
        let key = |interfaces: HashMap<_, HashMap<String, OwnedVariant>>| {
            let of_key = |(name, _): &(zbus::names::OwnedInterfaceName, _)| name.as_str() == names::KEY_INTERFACE;
            interfaces.into_iter().find(of_key).map(|(_, properties)| summary(properties))
        };
        let mut keys: Vec<Key> = objects.into_values().filter_map(key).collect();
        keys.sort_by(|one, two| one.id.cmp(&two.id));
        Ok(keys)
    }

    async fn at<'a, P>(&'a self, path: impl TryInto<ObjectPath<'a>, Error: Into<zbus::Error>>) -> Result<P, CallError>
    where
        P: From<Proxy<'a>> + Defaults,
    {
        Ok(Builder::new(self.connection()).path(path).cache_properties(CacheProperties::No).build().await?)
    }

    async fn end<T>(&self, call: impl Future<Output = Result<T, CallError>>) -> Result<T, Problem> {
        call.await.map_err(|error| self.problem(error))
    }

    /// A failure in HTTP's words. Where fobd has hung up that is what is said, whatever call broke by it.
    fn problem(&self, error: CallError) -> Problem {
        if error.kind == ErrorKind::Failed && self.connection().closed().now_or_never().is_some() {
            return Problem::of(Fault::Gone, "fobd hung up: the vault was locked, or this program was forgotten");
        }
        error.into()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            // Whatever of it is still held somewhere, it is over now.
            tokio::spawn(async move { connection.close().await.ok() });
        }
    }
}

fn summary(mut properties: HashMap<String, OwnedVariant>) -> Key {
    let mut text =
        |name: &str| properties.remove(name).and_then(|value| String::try_from(value).ok()).unwrap_or_default();
    let problem = Some(text("Problem")).filter(|problem| !problem.is_empty());
    Key { id: text("Id"), product: text("Product"), transport: text("Transport"), ready: problem.is_none(), problem }
}

/// What fobd wrote into a pipe.
///
/// # Errors
/// When it is nothing that fobd writes.
async fn taken(end: OwnedFd) -> Result<Zeroizing<String>, Problem> {
    let taken = tokio::task::spawn_blocking(move || pipe::take(&end, pipe::SHORT)).await;
    let text = taken.ok().and_then(Result::ok).and_then(|bytes| std::str::from_utf8(&bytes).ok().map(str::to_owned));
    text.filter(|text| !text.is_empty()).map(Zeroizing::new).ok_or_else(nothing)
}

fn nothing() -> Problem {
    CallError::new(ErrorKind::Failed, "fobd wrote nothing into the pipe").into()
}

fn no_pipe(error: std::io::Error) -> Problem {
    CallError::from_error(ErrorKind::Failed, &error).into()
}
