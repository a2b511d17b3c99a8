//! From a request to its answer: the rules, the limits, the body, and then the call that it is.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fob_bus::types::{CodeOptions, PairOptions};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::api::{
    Account, CeremonyRequest, Client, CodeReply, CodeRequest, FinishReply, FinishRequest, KeysReply, KeysRequest,
    PairReply, PairRequest,
};
use crate::fobd::{Ceremony, Fobd, Session};
use crate::gate::Gate;
use crate::limits::Purse;
use crate::pairings::{PATIENCE, Pairings};
use crate::problem::{Fault, Problem};
use crate::rules::{self, BODY, Call, Route, Token, Wish};

/// How long a body may take. Its sender has all of it when it begins.
const BODY_PATIENCE: Duration = Duration::from_secs(5);
/// The header of Private Network Access, which some browsers ask with before a public page may reach this machine.
const PRIVATE: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// What all connections share.
pub(crate) struct Hall {
    /// The way to fobd.
    pub(crate) fobd: Arc<dyn Fobd>,
    /// Who lets in.
    pub(crate) gate: Arc<Gate>,
    /// The pairings under way.
    pub(crate) pairings: Arc<Pairings>,
}

/// Who is connected.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visitor {
    /// The user, as the kernel says.
    pub(crate) uid: u32,
    /// The address that was connected to.
    pub(crate) door: SocketAddr,
}

/// An answer before it has headers.
type Reply = Zeroizing<Vec<u8>>;

impl Hall {
    /// Answers one request, whatever it is.
    pub(crate) async fn answer<B>(&self, visitor: Visitor, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
    {
        match self.admit(visitor, request).await {
            Ok(response) => response,
            Err(problem) => {
                // What a page was refused does not keep one of its user's connections.
                let mut response = refusal(&problem);
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                response
            }
        }
    }

    async fn admit<B>(&self, visitor: Visitor, request: Request<B>) -> Result<Response<Full<Bytes>>, Problem>
    where
        B: Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
    {
        let (head, body) = request.into_parts();
        let judged = rules::judge(&head, visitor.door);
        self.gate.request(visitor.uid, rules::purse(&head.headers, judged.as_ref()))?;
        match judged? {
            Wish::Preflight { origin, private } => self.preflight(visitor, &origin, private).await,
            Wish::Call(call) => {
                let body = read(body).await?;
                self.call(visitor, call, &body).await
            }
        }
    }

    /// A page asks whether it may call. It learns no more than yes or no; that the vault is locked is a no.
    async fn preflight(&self, visitor: Visitor, origin: &str, private: bool) -> Result<Response<Full<Bytes>>, Problem> {
        let _flight = self.gate.take_off(visitor.uid)?;
        let session = Session::open(&*self.fobd).await?;
        if !session.welcome(origin, visitor.uid).await.unwrap_or(false) {
            return Err(foreign());
        }
        let mut response = bare(StatusCode::NO_CONTENT, Reply::default());
        let headers = response.headers_mut();
        allow(headers, origin);
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
        let names = HeaderValue::from_static("authorization, content-type, fob-request");
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names);
        // A program that is forgotten is so for pages at once.
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("0"));
        if private {
            headers.insert(PRIVATE, HeaderValue::from_static("true"));
        }
        Ok(response)
    }

    async fn call(&self, visitor: Visitor, call: Call, body: &[u8]) -> Result<Response<Full<Bytes>>, Problem> {
        let Call { route, origin, token } = call;
        let Some(token) = token else {
            let reply = match route {
                Route::PairFinish => self.finish(visitor, parse(body)?).await?,
                _ => self.pair(visitor, parse(body)?).await?,
            };
            return Ok(good(reply));
        };
        let _flight = self.gate.take_off(visitor.uid)?;
        let session = self.present(visitor, token, origin.as_deref()).await?;
        // From here on the page is the paired one, and may read what it gets.
        let outcome = match route {
            Route::Code => code(&session, body).await,
            Route::Create => ceremony(&session, Ceremony::Create, body).await,
            Route::Get => ceremony(&session, Ceremony::Get, body).await,
            _ => keys(&session, body).await,
        };
        let mut response = outcome.map_or_else(|problem| refusal(&problem), good);
        if let Some(origin) = origin {
            allow(response.headers_mut(), &origin);
        }
        Ok(response)
    }

    /// The connection to fobd of the program that shows this token. A page is looked at first: one that nobody paired does
    /// not even get to try a token.
    async fn present(&self, visitor: Visitor, token: Token, origin: Option<&str>) -> Result<Session, Problem> {
        let session = Session::open(&*self.fobd).await?;
        if let Some(origin) = origin
            && !session.welcome(origin, visitor.uid).await?
        {
            return Err(foreign());
        }
        match session.present(token, visitor.uid, origin.map(str::to_owned)).await {
            Ok(()) => Ok(session),
            Err(problem) => {
                if problem.status == StatusCode::UNAUTHORIZED {
                    tracing::warn!(uid = visitor.uid, "a wrong token");
                    let purse = if origin.is_some() { Purse::Pages } else { Purse::Programs };
                    self.gate.wrong(visitor.uid, purse);
                }
                Err(problem)
            }
        }
    }

    async fn pair(&self, visitor: Visitor, request: PairRequest) -> Result<Reply, Problem> {
        let PairRequest { name, scopes, origin } = request;
        let options = PairOptions { name, scopes, origin, uid: visitor.uid };
        let begun = self.pairings.begin(&*self.fobd, options).await?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let expires = now.saturating_add(PATIENCE).as_secs();
        Ok(json(&PairReply { code: &begun.code, pairing: &begun.pairing, expires }))
    }

    async fn finish(&self, visitor: Visitor, request: FinishRequest) -> Result<Reply, Problem> {
        let (info, token) = self.pairings.finish(&request.pairing, visitor.uid).await?;
        let client = Client {
            id: info.id,
            name: info.name,
            scopes: info.scopes.unwrap_or_default(),
            origin: info.origins.and_then(|origins| origins.into_iter().next()),
        };
        Ok(json(&FinishReply { token: &token, client }))
    }
}

async fn code(session: &Session, body: &[u8]) -> Result<Reply, Problem> {
    let CodeRequest { account, site, next, min_valid } = parse(body)?;
    if account.is_empty() && site.is_none() {
        return Err(Problem::of(Fault::InvalidInput, "one of account and site is wanted"));
    }
    let options = CodeOptions { site, next, min_valid, ..CodeOptions::default() };
    let (info, code) = session.code(&account, options).await?;
    let account = Account { id: info.id, issuer: info.issuer, name: info.name };
    let (valid_from, valid_until, counter) = (info.valid_from, info.valid_until, info.counter);
    Ok(json(&CodeReply { code: &code, account, valid_from, valid_until, counter }))
}

async fn ceremony(session: &Session, what: Ceremony, body: &[u8]) -> Result<Reply, Problem> {
    let CeremonyRequest { origin, options } = parse(body)?;
    let options = serde_json::Value::Object(options).to_string();
    session.ceremony(what, &origin, options).await.map(|response| Zeroizing::new(response.into_bytes()))
}

async fn keys(session: &Session, body: &[u8]) -> Result<Reply, Problem> {
    let KeysRequest {} = parse(body)?;
    Ok(json(&KeysReply { keys: session.keys().await? }))
}

/// All of a body, within its limits.
async fn read<B>(body: B) -> Result<Bytes, Problem>
where
    B: Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    let limit = usize::try_from(BODY).unwrap_or(usize::MAX);
    let whole = tokio::time::timeout(BODY_PATIENCE, Limited::new(body, limit).collect());
    match whole.await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(rules::too_large()),
        Ok(Err(_)) => Err(Problem::of(Fault::Malformed, "the body ended early")),
        Err(_) => {
            Err(Problem::of(Fault::Slow, format!("a body has to come within {} seconds", BODY_PATIENCE.as_secs())))
        }
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // Where it went wrong is said, and nothing of what stands there.
    serde_json::from_slice(body).map_err(|error| {
        let words = match error.classify() {
            serde_json::error::Category::Data => "the members of the JSON are not those that are wanted",
            _ => "the body is no JSON",
        };
        Problem::of(Fault::InvalidInput, format!("{words} (line {}, column {})", error.line(), error.column()))
    })
}

fn json(reply: &impl Serialize) -> Reply {
    Zeroizing::new(serde_json::to_vec(reply).expect("text and numbers are always JSON"))
}

fn foreign() -> Problem {
    Problem::of(Fault::ForeignOrigin, "this page may not call")
}

/// Lets pages of this origin read the answer; never all pages, and never with cookies.
fn allow(headers: &mut header::HeaderMap, origin: &str) {
    if let Ok(origin) = HeaderValue::from_str(origin) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
}

fn good(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = bare(StatusCode::OK, reply);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn refusal(problem: &Problem) -> Response<Full<Bytes>> {
    tracing::debug!(?problem, "refused");
    let mut response = bare(problem.status, Zeroizing::new(problem.document()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    match problem.status {
        StatusCode::UNAUTHORIZED => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"fob\""));
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            headers.insert(header::ALLOW, HeaderValue::from_static("POST"));
        }
        _ => {}
    }
    if let Some(after) = problem.retry_after {
        headers.insert(header::RETRY_AFTER, after.into());
    }
    response
}

/// An answer with what all of them have: nobody keeps it, nobody guesses what it is, no page of elsewhere embeds it.
fn bare(status: StatusCode, reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_owner(reply)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let resource_policy = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(resource_policy, HeaderValue::from_static("same-origin"));
    response
}
