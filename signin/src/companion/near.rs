//! Who is at this machine. A request counts as near when everything says so: both ends of its connection are loopback, no
//! proxy has left a mark on it, it names the server as the person does (a page whose name was made to lead here does not), and the
//! browser's socket belongs to the person whose fob it is.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::Companion;
use super::sockets::Tables;
use crate::app::App;
use crate::problem::Problem;

/// The two ends of a connection, which `serve` notes on each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// The client's.
    pub from: SocketAddr,
    /// The server's.
    pub to: SocketAddr,
}

/// What proxies write. One that writes none of these hides who is behind it: with such a one before the server, fob must not
/// be set up (docs/signin-api.md).
const MARKS: [&str; 12] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-port",
    "x-forwarded-server",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "x-original-forwarded-for",
];

/// The fob of the person who asks.
#[derive(Debug, Clone)]
pub(crate) struct Near(pub(crate) Arc<Companion>);

impl Near {
    /// Nothing where no fob is set up, or whoever asks is not at this machine.
    fn of(app: &App, ends: Option<Ends>, headers: &HeaderMap) -> Option<Self> {
        let companion = app.companion.as_ref()?;
        let ends = ends.filter(|ends| is_here(ends) && is_direct(headers) && names(headers, &app.settings.origin()))?;
        let tables = Tables::of_this_machine();
        let person = tables.listening(companion.address())?;
        (tables.connected(ends.from, ends.to)? == person).then(|| Self(Arc::clone(companion)))
    }
}

impl FromRequestParts<App> for Near {
    type Rejection = Problem;

    /// Whoever is not near learns no more than that there is nothing here.
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Self::of(app, parts.extensions.get().copied(), &parts.headers).ok_or(Problem::NotFound)
    }
}

impl OptionalFromRequestParts<App> for Near {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, Problem> {
        Ok(Self::of(app, parts.extensions.get().copied(), &parts.headers))
    }
}

fn is_here(ends: &Ends) -> bool {
    [ends.from, ends.to].iter().all(|end| end.ip().to_canonical().is_loopback())
}

fn is_direct(headers: &HeaderMap) -> bool {
    !MARKS.iter().any(|mark| headers.contains_key(*mark))
}

/// Whether the one `Host` is the origin's.
fn names(headers: &HeaderMap, origin: &str) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = origin.split_once("://").map(|(_, host)| host.as_bytes());
    hosts.next().map(axum::http::HeaderValue::as_bytes) == host && hosts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    #[test]
    fn only_both_ends_on_this_machine_are_here() {
        for (from, to, expected) in [
            ("127.0.0.1:50000", "127.0.0.1:8080", true),
            ("[::1]:50000", "[::1]:8080", true),
            ("[::ffff:127.0.0.1]:50000", "[::ffff:127.0.0.1]:8080", true),
            ("192.0.2.7:50000", "127.0.0.1:8080", false),
            ("127.0.0.1:50000", "192.0.2.7:8080", false),
            ("[fe80::1]:50000", "[::1]:8080", false),
        ] {
            assert_eq!(
                is_here(&Ends { from: from.parse().unwrap(), to: to.parse().unwrap() }),
                expected,
                "{from} {to}"
            );
        }
    }

    #[test]
    fn what_a_proxy_has_passed_on_is_not_direct() {
        assert!(is_direct(&headers(&[("host", "localhost:8080"), ("accept", "*/*")])));
        for mark in MARKS {
            assert!(!is_direct(&headers(&[(mark, "127.0.0.1")])), "{mark}");
        }
    }

    #[test]
    fn a_page_whose_name_was_made_to_lead_here_is_not_near() {
        let origin = "http://localhost:8080";
        for (lines, expected) in [
            (&[("host", "localhost:8080")][..], true),
            (&[("host", "evil.example:8080")], false),
            (&[("host", "localhost")], false),
            (&[("host", "127.0.0.1:8080")], false),
            (&[("host", "localhost:8080"), ("host", "localhost:8080")], false),
            (&[], false),
        ] {
            assert_eq!(names(&headers(lines), origin), expected, "{lines:?}");
        }
    }
}
