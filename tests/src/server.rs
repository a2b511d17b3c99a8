//! `signin` over HTTP, for what a person's own client would never send: wrong codes, old codes, foreign origins.

use anyhow::Context;
use serde_json::{Value, json};

/// A running sign-in server.
#[derive(Debug, Clone)]
pub struct Server {
    origin: String,
    agent: ureq::Agent,
}

/// An answer with its status; a refusal is an answer too.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status code.
    pub status: u16,
    /// The body; `Null` when there was none.
    pub body: Value,
}

impl Answer {
    /// A member of the body as text, empty when it is missing.
    #[must_use]
    pub fn text(&self, member: &str) -> &str {
        self.body.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    /// The stable word of a refusal (RFC 9457 `type`), such as `wrong-code`.
    #[must_use]
    pub fn problem(&self) -> &str {
        self.text("type").rsplit('/').next().unwrap_or_default()
    }
}

impl Server {
    pub(crate) fn at(origin: &str) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
        Self { origin: origin.to_owned(), agent: config.into() }
    }

    /// Where it is, as the browser writes it.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The name it goes by: the issuer of its one-time codes.
    ///
    /// # Errors
    /// As [`Server::post`].
    pub fn name(&self) -> anyhow::Result<String> {
        let answer = Self::answer(self.agent.get(format!("{}/api/v1/server", self.origin)).call())?;
        Ok(answer.text("name").to_owned())
    }

    /// POST of a JSON body under `/api/v1`, signed in if there is a session.
    ///
    /// # Errors
    /// When the server cannot be reached or answers no JSON.
    pub fn post(&self, path: &str, session: Option<&str>, body: &Value) -> anyhow::Result<Answer> {
        let mut request = self.agent.post(format!("{}/api/v1/{path}", self.origin));
        if let Some(token) = session {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        Self::answer(request.send_json(body))
    }

    /// GET under `/api/v1` with a session.
    ///
    /// # Errors
    /// As [`Server::post`].
    pub fn get(&self, path: &str, session: &str) -> anyhow::Result<Answer> {
        let request = self.agent.get(format!("{}/api/v1/{path}", self.origin));
        Self::answer(request.header("Authorization", format!("Bearer {session}")).call())
    }

    /// A request of somebody else's, handed on as it is.
    ///
    /// # Errors
    /// As [`Server::post`].
    pub fn relayed(&self, method: &str, path: &str, body: &[u8]) -> anyhow::Result<Answer> {
        let url = format!("{}{path}", self.origin);
        Self::answer(match method {
            "POST" => self.agent.post(url).content_type("application/json").send(body),
            _ => self.agent.get(url).call(),
        })
    }

    /// The password step: a transaction that waits for the second factor.
    ///
    /// # Errors
    /// When the server does not ask for one.
    pub fn password_step(&self, username: &str, password: &str) -> anyhow::Result<String> {
        let answer = self.post("sign-in/password", None, &json!({ "username": username, "password": password }))?;
        let transaction = answer.body.get("transaction").and_then(Value::as_str);
        Ok(transaction.with_context(|| format!("no second factor was asked for: {answer:?}"))?.to_owned())
    }

    fn answer(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> anyhow::Result<Answer> {
        let mut response = response.context("the sign-in server could not be reached")?;
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string()?;
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).context("no JSON")? };
        Ok(Answer { status, body })
    }
}
