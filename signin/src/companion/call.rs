//! One call to fob's loopback listener: HTTP/1.1 on a connection of its own, so that dropping the future hangs up, by which fob
//! knows that nobody wants the answer any more.

use std::io;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use super::{Ceremony, CompanionSettings};
use crate::problem::Problem;

/// Longest answer, in bytes: twice what the largest registration has.
const LONGEST: usize = 64 * 1024;
/// Longest sentence of fob's that is shown to a person, in characters.
const SENTENCE: usize = 200;

/// Why there is no credential.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    /// Nobody listens there.
    #[error("fob's loopback listener cannot be reached")]
    Unreachable(#[source] io::Error),
    /// It broke off.
    #[error("the connection to fob broke")]
    Broken(#[source] hyper::Error),
    /// It takes longer than it was given.
    #[error("fob did not answer in time")]
    TimedOut,
    /// The answer is longer than it can be.
    #[error("fob's answer is too long")]
    TooLong(#[source] axum::Error),
    /// The answer is no credential.
    #[error("fob's answer is no credential")]
    Nonsense(#[source] serde_json::Error),
    /// The request could not be made of what the operator has set.
    #[error("the call to fob cannot be made")]
    Unmade(#[source] axum::http::Error),
    /// fob says no.
    #[error("fob refuses with {status}: {word}")]
    Refused {
        /// The status.
        status: StatusCode,
        /// What its problem is called.
        word: String,
        /// Its sentence for a person. Text from outside.
        detail: String,
    },
}

/// A problem document (RFC 9457), as far as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Document {
    r#type: String,
    detail: String,
}

/// The credential, as JSON.
pub(super) async fn ask(
    fob: &CompanionSettings,
    ceremony: Ceremony,
    origin: &str,
    options: Value,
) -> Result<Zeroizing<Vec<u8>>, CallError> {
    let stream = TcpStream::connect(fob.address).await.map_err(CallError::Unreachable)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(CallError::Broken)?;
    let request = request(fob, ceremony, origin, options)?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(CallError::Broken)?;
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(Body::new(body), LONGEST).await.map_err(CallError::TooLong)?;
        Ok((parts.status, Zeroizing::new(bytes.to_vec())))
    };
    // Not on a task of its own: both end when this does.
    let mut answer = std::pin::pin!(answer);
    let (status, bytes) = tokio::select! {
        biased;
        answer = &mut answer => answer?,
        ended = connection => {
            ended.map_err(CallError::Broken)?;
            answer.await?
        }
    };
    if status.is_success() { Ok(bytes) } else { Err(refused(status, &bytes)) }
}

fn request(
    fob: &CompanionSettings,
    ceremony: Ceremony,
    origin: &str,
    options: Value,
) -> Result<Request<Body>, CallError> {
    let path = match ceremony {
        Ceremony::Create => "/v1/webauthn/create",
        Ceremony::Get => "/v1/webauthn/get",
    };
    let token = Zeroizing::new(format!("Bearer {}", fob.token.as_str()));
    Request::post(path)
        .header(header::HOST, &fob.host)
        .header(header::CONTENT_TYPE, "application/json")
        .header("fob-request", "1")
        .header(header::AUTHORIZATION, token.as_str())
        .body(Body::from(json!({ "origin": origin, "options": options }).to_string()))
        .map_err(CallError::Unmade)
}

fn refused(status: StatusCode, body: &[u8]) -> CallError {
    let document: Document = serde_json::from_slice(body).unwrap_or_default();
    let word = document.r#type.rsplit('/').next().unwrap_or_default();
    CallError::Refused { status, word: plain(word), detail: plain(&document.detail) }
}

/// Without what could do something to a page or a diary, and no longer than a sentence.
fn plain(text: &str) -> String {
    let harmless = |sign: &char| {
        !sign.is_control()
            && !matches!(sign, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().filter(harmless).take(SENTENCE).collect()
}

impl CallError {
    /// For the person, who is the one that fob asks; the operator finds the cause in the diary.
    pub(super) fn into_problem(self) -> Problem {
        let words = match &self {
            Self::Refused { status: StatusCode::UNAUTHORIZED, .. } => {
                tracing::error!(cause = %self, "fob does not know this server: pair it again with `fob client pair`");
                return Problem::FobUnreachable;
            }
            Self::Refused { status: StatusCode::LOCKED, .. } => {
                "your vault is locked; open it with `fob unlock`".to_owned()
            }
            Self::Refused { status, detail, .. } if status.is_client_error() && !detail.is_empty() => {
                detail.trim_end_matches('.').to_owned()
            }
            Self::Refused { status, .. } if status.is_client_error() => "it did not say why".to_owned(),
            Self::TimedOut => "nobody answered in time".to_owned(),
            _ => {
                tracing::warn!(cause = &self as &dyn std::error::Error, "fob could not be asked");
                return Problem::FobUnreachable;
            }
        };
        tracing::info!(cause = %self, "fob gave no credential");
        Problem::FobRefused(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_in_fobs_words_without_what_they_could_do() {
        let body = "{\"type\":\"tag:fob.dev,2026:problem/denied\",\"detail\":\"the person\\u202e did\\n not <allow> it.\",\"status\":403}";
        let error = refused(StatusCode::FORBIDDEN, body.as_bytes());
        assert_eq!(error.to_string(), "fob refuses with 403 Forbidden: denied");
        let Problem::FobRefused(words) = error.into_problem() else { panic!() };
        assert_eq!(words, "the person did not <allow> it");
        for (status, body) in [(403, "no JSON"), (404, "{}"), (422, "{\"detail\":7}")] {
            let error = refused(StatusCode::from_u16(status).unwrap(), body.as_bytes());
            assert!(matches!(error.into_problem(), Problem::FobRefused(_)), "{status}");
        }
        let long = format!("{{\"detail\":\"{}\"}}", "x".repeat(10_000));
        let Problem::FobRefused(words) = refused(StatusCode::FORBIDDEN, long.as_bytes()).into_problem() else {
            panic!()
        };
        assert_eq!(words.len(), SENTENCE);
    }

    #[test]
    fn a_pairing_that_is_gone_is_the_operators_affair() {
        assert!(matches!(refused(StatusCode::UNAUTHORIZED, b"{}").into_problem(), Problem::FobUnreachable));
        assert!(matches!(refused(StatusCode::BAD_GATEWAY, b"{}").into_problem(), Problem::FobUnreachable));
    }
}
