//! A sign-in server over HTTP (docs/signin-api.md): https, or http on this machine only, without a name server; no redirect
//! is followed; answers are bounded in size and time, and may be anything.
//!
//! Whom a server's certificate may come from is the system's to say, as for its browsers: a company's own authority stands
//! there, and one that the system has struck out does not.

mod account;
mod address;
mod clock;
mod problem;
mod reply;
mod resolver;

use std::time::Duration;

use serde::Serialize;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::DefaultConnector;
use zeroize::Zeroizing;

pub(crate) use account::Account;
pub(crate) use address::Address;
pub(crate) use reply::Reply;

use crate::secret::gave_up;
use crate::{Exit, Failure, World, interrupt};

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Most bytes of an answer.
const ANSWER_LIMIT: u64 = 256 * 1024;

/// A session's token (docs/signin-api.md). Wiped on drop.
pub(crate) struct Session(Zeroizing<String>);

impl Session {
    /// For the header, and for the descriptor that the person named.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// A server.
pub(crate) struct Server {
    address: Address,
    agent: ureq::Agent,
}

impl Server {
    /// Asks the server who it is, and makes sure that it is the one that was typed.
    pub(crate) async fn greet(address: Address, world: &mut World) -> Result<Self, Failure> {
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(TIMEOUT))
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
            .user_agent(concat!("fob/", env!("CARGO_PKG_VERSION")));
        if address.is_loopback() {
            config = config.proxy(None);
        }
        let names = resolver::Names(DefaultResolver::default());
        let agent = ureq::Agent::with_parts(config.build(), DefaultConnector::default(), names);
        let server = Self { address, agent };
        let said = server.get("server", None).await?;
        server.address.must_be(said.text("origin"))?;
        if let Some(warning) = clock::warning(said.text("time"), world.now()) {
            world.note(&warning);
        }
        Ok(server)
    }

    /// The origin of the URL that was typed.
    pub(crate) fn origin(&self) -> &str {
        self.address.origin()
    }

    /// GET.
    pub(crate) async fn get(&self, path: &str, session: Option<&Session>) -> Result<Reply, Failure> {
        let request = authorized(self.agent.get(self.address.api(path)), session);
        self.finish(move || request.call()).await
    }

    /// POST of a JSON object.
    pub(crate) async fn post(
        &self,
        path: &str,
        session: Option<&Session>,
        body: &impl Serialize,
    ) -> Result<Reply, Failure> {
        let request = self.agent.post(self.address.api(path)).content_type("application/json");
        let request = authorized(request, session);
        // Wiped, for passwords and codes are in it.
        let body =
            Zeroizing::new(serde_json::to_vec(body).expect("bodies are objects of texts, which always serialise"));
        self.finish(move || request.send(body.as_slice())).await
    }

    /// The account as the server sees it.
    pub(crate) async fn account(&self, session: &Session) -> Result<Account, Failure> {
        Account::of(&self.get("account", Some(session)).await?)
    }

    /// Ends a session that nobody needs any more.
    pub(crate) async fn sign_out(&self, session: Session, world: &mut World) {
        if self.post("sign-out", Some(&session), &serde_json::json!({})).await.is_err() {
            world.note("The session at the server could not be ended; it ends by itself.");
        }
    }

    /// Sends on a thread that may block, so that Ctrl-C is heard.
    async fn finish(
        &self,
        send: impl FnOnce() -> Result<ureq::http::Response<ureq::Body>, ureq::Error> + Send + 'static,
    ) -> Result<Reply, Failure> {
        let mut interrupt = interrupt::hold().map_err(|error| interrupt::unheld(&error))?;
        let address = self.address.clone();
        let blocking = tokio::task::spawn_blocking(move || {
            let response = send().map_err(|error| unreachable_server(&address, &error))?;
            Reply::read(&address, response, ANSWER_LIMIT)
        });
        tokio::select! {
            done = blocking => done.map_err(|error| {
                Failure::new(Exit::Failed, "the request to the server broke off").because(&error)
            })?,
            () = interrupt.pressed() => Err(gave_up()),
        }
    }
}

fn authorized<B>(request: ureq::RequestBuilder<B>, session: Option<&Session>) -> ureq::RequestBuilder<B> {
    match session {
        Some(session) => {
            let bearer = Zeroizing::new(format!("Bearer {}", session.expose()));
            request.header("Authorization", bearer.as_str())
        }
        None => request,
    }
}

/// The request did not come through.
fn unreachable_server(address: &Address, error: &ureq::Error) -> Failure {
    let origin = address.origin();
    match error {
        _ if is_unproven(error) => Failure::new(Exit::Failed, format!("{origin} does not prove that it is itself"))
            .because(error)
            .hint("do not go on; ask who runs it about its certificate"),
        ureq::Error::Timeout(_) => Failure::new(Exit::TimedOut, format!("{origin} does not answer in time"))
            .because(error)
            .hint("try again later"),
        _ => Failure::new(Exit::Failed, format!("{origin} cannot be reached"))
            .because(error)
            .hint("look at the address and the network, then try again"),
    }
}

/// Whether it is about certificates. What comes up while a connection is made is wrapped once more.
fn is_unproven(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => true,
        ureq::Error::Io(error) => error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()),
        _ => false,
    }
}
