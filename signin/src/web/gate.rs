//! Refuses what another site makes a browser send.
//!
//! `Sec-Fetch-Site` says it best, `Origin` next, `Referer` serves browsers of old and of text. A request that changes
//! something and carries evidence against itself is refused; one with a cookie or a form body, which is what a foreign
//! page can send unasked, needs evidence for itself. Programs send a bearer token and JSON, and none of the three.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::Url;

use crate::app::App;
use crate::problem::Problem;

/// What a request tells of where it comes from.
#[derive(Debug, PartialEq, Eq)]
enum Evidence {
    Ours,
    Foreign,
    None,
}

pub(crate) async fn same_origin(State(app): State<App>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let refused = !safe
        && match evidence(request.headers(), &app.settings.origin()) {
            Evidence::Ours => false,
            Evidence::Foreign => true,
            Evidence::None => could_be_forged(request.method(), request.headers()),
        };
    if refused {
        return Problem::CrossSite.into_response();
    }
    next.run(request).await
}

/// Whether a foreign page could have made a browser send this without being asked first by CORS.
fn could_be_forged(method: &Method, headers: &HeaderMap) -> bool {
    let json = text(headers, header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/json"));
    let simple = method == Method::POST && !json && !headers.contains_key(header::AUTHORIZATION);
    headers.contains_key(header::COOKIE) || simple
}

fn evidence(headers: &HeaderMap, origin: &str) -> Evidence {
    let verdict = |ours| if ours { Evidence::Ours } else { Evidence::Foreign };
    if let Some(site) = headers.get("sec-fetch-site") {
        // `none`: the person did it, by reload or address bar.
        return verdict(site == "same-origin" || site == "none");
    }
    if let Some(sent) = headers.get(header::ORIGIN) {
        return verdict(sent == origin);
    }
    match text(headers, header::REFERER) {
        Some(referer) => verdict(Url::parse(referer).is_ok_and(|url| url.origin().ascii_serialization() == origin)),
        None => Evidence::None,
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_evidence_counts() {
        let ours = "https://id.example";
        for (headers, expected) in [
            (&[][..], Evidence::None),
            (&[("sec-fetch-site", "same-origin")][..], Evidence::Ours),
            (&[("sec-fetch-site", "none")], Evidence::Ours),
            (&[("sec-fetch-site", "same-site")], Evidence::Foreign),
            (&[("sec-fetch-site", "cross-site"), ("origin", ours)], Evidence::Foreign),
            (&[("origin", ours)], Evidence::Ours),
            (&[("origin", "null"), ("referer", "https://id.example/")], Evidence::Foreign),
            (&[("origin", "http://id.example")], Evidence::Foreign),
            (&[("origin", "https://id.example:8443")], Evidence::Foreign),
            (&[("referer", "https://id.example/account")], Evidence::Ours),
            (&[("referer", "https://id.example.evil.example/")], Evidence::Foreign),
            (&[("referer", "nonsense")], Evidence::Foreign),
        ] {
            let map = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            assert_eq!(evidence(&map, ours), expected, "{headers:?}");
        }
    }
}
