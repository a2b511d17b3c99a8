//! A server with a database of its own, and what tests say to it.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value, json};
use signin::ambient::{Ambient, ManualClock, SystemChance, UnixTime};
use signin::{App, Settings};
use tempfile::TempDir;
use tower::ServiceExt;

pub(crate) const ORIGIN: &str = "http://localhost:8080";
pub(crate) const PASSWORD: &str = "seven lamps over the harbour";

/// 2026-11-23 09:30:00 UTC, the first second of a TOTP step.
pub(crate) const START: i64 = 1_795_426_200;

/// A running server, in process.
pub(crate) struct Server {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) folder: TempDir,
    router: Router,
}

/// An answer, with a body that is JSON or text.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The JSON body; `Null` when there is none.
    pub(crate) fn json(&self) -> Value {
        if self.text.is_empty() { Value::Null } else { serde_json::from_str(&self.text).expect(&self.text) }
    }

    /// A member of the body that is text.
    pub(crate) fn member(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("no {name} in {self:?}")).to_owned()
    }

    /// Insists on success.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!(self.status.is_success(), "{self:?}");
        self
    }

    /// Insists on a refusal by this word, and gives its detail.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, word: &str) -> String {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.member("type"), format!("/problems/{word}"));
        assert_eq!(self.json()["status"], status);
        self.member("detail")
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::at(ORIGIN).await
    }

    /// A server that browsers see at `origin`.
    pub(crate) async fn at(origin: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(UnixTime(START)));
        let settings = Settings::new("Example ID", origin, "localhost", folder.path().join("db.sqlite")).unwrap();
        let ambient = Ambient { clock: clock.clone(), chance: Arc::new(SystemChance::new()) };
        let router = App::open(settings, ambient).await.unwrap().router();
        Self { clock, folder, router }
    }

    /// Any request.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    /// A request of the API, with a session or without.
    pub(crate) async fn call(&self, method: Method, path: &str, session: Option<&str>, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("/api/v1/{path}"));
        if let Some(session) = session {
            request = request.header("authorization", format!("Bearer {session}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, None, Some(body)).await
    }

    pub(crate) async fn post_as(&self, session: &str, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(session), Some(body)).await
    }

    pub(crate) async fn get_as(&self, session: &str, path: &str) -> Answer {
        self.call(Method::GET, path, Some(session), None).await
    }

    pub(crate) async fn delete_as(&self, session: &str, path: &str) -> Answer {
        self.call(Method::DELETE, path, Some(session), None).await
    }

    /// A new account; gives its session.
    pub(crate) async fn register(&self, username: &str) -> String {
        let body = json!({ "username": username, "password": PASSWORD });
        self.post("accounts", body).await.ok().member("session")
    }

    pub(crate) async fn password(&self, username: &str, password: &str) -> Answer {
        self.post("sign-in/password", json!({ "username": username, "password": password })).await
    }

    /// The password step of somebody with a second factor; gives the transaction.
    pub(crate) async fn transaction(&self, username: &str) -> String {
        self.password(username, PASSWORD).await.ok().member("transaction")
    }

    /// Sets up one-time codes, spending the code of now; gives the seed in base32.
    pub(crate) async fn enrol_totp(&self, session: &str) -> String {
        let options = self.post_as(session, "account/totp/options", json!({})).await.ok();
        let secret = options.member("secret");
        let body = json!({ "transaction": options.member("transaction"), "code": self.code(&secret, 0) });
        self.post_as(session, "account/totp", body).await.ok();
        secret
    }

    /// The one-time code `later` seconds from now, by RFC 6238 as written down there and nothing of the server's.
    pub(crate) fn code(&self, secret: &str, later: i64) -> String {
        use signin::ambient::Clock;
        totp(&data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap(), self.clock.now().0 + later)
    }
}

/// RFC 4226 §5.3 over RFC 6238 §4.2: HMAC-SHA-1, dynamic truncation, six digits.
pub(crate) fn totp(seed: &[u8], time: i64) -> String {
    use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
    let hash = sign(&Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, seed), &(time / 30).to_be_bytes());
    let hash = hash.as_ref();
    let offset = usize::from(hash[19] & 15);
    let word = u32::from_be_bytes(hash[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", word % 1_000_000)
}

#[test]
fn the_code_maker_agrees_with_rfc_6238() {
    // Appendix B, SHA-1 rows, cut to six digits.
    for (time, code) in
        [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")]
    {
        assert_eq!(totp(b"12345678901234567890", time), code);
    }
}
