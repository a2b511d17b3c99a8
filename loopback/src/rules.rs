//! What a request must be before anybody looks at what it wants. From its head to a [`Wish`] or a refusal; nothing is read
//! and nothing waits.
//!
//! A browser sends whatever a page tells it to, to wherever a name leads: so the request names this door by its address
//! (a rebound name does not), it is a POST with JSON and a header of its own (a page of another origin has to ask first,
//! and is refused), and the page is the one that was paired.

use std::net::SocketAddr;

use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Version};
use zeroize::Zeroizing;

use crate::limits::Purse;
use crate::problem::{Fault, Problem};

/// The header that no page can send unasked.
pub(crate) const OWN_HEADER: HeaderName = HeaderName::from_static("fob-request");
/// Its value.
pub(crate) const OWN_VALUE: &str = "1";
/// Most bytes of a body. Options of a ceremony with a long allow list have some ten thousand.
pub(crate) const BODY: u64 = 64 * 1024;
/// Longest `Origin` that is looked at.
const LONGEST_ORIGIN: usize = 512;
/// Longest token that is passed on. Whether it is one is fobd's matter.
const LONGEST_TOKEN: usize = 64;
/// Headers that a page of the paired origin may send.
const OF_PAGES: [&str; 3] = ["authorization", "content-type", "fob-request"];

/// What can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// Begin a pairing.
    Pair,
    /// Wait for its end.
    PairFinish,
    /// Have a one-time code.
    Code,
    /// Make a credential.
    Create,
    /// Sign in with one.
    Get,
    /// See which keys are there.
    Keys,
}

impl Route {
    /// All of them.
    pub(crate) const ALL: [Self; 6] = [Self::Pair, Self::PairFinish, Self::Code, Self::Create, Self::Get, Self::Keys];

    /// Where it is.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Pair => "/v1/pair",
            Self::PairFinish => "/v1/pair/finish",
            Self::Code => "/v1/code",
            Self::Create => "/v1/webauthn/create",
            Self::Get => "/v1/webauthn/get",
            Self::Keys => "/v1/keys",
        }
    }

    /// Whether it wants the token of a paired program.
    pub(crate) const fn wants_token(self) -> bool {
        !matches!(self, Self::Pair | Self::PairFinish)
    }
}

/// What is wanted, by a request that may be looked at.
#[derive(Debug)]
pub(crate) enum Wish {
    /// A browser asks whether a page of this origin may call (Fetch §4.9); `private` is whether it asks for the private
    /// network besides.
    Preflight {
        /// The page's origin.
        origin: String,
        /// Whether `Access-Control-Request-Private-Network` was there.
        private: bool,
    },
    /// A call.
    Call(Call),
}

/// A call, not yet read.
#[derive(Debug)]
pub(crate) struct Call {
    /// What is called.
    pub(crate) route: Route,
    /// The page that calls, if a page does.
    pub(crate) origin: Option<String>,
    /// The token; always there where the route wants one.
    pub(crate) token: Option<Token>,
}

/// A token on its way. Wiped on drop.
pub(crate) struct Token(pub(crate) Zeroizing<Vec<u8>>);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

/// What a request is charged to: programs are known by their being no browser. Whoever pretends to be one or the other has
/// what that one has, and no more.
pub(crate) fn purse(headers: &HeaderMap, judged: Result<&Wish, &Problem>) -> Purse {
    let is_of_a_page = headers.keys().any(|name| *name == header::ORIGIN || name.as_str().starts_with("sec-fetch-"));
    if is_of_a_page || judged.is_err() { Purse::Pages } else { Purse::Programs }
}

/// Looks at the head of a request that came in at `own`.
///
/// # Errors
/// The refusal.
pub(crate) fn judge(head: &Parts, own: SocketAddr) -> Result<Wish, Problem> {
    let headers = &head.headers;
    // Before anything is said to whoever speaks to a name of its own.
    is_here(headers, own)?;
    let route = route(head)?;
    let origin = origin(headers)?;
    if head.method == Method::OPTIONS {
        return preflight(headers, route, origin);
    }
    has_a_body(headers)?;
    if single(headers, &OWN_HEADER)?.is_none_or(|value| value != OWN_VALUE) {
        return Err(Problem::of(Fault::Header, "the header `fob-request: 1` is wanted"));
    }
    if !route.wants_token() {
        if origin.is_some() {
            return Err(Problem::of(Fault::ForeignOrigin, "pages are not paired by themselves: their program is"));
        }
        return Ok(Wish::Call(Call { route, origin, token: None }));
    }
    Ok(Wish::Call(Call { route, origin, token: Some(token(headers)?) }))
}

/// `Host` names the address that was connected to, or localhost, which no resolver is asked for (RFC 6761 §6.3), and the
/// port: letter by letter.
fn is_here(headers: &HeaderMap, own: SocketAddr) -> Result<(), Problem> {
    let port = own.port();
    let address = if own.is_ipv4() { format!("127.0.0.1:{port}") } else { format!("[::1]:{port}") };
    let named = single(headers, &header::HOST)?.map(HeaderValue::as_bytes).unwrap_or_default();
    if named == address.as_bytes() || named == format!("localhost:{port}").as_bytes() {
        return Ok(());
    }
    Err(Problem::of(Fault::WrongHost, format!("this is {address}, and the request is for another host")))
}

fn route(head: &Parts) -> Result<Route, Problem> {
    let malformed = |words| Err(Problem::of(Fault::Malformed, words));
    if head.version != Version::HTTP_11 {
        return malformed("only HTTP/1.1 is spoken here");
    }
    if head.method != Method::POST && head.method != Method::OPTIONS {
        return Err(Problem::of(Fault::Method, "everything here is a POST"));
    }
    if head.headers.contains_key(header::UPGRADE) {
        return malformed("only HTTP/1.1 is spoken here, from the first word to the last");
    }
    let target = &head.uri;
    if target.scheme().is_some() || target.authority().is_some() {
        return malformed("this is no proxy");
    }
    let found = Route::ALL.into_iter().find(|route| target.path_and_query().is_some_and(|path| path == route.path()));
    found.ok_or_else(|| Problem::of(Fault::NotFound, "there is nothing at this path"))
}

/// The page that asks, if a page does. Browsers write `null` for pages that have no origin to name.
fn origin(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = single(headers, &header::ORIGIN)? else { return Ok(None) };
    let text = value.to_str().ok().filter(|text| *text != "null" && !text.is_empty() && text.len() <= LONGEST_ORIGIN);
    let foreign = || Problem::of(Fault::ForeignOrigin, "pages without an origin are not served");
    text.map(|text| Some(text.to_owned())).ok_or_else(foreign)
}

fn preflight(headers: &HeaderMap, route: Route, origin: Option<String>) -> Result<Wish, Problem> {
    let foreign = || Problem::of(Fault::ForeignOrigin, "this page may not call");
    let named = |name| single(headers, &name).map(|value| value.and_then(|value| value.to_str().ok()));
    let method = named(header::ACCESS_CONTROL_REQUEST_METHOD)?;
    let wanted = named(header::ACCESS_CONTROL_REQUEST_HEADERS)?.unwrap_or_default();
    let is_ours = |name: &str| OF_PAGES.iter().any(|ours| ours.eq_ignore_ascii_case(name.trim()));
    let private = named(HeaderName::from_static("access-control-request-private-network"))? == Some("true");
    match origin {
        Some(origin) if method == Some("POST") && wanted.split(',').all(is_ours) && route.wants_token() => {
            Ok(Wish::Preflight { origin, private })
        }
        // Without an origin it is no preflight.
        None => Err(Problem::of(Fault::Method, "everything here is a POST")),
        Some(_) => Err(foreign()),
    }
}

/// JSON of a length that is said before it comes. A transfer coding is refused as such: two lengths in one message are how
/// requests are smuggled, and no client of JSON needs it.
fn has_a_body(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(Problem::of(Fault::Length, "a Content-Length is wanted, and no transfer coding"));
    }
    let length = single(headers, &header::CONTENT_LENGTH)?.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    match length {
        None => return Err(Problem::of(Fault::Length, "a Content-Length is wanted")),
        Some(length) if length > BODY => return Err(too_large()),
        Some(_) => {}
    }
    let kind = single(headers, &header::CONTENT_TYPE)?.and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !is_json(kind) || headers.contains_key(header::CONTENT_ENCODING) {
        return Err(Problem::of(Fault::MediaType, "a body of application/json is wanted, as it is"));
    }
    Ok(())
}

/// A body above the limit.
pub(crate) fn too_large() -> Problem {
    Problem::of(Fault::TooLarge, format!("a body has at most {BODY} bytes"))
}

/// `application/json`, with the one charset that it can have or none.
fn is_json(kind: &str) -> bool {
    let mut parts = kind.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    let charset = parts.next().is_none_or(|charset| {
        charset.eq_ignore_ascii_case("charset=utf-8") || charset.eq_ignore_ascii_case("charset=\"utf-8\"")
    });
    is_json && charset && parts.next().is_none()
}

/// `Authorization: Bearer TOKEN` (RFC 6750 §2.1).
fn token(headers: &HeaderMap) -> Result<Token, Problem> {
    let value = single(headers, &header::AUTHORIZATION)?;
    let token = value.and_then(|value| {
        let (scheme, token) = value.as_bytes().split_first_chunk::<7>()?;
        scheme.eq_ignore_ascii_case(b"bearer ").then_some(token)
    });
    match token {
        Some(token) if token.len() > LONGEST_TOKEN => Err(Problem::of(Fault::NotPaired, "this is no token")),
        Some(token) if !token.is_empty() => Ok(Token(Zeroizing::new(token.to_vec()))),
        _ => Err(Problem::of(Fault::NoToken, "the header `Authorization: Bearer TOKEN` is wanted")),
    }
}

/// The one header of this name. Two would mean one thing here and another elsewhere.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a HeaderValue>, Problem> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(Problem::of(Fault::Malformed, format!("the header {name} is there twice")));
    }
    Ok(first)
}

#[cfg(test)]
mod tests;
