//! An answer of the server: a JSON object, or a failure in one clear sentence.

use serde_json::Value;
use ureq::Body;
use ureq::http::{Response, StatusCode, header};
use zeroize::Zeroizing;

use super::{Address, Session, problem};
use crate::text::shown;
use crate::{Exit, Failure};

/// A JSON object, or `Null` where there is nothing to say.
#[derive(Debug)]
pub(crate) struct Reply {
    body: Value,
    address: Address,
}

impl Reply {
    /// Reads at most `limit` bytes of it.
    pub(super) fn read(address: &Address, mut response: Response<Body>, limit: u64) -> Result<Self, Failure> {
        let status = response.status();
        if status.is_redirection() {
            return Err(redirected(address, &response));
        }
        let bytes = response.body_mut().with_config().limit(limit).read_to_vec().map_err(|error| match error {
            ureq::Error::BodyExceedsLimit(_) => {
                Failure::new(Exit::Failed, format!("{} answers with more than {limit} bytes", address.origin()))
                    .hint("look at the address: a sign-in server says less")
            }
            error => super::unreachable_server(address, &error),
        })?;
        let bytes = Zeroizing::new(bytes);
        let body = if bytes.is_empty() { Some(Value::Null) } else { serde_json::from_slice(&bytes).ok() };
        if status.is_client_error() || status.is_server_error() {
            return Err(refused(address, status, body.as_ref()));
        }
        match body {
            Some(body) if body.is_object() || body.is_null() => Ok(Self { body, address: address.clone() }),
            _ => Err(address.no_api()),
        }
    }

    /// A member as text, empty when it is missing.
    pub(crate) fn text(&self, member: &str) -> &str {
        self.body.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    /// A member that has to be there.
    pub(crate) fn needed(&self, member: &str) -> Result<&Value, Failure> {
        self.body.get(member).ok_or_else(|| self.incomplete(member))
    }

    /// A member that has to be text.
    pub(crate) fn needed_text(&self, member: &str) -> Result<&str, Failure> {
        self.needed(member)?.as_str().ok_or_else(|| self.incomplete(member))
    }

    /// The session in it, if there is one.
    pub(crate) fn session(&self) -> Option<Session> {
        let token = self.text("session");
        // A header takes visible ASCII only.
        let fits = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Session(Zeroizing::new(token.to_owned())))
    }

    /// The session that has to be there.
    pub(crate) fn needed_session(&self) -> Result<Session, Failure> {
        self.session().ok_or_else(|| self.incomplete("session"))
    }

    /// The whole object.
    pub(crate) fn body(&self) -> &Value {
        &self.body
    }

    fn incomplete(&self, member: &str) -> Failure {
        Failure::new(Exit::Failed, format!("the answer of {} has no {member}", self.address.origin()))
            .hint("fob and the server do not understand each other; tell who runs it")
    }
}

fn redirected(address: &Address, response: &Response<Body>) -> Failure {
    let target = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let origin = address.origin();
    match Address::parse(target) {
        Ok(other) if other != *address => {
            Failure::new(Exit::Failed, format!("{origin} sends us on to {}, and fob does not follow", other.origin()))
                .hint(format!("if that is the server you mean, use its address: {}", other.origin()))
        }
        _ => address.no_api(),
    }
}

fn refused(address: &Address, status: StatusCode, body: Option<&Value>) -> Failure {
    if let Some(failure) = body.and_then(|body| problem::failure(address.origin(), body)) {
        return failure;
    }
    let reason = status.canonical_reason().map_or(String::new(), |reason| format!(" {reason}"));
    let message = format!("{} answers {}{}", shown(address.origin()), status.as_u16(), reason);
    let hint = if status.is_server_error() {
        "the fault is the server's: try again later, or tell who runs it"
    } else {
        "look at the address: it is the one whose sign-in page you would open"
    };
    Failure::new(Exit::Failed, message).hint(hint)
}
