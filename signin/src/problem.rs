//! Everything that is refused, in words that stay the same (RFC 9457) and sentences for people.
//!
//! The API writes a problem as JSON, the pages put its `detail` beside the form. docs/signin-api.md lists the words.

use std::error::Error;
use std::sync::Arc;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::ambient::UnixTime;
use crate::lockout::{Kind, Locked};
use crate::password::Weakness;

/// Seconds after which a client may try again when the server is busy.
const BUSY_WAIT: i64 = 2;

/// A refusal.
#[derive(Debug)]
pub(crate) enum Problem {
    InvalidRequest(String),
    NotSignedIn,
    WrongCredentials,
    WrongCode(Kind),
    CodeUsed(Kind),
    WrongOrigin { signed_for: String, expected: String },
    CredentialRefused(&'static str),
    KeyCloned,
    StepUpRequired { max_age: i64 },
    CrossSite,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    UsernameTaken,
    AlreadySetUp(&'static str),
    TransactionExpired,
    TooLarge,
    UnsupportedMediaType,
    WeakPassword(Weakness),
    TooMany(usize),
    LockedOut(Kind, Locked),
    Server,
    Busy,
    FobRefused(String),
    FobUnreachable,
}

impl Problem {
    /// The server's own fault: its cause goes to the diary, not to the client.
    pub(crate) fn server(cause: impl Error + 'static) -> Self {
        tracing::error!(cause = &cause as &dyn Error, "a request failed");
        Self::Server
    }

    /// Something in a request that is not as it must be.
    pub(crate) fn invalid(what: impl Into<String>) -> Self {
        Self::InvalidRequest(what.into())
    }

    /// Status, stable word, title.
    pub(crate) fn class(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::InvalidRequest(_) => (StatusCode::BAD_REQUEST, "invalid-request", "Invalid request"),
            Self::NotSignedIn => (StatusCode::UNAUTHORIZED, "not-signed-in", "Not signed in"),
            Self::WrongCredentials => (StatusCode::FORBIDDEN, "wrong-credentials", "Wrong user name or password"),
            Self::WrongCode(_) => (StatusCode::FORBIDDEN, "wrong-code", "Wrong code"),
            Self::CodeUsed(_) => (StatusCode::FORBIDDEN, "code-used", "Code used before"),
            Self::WrongOrigin { .. } => (StatusCode::FORBIDDEN, "wrong-origin", "Signed for another origin"),
            Self::CredentialRefused(_) => (StatusCode::FORBIDDEN, "credential-refused", "Key or passkey refused"),
            Self::KeyCloned => (StatusCode::FORBIDDEN, "key-cloned", "The key may have been copied"),
            Self::StepUpRequired { .. } => (StatusCode::FORBIDDEN, "step-up-required", "Sign in again"),
            Self::CrossSite => (StatusCode::FORBIDDEN, "cross-site", "Request from another site"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "Not found"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed"),
            Self::RequestTimeout => (StatusCode::REQUEST_TIMEOUT, "request-timeout", "Too slow"),
            Self::UsernameTaken => (StatusCode::CONFLICT, "username-taken", "User name taken"),
            Self::AlreadySetUp(_) => (StatusCode::CONFLICT, "already-set-up", "Already set up"),
            Self::TransactionExpired => (StatusCode::GONE, "transaction-expired", "Too late"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Too large"),
            Self::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported media type")
            }
            Self::WeakPassword(_) => (StatusCode::UNPROCESSABLE_ENTITY, "weak-password", "Weak password"),
            Self::TooMany(_) => (StatusCode::UNPROCESSABLE_ENTITY, "too-many", "Too many"),
            Self::LockedOut(..) => (StatusCode::TOO_MANY_REQUESTS, "locked-out", "Too many wrong tries"),
            Self::Server => (StatusCode::INTERNAL_SERVER_ERROR, "server-error", "The server failed"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy", "Too busy"),
            Self::FobRefused(_) => (StatusCode::FORBIDDEN, "fob-refused", "No key by fob"),
            Self::FobUnreachable => (StatusCode::BAD_GATEWAY, "fob-unreachable", "fob does not answer"),
        }
    }

    /// What happened and what to do next, for people.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::InvalidRequest(what) => format!("The request cannot be understood: {what}."),
            Self::NotSignedIn => "You are not signed in, or your session has ended. Sign in first.".into(),
            Self::WrongCredentials => "The user name or the password is not right.".into(),
            Self::WrongCode(Kind::BackupCode) => "That is none of your backup codes.".into(),
            Self::WrongCode(_) => {
                "That code is not right. Take the one that is shown now; if it keeps failing, check the clock of the \
                 device that shows it."
                    .into()
            }
            Self::CodeUsed(Kind::BackupCode) => "That backup code was used before. Each one works once.".into(),
            Self::CodeUsed(_) => "That code was used before. Each one works once: wait for the next.".into(),
            Self::WrongOrigin { signed_for, expected } => format!(
                "The signature was made for {signed_for}, but this is {expected}. If you were on another page when you \
                 touched your key, that page wanted to sign in as you."
            ),
            Self::CredentialRefused(why) => format!("The key or passkey was not accepted: {why}."),
            Self::KeyCloned => "The key counts its signatures, and this count was seen before: there may be a copy of \
                                it. Sign in another way and remove the key."
                .into(),
            Self::StepUpRequired { max_age } => format!(
                "Changing how you sign in needs a sign-in within the last {} minutes. Sign in again.",
                max_age / 60
            ),
            Self::CrossSite => "The request came from another site, so it was not carried out.".into(),
            Self::NotFound => "There is nothing here by that name.".into(),
            Self::MethodNotAllowed => "That address does not take this kind of request.".into(),
            Self::RequestTimeout => "The request took too long. Try again.".into(),
            Self::UsernameTaken => "That user name is taken. Choose another one.".into(),
            Self::AlreadySetUp(what) => format!("{what} already set up. Remove it first if you want a new one."),
            Self::TransactionExpired => "This took too long or was finished before. Start again.".into(),
            Self::TooLarge => "The request is too large.".into(),
            Self::UnsupportedMediaType => "The request body has to be application/json.".into(),
            Self::WeakPassword(weakness) => weakness.to_string(),
            Self::TooMany(most) => format!("There can be at most {most} of them. Remove one first."),
            Self::LockedOut(kind, locked) => locked_out(*kind, *locked),
            Self::Server => "The server could not do that. It is not your fault; try again in a while.".into(),
            Self::FobRefused(why) => format!("fob gave no key: {why}. Try again, or use another way."),
            Self::FobUnreachable => {
                "fob on this machine could not be asked. See `fob doctor`, or use another way.".into()
            }
            Self::Busy => "More people want to sign in than the server can check at once. Try again shortly.".into(),
        }
    }

    /// Seconds after which trying again makes sense.
    fn retry_after(&self) -> Option<i64> {
        match self {
            Self::LockedOut(_, locked) => Some(locked.wait),
            Self::Busy => Some(BUSY_WAIT),
            _ => None,
        }
    }

    /// Headers that belong to the refusal, whoever writes its body.
    pub(crate) fn with_headers(&self, mut response: Response) -> Response {
        let (status, ..) = self.class();
        *response.status_mut() = status;
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if matches!(self, Self::NotSignedIn) {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

fn locked_out(kind: Kind, locked: Locked) -> String {
    let what = match kind {
        Kind::Password => "passwords",
        Kind::Totp => "one-time codes",
        Kind::BackupCode => "backup codes",
    };
    let other = match kind {
        Kind::Password => "A passkey works meanwhile, and so does a session that is signed in.",
        Kind::Totp | Kind::BackupCode => "A security key or a passkey works meanwhile.",
    };
    format!("Too many wrong {what} were tried for this account. Try again in {}. {other}", in_words(locked.wait))
}

/// A wait as a person says it, rounded up.
fn in_words(seconds: i64) -> String {
    match seconds {
        ..=1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        91..=5400 => format!("{} minutes", (seconds + 59) / 60),
        _ => format!("{} hours", (seconds + 3599) / 3600),
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, word, title) = self.class();
        let mut body = json!({
            "type": format!("/problems/{word}"),
            "title": title,
            "status": status.as_u16(),
            "detail": self.detail(),
        });
        let mut add = |member: &str, value: serde_json::Value| {
            if let Some(body) = body.as_object_mut() {
                body.insert(member.to_owned(), value);
            }
        };
        match &self {
            Self::WrongOrigin { signed_for, expected } => {
                add("origin", json!(signed_for));
                add("expected", json!(expected));
            }
            Self::StepUpRequired { max_age } => add("max_age", json!(max_age)),
            Self::LockedOut(_, Locked { until: UnixTime(until), .. }) => {
                add("retry_at", json!(UnixTime(*until).rfc3339()));
            }
            _ => {}
        }
        if let Some(seconds) = self.retry_after() {
            add("retry_after", json!(seconds));
        }
        let mut response = Json(body).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let mut response = self.with_headers(response);
        // A page in place of the JSON, if it turns out that a person asked: web::guard.
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self::server(error)
    }
}

impl From<crate::hashing::Full> for Problem {
    fn from(_: crate::hashing::Full) -> Self {
        Self::Busy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_told_as_people_say_them() {
        for (seconds, words) in [
            (0, "a second"),
            (30, "30 seconds"),
            (90, "90 seconds"),
            (91, "2 minutes"),
            (120, "2 minutes"),
            (121, "3 minutes"),
            (3600, "60 minutes"),
            (7200, "2 hours"),
        ] {
            assert_eq!(in_words(seconds), words);
        }
    }
}
