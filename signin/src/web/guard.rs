//! What every answer gets: a time limit, security headers, a line in the diary; and refusals in the form that suits the asker.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use crate::app::App;
use crate::problem::Problem;
use crate::{companion, pages};

/// How long a request may take, body included. A hash with a full queue before it takes about half a second.
const TIME_LIMIT: Duration = Duration::from_secs(15);

/// Nothing but our own files; no inline script or style, no frame around us, forms go home. `data:` is not allowed:
/// the QR code is an SVG in the page.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                              connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const SECURITY_HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Not `no-referrer`: browsers then send `Origin: null` with our own forms.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "publickey-credentials-create=(self), publickey-credentials-get=(self), camera=(), geolocation=(), microphone=()",
    ),
];

pub(crate) async fn not_found() -> Problem {
    Problem::NotFound
}

pub(crate) async fn method_not_allowed() -> Problem {
    Problem::MethodNotAllowed
}

/// Refusals are JSON below the API and pages elsewhere; who is not signed in there is led to the sign-in.
pub(crate) async fn for_people(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_page = !request.uri().path().starts_with("/api/");
    let response = next.run(request).await;
    match response.extensions().get::<Arc<Problem>>() {
        Some(problem) if is_page => match **problem {
            Problem::NotSignedIn => Redirect::to("/sign-in").into_response(),
            Problem::StepUpRequired { .. } => Redirect::to("/sign-in?again=yes").into_response(),
            _ => pages::problem_page(&app, problem),
        },
        _ => response,
    }
}

/// Ends requests that take too long: a person at a key may take longer than a machine.
pub(crate) async fn in_time(request: Request, next: Next) -> Response {
    let limit = if pages::asks_fob(request.uri().path()) { companion::REQUEST_LIMIT } else { TIME_LIMIT };
    let answer = tokio::time::timeout(limit, next.run(request)).await;
    answer.unwrap_or_else(|_| Problem::RequestTimeout.into_response())
}

/// Adds the security headers, and `no-store` to everything that did not say otherwise.
pub(crate) async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers: &mut HeaderMap = response.headers_mut();
    for (name, value) in SECURITY_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if app.settings.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// One line a request: method, path and status; never a query, a header or a body.
pub(crate) async fn diary(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let begun = Instant::now();
    let response = next.run(request).await;
    let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(%method, path, status = response.status().as_u16(), milliseconds, "answered");
    response
}
