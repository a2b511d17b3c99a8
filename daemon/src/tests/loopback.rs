//! Programs that speak HTTP: the real listener on the real loopback, before a daemon in a temporary home.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use fob_ambient::SystemClock;
use fob_asking::{Answer, Choice, Question, Want, What};
use fob_bus::connect::ConnectError;
use fob_bus::proxy::Loopback1Proxy;
use fob_bus::types::{AddOptions, CodeOptions, LogOptions, PairOptions, PresentOptions};
use fob_bus::{ErrorKind, pipe};
use fob_loopback::{Fobd, Listener};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe::Receiver;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc, watch};
use zbus::Connection;
use zeroize::Zeroizing;

use super::house::{House, piped, taken};
use crate::caller::Tier;
use crate::prompt::{Judge, Prompter, Unasked};

/// Seed and codes of RFC 6238 appendix B, with six digits: 287082 at 59 seconds, where the clock of a house stands.
const URI: &str = "otpauth://totp/Example:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example";
const OTHER_URI: &str = "otpauth://totp/Bank:ada?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Bank";
const PAGE: &str = "https://intranet.example";

/// A person who types what the test hears from the program, or says yes where there is nothing to type.
struct Typist {
    typed: Mutex<mpsc::UnboundedReceiver<String>>,
    shown: watch::Sender<Vec<Question>>,
    answered: watch::Sender<usize>,
}

/// Takes the question away with it.
struct Shown<'a>(&'a Typist);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        self.0.answered.send_modify(|count| *count += 1);
    }
}

#[async_trait]
impl Prompter for Typist {
    async fn ask(&self, question: &Question, judge: Option<&mut dyn Judge>) -> Result<Answer, Unasked> {
        let _shown = Shown(self);
        self.shown.send_modify(|shown| shown.push(question.clone()));
        if question.want.is_none() && matches!(question.what, What::Pair { .. }) {
            return Ok(Answer::Granted { choice: Choice::Always });
        }
        let typed = self.typed.lock().await.recv().await.ok_or(Unasked::Broke)?;
        match judge {
            Some(judge) => Ok(match judge.judge(Zeroizing::new(typed)).await {
                Ok(()) => Answer::Secret { choice: None },
                Err(_) => Answer::Refused,
            }),
            None => Ok(Answer::Granted { choice: Choice::Once }),
        }
    }

    async fn touch(&self, _: &str, _: &str) -> Box<dyn Send> {
        Box::new(())
    }
}

/// A house with two accounts and a listener before it.
struct Street {
    house: Arc<House>,
    address: SocketAddr,
    keyboard: mpsc::UnboundedSender<String>,
    typist: Arc<Typist>,
    id: String,
    other_id: String,
    listening: tokio::task::JoinHandle<()>,
}

struct Way(Arc<House>);

#[async_trait]
impl Fobd for Way {
    async fn connect(&self) -> Result<Connection, ConnectError> {
        Ok(self.0.visit(Tier::Listener).await.client)
    }
}

/// What came back.
#[derive(Debug)]
struct Came {
    status: u16,
    head: String,
    body: Value,
}

impl Came {
    /// The last word of a problem's type.
    fn problem(&self) -> &str {
        self.body["type"].as_str().and_then(|text| text.rsplit('/').next()).unwrap_or("no problem")
    }
}

impl Street {
    async fn build() -> Self {
        let (keyboard, typed) = mpsc::unbounded_channel();
        let (shown, answered) = (watch::Sender::new(Vec::new()), watch::Sender::new(0));
        let typist = Arc::new(Typist { typed: Mutex::new(typed), shown, answered });
        let house = Arc::new(House::build().with_prompter(typist.clone()));
        let owner = house.unlocked().await;
        let mut ids = Vec::new();
        for uri in [URI, OTHER_URI] {
            ids.push(owner.otp().await.add(piped(uri).into(), AddOptions::default()).await.unwrap().id);
        }
        let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = door.local_addr().unwrap();
        let listener = Listener::new(vec![door], Arc::new(Way(house.clone())), SystemClock::new());
        let listening = tokio::spawn(async move { listener.serve().await });
        let (other_id, id) = (ids.pop().unwrap(), ids.pop().unwrap());
        Self { house, address, keyboard, typist, id, other_id, listening }
    }

    /// One request on a connection of its own.
    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Came {
        let mut stream = self.begin(method, path, headers, body).await;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer.as_str(), ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Came { status, head: head.to_lowercase(), body: serde_json::from_str(body).unwrap_or(Value::Null) }
    }

    async fn begin(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> TcpStream {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.address);
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if method == "POST" {
            request.push_str("fob-request: 1\r\ncontent-type: application/json\r\n");
            request.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(format!("{request}\r\n{body}").as_bytes()).await.unwrap();
        stream
    }

    async fn post(&self, path: &str, token: &str, body: Value) -> Came {
        self.send("POST", path, &[("authorization", &format!("Bearer {token}"))], &body.to_string()).await
    }

    /// A pairing, as far as its digits.
    async fn begin_pairing(&self, body: Value) -> (String, String) {
        let begun = self.post("/v1/pair", "none", body).await;
        assert_eq!(begun.status, 200, "{begun:?}");
        let text = |name: &str| begun.body[name].as_str().unwrap().to_owned();
        (text("code"), text("pairing"))
    }

    /// A pairing to its end: the token.
    async fn pair(&self, body: Value) -> String {
        let (code, pairing) = self.begin_pairing(body).await;
        self.keyboard.send(code).unwrap();
        let ended = self.post("/v1/pair/finish", "none", json!({ "pairing": pairing })).await;
        assert_eq!(ended.status, 200, "{ended:?}");
        ended.body["token"].as_str().unwrap().to_owned()
    }

    fn wish(&self) -> Value {
        json!({ "name": "Intranet", "scopes": [format!("otp:read:{}", self.id), "webauthn:https://example.org"] })
    }

    fn questions(&self) -> Vec<Question> {
        self.typist.shown.borrow().clone()
    }

    /// Waits until so many questions have been shown and taken away.
    async fn answered(&self, count: usize) {
        self.typist.answered.subscribe().wait_for(|answered| *answered >= count).await.unwrap();
    }
}

impl Drop for Street {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

#[tokio::test]
async fn a_paired_program_has_the_codes_it_was_paired_for_and_no_others() {
    let street = Street::build().await;
    let token = street.pair(street.wish()).await;
    let question = &street.questions()[0];
    assert_eq!((question.asker.name.as_str(), &question.want), ("Intranet", &Some(Want::Digits)));
    let What::Pair { scopes, .. } = &question.what else { panic!("{question:?}") };
    assert!(scopes[0].contains("Example:ada") && scopes[1].contains("https://example.org"), "{scopes:?}");
    for account in [street.id.as_str(), "Example"] {
        let code = street.post("/v1/code", &token, json!({ "account": account })).await;
        assert_eq!((code.status, &code.body["code"]), (200, &json!("287082")), "{account}: {code:?}");
        assert_eq!((&code.body["valid_until"], &code.body["account"]["id"]), (&json!(60), &json!(street.id)));
        assert!(code.head.contains("cache-control: no-store") && !code.head.contains("allow-origin"), "{}", code.head);
    }
    for account in [street.other_id.as_str(), "Bank", "nobody"] {
        let refused = street.post("/v1/code", &token, json!({ "account": account })).await;
        assert_eq!(refused.status, 403, "{account}: {refused:?}");
        assert!(!refused.body.to_string().contains("Bank:ada"), "{refused:?}");
    }
    // An account that is none of its business makes its words no less clear. They were looked for among all once, and so
    // the answer told of accounts that it was not paired for.
    let twin = piped("otpauth://totp/Example:bob?secret=MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK&issuer=Example");
    street.house.companion().await.otp().await.add(twin.into(), AddOptions::default()).await.unwrap();
    let code = street.post("/v1/code", &token, json!({ "account": "Example" })).await;
    assert_eq!((code.status, &code.body["account"]["id"]), (200, &json!(street.id)), "{code:?}");
    assert_eq!(street.questions().len(), 1, "nobody was asked for codes");
    let keys = street.post("/v1/keys", &token, json!({})).await;
    assert_eq!((keys.status, keys.body), (200, json!({ "keys": [] })));
}

#[tokio::test]
async fn other_digits_pair_nothing() {
    let street = Street::build().await;
    let (code, pairing) = street.begin_pairing(street.wish()).await;
    let other = if code == "000000" { "000001" } else { "000000" };
    street.keyboard.send(other.to_owned()).unwrap();
    let ended = street.post("/v1/pair/finish", "none", json!({ "pairing": pairing })).await;
    assert_eq!((ended.status, ended.problem()), (403, "denied"), "{ended:?}");
    // One try: the right ones come too late.
    let again = street.post("/v1/pair/finish", "none", json!({ "pairing": pairing })).await;
    assert_eq!((again.status, again.problem()), (404, "unknown-pairing"));
    assert_eq!(street.house.daemon.clients.all().await.unwrap().len(), 0);
}

#[tokio::test]
async fn whoever_hangs_up_takes_the_question_away() {
    let street = Street::build().await;
    let (_, pairing) = street.begin_pairing(street.wish()).await;
    let waiting = street.begin("POST", "/v1/pair/finish", &[], &json!({ "pairing": pairing }).to_string()).await;
    // A second pairing of this user has to wait for its end; its refusal comes at once.
    let second = street.post("/v1/pair", "none", street.wish()).await;
    assert_eq!((second.status, second.problem()), (429, "too-many-requests"), "{second:?}");
    drop(waiting);
    street.answered(1).await;
    assert_eq!(street.house.daemon.clients.all().await.unwrap().len(), 0);
    street.pair(street.wish()).await;
}

#[tokio::test]
async fn a_program_that_is_forgotten_is_cut_off_at_once() {
    let street = Street::build().await;
    let token = street.pair(street.wish()).await;
    let options = json!({ "rpId": "example.org", "challenge": "AAAAAAAAAAAAAAAAAAAAAA" });
    let body = json!({ "origin": "https://example.org", "options": options }).to_string();
    let bearer = format!("Bearer {token}");
    let mut waiting = street.begin("POST", "/v1/webauthn/get", &[("authorization", &bearer)], &body).await;
    // The person looks at the question whether it may sign in.
    street.typist.shown.subscribe().wait_for(|shown| shown.len() == 2).await.unwrap();
    let companion = street.house.companion().await;
    let policy = companion.policy().await;
    let clients = policy.clients().await.unwrap();
    let paired = clients.iter().find(|client| client.tier == "paired").unwrap();
    assert_eq!((paired.name.as_str(), paired.uid), ("Intranet", Some(rustix::process::geteuid().as_raw())));
    policy.forget(&paired.id).await.unwrap();
    let mut answer = String::new();
    waiting.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    street.answered(2).await;
    let after = street.post("/v1/code", &token, json!({ "account": street.id })).await;
    assert_eq!((after.status, after.problem()), (401, "not-paired"), "{after:?}");
}

#[tokio::test]
async fn a_ceremony_is_refused_outside_of_its_scope() {
    let street = Street::build().await;
    let token = street.pair(street.wish()).await;
    let options = json!({ "rpId": "bank.example", "challenge": "AAAAAAAAAAAAAAAAAAAAAA" });
    let body = json!({ "origin": "https://bank.example", "options": options });
    let refused = street.post("/v1/webauthn/get", &token, body).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert_eq!(street.questions().len(), 1, "nobody was asked");
}

#[tokio::test]
async fn a_locked_vault_knows_no_token() {
    let street = Street::build().await;
    let token = street.pair(street.wish()).await;
    street.house.daemon.vault.lock().await;
    for (path, body) in
        [("/v1/code", json!({ "account": street.id })), ("/v1/keys", json!({})), ("/v1/pair", street.wish())]
    {
        let refused = street.post(path, &token, body).await;
        assert_eq!((refused.status, refused.problem()), (423, "locked"), "{path}: {refused:?}");
    }
    // Right or wrong is not said, and nobody is barred for it.
    for _ in 0..6 {
        let wrong = street.post("/v1/code", &format!("fob1_{}", "A".repeat(43)), json!({ "account": "x" })).await;
        assert_eq!((wrong.status, wrong.problem()), (423, "locked"));
    }
}

#[tokio::test]
async fn guessing_is_stopped() {
    let street = Street::build().await;
    let token = street.pair(street.wish()).await;
    let wrong = format!("fob1_{}", "A".repeat(43));
    for guess in [wrong.as_str(), &token[..token.len() - 1], "fob1_", "x", &wrong] {
        let refused = street.post("/v1/code", guess, json!({ "account": street.id })).await;
        assert_eq!((refused.status, refused.problem()), (401, "not-paired"), "{guess}: {refused:?}");
        assert!(refused.head.contains("www-authenticate: bearer"), "{}", refused.head);
    }
    // Now not even the right one.
    let barred = street.post("/v1/code", &token, json!({ "account": street.id })).await;
    assert_eq!((barred.status, barred.problem()), (429, "too-many-requests"), "{barred:?}");
    assert!(barred.head.contains("retry-after: 60") || barred.head.contains("retry-after: 59"), "{}", barred.head);
}

#[tokio::test]
async fn only_pages_of_the_paired_origin_may_call() {
    let street = Street::build().await;
    let mut wish = street.wish();
    wish["origin"] = json!(PAGE);
    let token = street.pair(wish).await;
    let bearer = format!("Bearer {token}");
    let body = json!({ "account": street.id }).to_string();
    for (origin, status) in [
        (PAGE, 200),
        ("https://intranet.example:8443", 403),
        ("http://intranet.example", 403),
        ("https://evil.example", 403),
        ("null", 403),
        ("*", 403),
    ] {
        let came = street.send("POST", "/v1/code", &[("origin", origin), ("authorization", &bearer)], &body).await;
        assert_eq!(came.status, status, "{origin}: {came:?}");
        let allowed = came.head.contains(&format!("access-control-allow-origin: {PAGE}"));
        assert_eq!(allowed, status == 200, "{origin}: {}", came.head);
        assert!(!came.head.contains("allow-credentials") && !came.head.contains("allow-origin: *"), "{}", came.head);
        let asks = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,content-type,fob-request"),
            ("access-control-request-private-network", "true"),
        ];
        let asked = street.send("OPTIONS", "/v1/code", &asks, "").await;
        assert_eq!(asked.status, if status == 200 { 204 } else { 403 }, "{origin}: {asked:?}");
        assert_eq!(asked.head.contains("access-control-allow-origin"), status == 200, "{origin}: {}", asked.head);
        assert_eq!(asked.head.contains("access-control-allow-private-network: true"), status == 200);
    }
    // A program that was paired without an origin speaks for no page, whatever page there is.
    let plain = street.pair(street.wish()).await;
    let bearer = format!("Bearer {plain}");
    let came = street.send("POST", "/v1/code", &[("origin", PAGE), ("authorization", &bearer)], &body).await;
    assert_eq!((came.status, came.problem()), (401, "not-paired"), "{came:?}");
}

#[tokio::test]
async fn a_token_is_good_for_one_user_and_one_connection() {
    let street = Street::build().await;
    let token = street.pair(street.wish()).await;
    let uid = rustix::process::geteuid().as_raw();
    let visit = street.house.visit(Tier::Listener).await;
    let listener = Loopback1Proxy::new(&visit.client).await.unwrap();
    let options = |uid, origin: Option<&str>| PresentOptions { uid, origin: origin.map(str::to_owned) };
    let stolen = listener.present(piped(&token).into(), options(uid + 1, None)).await.unwrap_err();
    let of_a_page = listener.present(piped(&token).into(), options(uid, Some(PAGE))).await.unwrap_err();
    let wrong = listener.present(piped("fob1_x").into(), options(uid, None)).await.unwrap_err();
    assert_eq!(stolen.kind, ErrorKind::Denied);
    // Whoever has a stolen one learns nothing from the answer.
    assert!(stolen == of_a_page && stolen == wrong, "{stolen:?} {of_a_page:?} {wrong:?}");
    let info = listener.present(piped(&token).into(), options(uid, None)).await.unwrap();
    assert_eq!(info.scopes.unwrap().len(), 2);
    let twice = listener.present(piped(&token).into(), options(uid, None)).await.unwrap_err();
    assert_eq!(twice.kind, ErrorKind::Denied);
    // And what it was before is gone.
    assert_eq!(listener.welcome(PAGE, uid).await.unwrap_err().kind, ErrorKind::Denied);
    let accounts = visit.otp().await.list().await.unwrap_err();
    assert_eq!(accounts.kind, ErrorKind::Denied);
}

#[tokio::test]
async fn the_listener_has_nothing_in_its_own_name_and_nobody_else_is_it() {
    let street = Street::build().await;
    let visit = street.house.visit(Tier::Listener).await;
    let (_code, end) = pipe::awaiting().unwrap();
    let code = visit.otp().await.code(&street.id, CodeOptions::default(), end.into()).await.unwrap_err();
    assert_eq!(code.kind, ErrorKind::Denied);
    for tier in [Tier::Companion, Tier::Script(crate::caller::Why::OtherProgram)] {
        let visit = street.house.visit(tier.clone()).await;
        let loopback = Loopback1Proxy::new(&visit.client).await.unwrap();
        let present = loopback.present(piped("fob1_x").into(), PresentOptions::default()).await.unwrap_err();
        assert_eq!(present.kind, ErrorKind::Denied, "{tier:?}");
        let (_digits, code) = pipe::awaiting().unwrap();
        let (_token, token) = pipe::awaiting().unwrap();
        let scopes = vec!["webauthn:https://example.org".to_owned()];
        let options = PairOptions { name: "it".to_owned(), scopes, ..PairOptions::default() };
        let pair = loopback.pair(options, code.into(), token.into()).await.unwrap_err();
        assert_eq!(pair.kind, ErrorKind::Denied, "{tier:?}");
    }
    assert_eq!(street.questions().len(), 0);
}

#[tokio::test]
async fn fob_makes_a_token_for_a_server_after_a_question() {
    let street = Street::build().await;
    let options = || {
        let scopes = vec![format!("otp:read:{}", street.id)];
        PairOptions { name: "backup".to_owned(), scopes, origin: None, uid: rustix::process::geteuid().as_raw() }
    };
    let companion = street.house.companion().await;
    let loopback = Loopback1Proxy::new(&companion.client).await.unwrap();
    let (token, end) = pipe::awaiting().unwrap();
    let info = loopback.issue(options(), end.into()).await.unwrap();
    let token = taken(token).await;
    assert!(info.id.starts_with("paired-") && token.starts_with("fob1_"), "{info:?}");
    let code = street.post("/v1/code", &token, json!({ "account": "Example" })).await;
    assert_eq!(code.body["code"], "287082", "{code:?}");
    let stranger = street.house.stranger().await;
    let loopback = Loopback1Proxy::new(&stranger.client).await.unwrap();
    let (_token, end) = pipe::awaiting().unwrap();
    assert_eq!(loopback.issue(options(), end.into()).await.unwrap_err().kind, ErrorKind::Denied);
    assert_eq!(street.questions().len(), 1);
    let log = companion.policy().await.log(LogOptions::default()).await.unwrap();
    let paired = log.iter().find(|entry| entry.kind == "pair").unwrap();
    assert!(paired.result == "given" && paired.what.as_ref().unwrap().starts_with("backup"), "{paired:?}");
}

#[tokio::test]
async fn what_cannot_be_granted_is_not_asked_for() {
    let street = Street::build().await;
    for (case, name, scopes) in [
        ("no name", " ", json!(["webauthn:https://example.org"])),
        ("no scope", "it", json!([])),
        ("every account", "it", json!(["otp:read:*"])),
        ("a site without TLS", "it", json!(["webauthn:http://example.org"])),
    ] {
        let refused = street.post("/v1/pair", "none", json!({ "name": name, "scopes": scopes })).await;
        assert_eq!((refused.status, refused.problem()), (400, "invalid-input"), "{case}: {refused:?}");
    }
    assert_eq!(street.questions().len(), 0);
}

/// A program that is not paired learned which ids of accounts there are: others were refused in other words, and at once.
#[tokio::test]
async fn an_account_that_is_not_there_is_asked_about_and_refused_like_any_other() {
    let street = Street::build().await;
    let wish = json!({ "name": "it", "scopes": ["otp:read:00000000000000000000000000000000"] });
    let (code, pairing) = street.begin_pairing(wish).await;
    street.keyboard.send(code).unwrap();
    let absent = street.post("/v1/pair/finish", "none", json!({ "pairing": pairing })).await;
    let (_, pairing) = street.begin_pairing(street.wish()).await;
    street.keyboard.send("no".to_owned()).unwrap();
    let refused = street.post("/v1/pair/finish", "none", json!({ "pairing": pairing })).await;
    assert_eq!((absent.status, &absent.body), (403, &refused.body), "{absent:?}");
    let What::Pair { scopes, .. } = &street.questions()[0].what else { panic!() };
    assert!(scopes[0].contains("does not have"), "{scopes:?}");
    assert_eq!(street.house.daemon.clients.all().await.unwrap().len(), 0);
}

/// Four refused pairings that nobody asked after kept everybody from being paired for half a minute.
#[tokio::test]
async fn refused_pairings_leave_room_and_are_still_told() {
    let street = Street::build().await;
    let mut pairings = Vec::new();
    for number in 1..=3 {
        let (_, pairing) = street.begin_pairing(street.wish()).await;
        street.keyboard.send("no".to_owned()).unwrap();
        street.answered(number).await;
        pairings.push(pairing);
    }
    // Now this user's programs are silenced, and refused as often as they like: never for want of room.
    for _ in 0..6 {
        let next = street.post("/v1/pair", "none", street.wish()).await;
        assert_ne!(next.status, 503, "{next:?}");
    }
    let told = street.post("/v1/pair/finish", "none", json!({ "pairing": pairings[0] })).await;
    assert_eq!((told.status, told.problem()), (403, "denied"), "{told:?}");
    let again = street.post("/v1/pair/finish", "none", json!({ "pairing": pairings[0] })).await;
    assert_eq!(again.problem(), "unknown-pairing", "once");
}

/// What the listener asks for a program of this user; the digits are typed, or something else.
async fn pair_for(street: &Street, uid: u32, is_right: bool) -> Result<(), fob_bus::CallError> {
    let visit = street.house.visit(Tier::Listener).await;
    let listener = Loopback1Proxy::new(&visit.client).await.unwrap();
    let (code, code_end) = pipe::awaiting().unwrap();
    let (_token, token_end) = pipe::awaiting().unwrap();
    let scopes = vec!["webauthn:https://example.org".to_owned()];
    let options = PairOptions { name: "it".to_owned(), scopes, origin: None, uid };
    let pairing = listener.pair(options, code_end.into(), token_end.into());
    let typing = async {
        // Nothing comes where it is refused at once.
        let mut digits = [0; 6];
        if Receiver::from_owned_fd(code).unwrap().read_exact(&mut digits).await.is_ok() {
            let digits = String::from_utf8(digits.to_vec()).unwrap();
            street.keyboard.send(if is_right { digits } else { "no".to_owned() }).unwrap();
        }
    };
    tokio::join!(pairing, typing).0.map(drop)
}

/// Whoever could log in on this machine could ask the person again and again, and had everybody's pairing silenced by it.
#[tokio::test]
async fn another_user_is_asked_about_once_in_ten_minutes_and_silences_nobody_else() {
    let street = Street::build().await;
    let own = rustix::process::geteuid().as_raw();
    let eve = own + 1;
    assert_eq!(pair_for(&street, eve, false).await.unwrap_err().kind, ErrorKind::Denied);
    for _ in 0..5 {
        assert_eq!(pair_for(&street, eve, true).await.unwrap_err().kind, ErrorKind::TooManyRequests);
    }
    assert_eq!(street.questions().len(), 1);
    pair_for(&street, own, true).await.unwrap();
    pair_for(&street, own + 2, true).await.unwrap();
    street.house.clock.sleep(std::time::Duration::from_secs(599));
    assert_eq!(pair_for(&street, eve, true).await.unwrap_err().kind, ErrorKind::TooManyRequests);
    street.house.clock.sleep(std::time::Duration::from_secs(1));
    pair_for(&street, eve, true).await.unwrap();
    // A user may have many numbers: four that were refused are enough.
    for uid in 10..14 {
        assert_eq!(pair_for(&street, own + uid, false).await.unwrap_err().kind, ErrorKind::Denied);
    }
    assert_eq!(pair_for(&street, own + 14, true).await.unwrap_err().kind, ErrorKind::TooManyRequests);
    pair_for(&street, own, true).await.unwrap();
}

#[tokio::test]
async fn a_pairing_tells_another_user_nothing_about_the_vault() {
    let street = Street::build().await;
    let own = rustix::process::geteuid().as_raw();
    let refused = pair_for(&street, own + 1, false).await.unwrap_err();
    street.house.daemon.vault.lock().await;
    let locked = pair_for(&street, own + 2, true).await.unwrap_err();
    assert_eq!(locked, refused);
    assert_eq!(pair_for(&street, own, true).await.unwrap_err().kind, ErrorKind::Locked);
}

/// A page of any site could have its user's browser use up what this user's programs may ask for.
#[tokio::test]
async fn a_page_that_floods_the_door_takes_nothing_from_programs() {
    let street = Street::build().await;
    let token = street.pair(street.wish()).await;
    let mut statuses = Vec::new();
    for number in 0..150 {
        let header =
            if number % 2 == 0 { ("origin", "https://evil.example") } else { ("sec-fetch-site", "cross-site") };
        statuses.push(street.send("GET", "/v1/code", &[header], "").await.status);
    }
    assert!(statuses.contains(&429) && statuses.contains(&405), "{statuses:?}");
    let code = street.post("/v1/code", &token, json!({ "account": street.id })).await;
    assert_eq!(code.status, 200, "{code:?}");
}

/// Refused requests of a page kept the connections that its user has.
#[tokio::test]
async fn a_refusal_ends_the_connection() {
    let street = Street::build().await;
    let mut stream = TcpStream::connect(street.address).await.unwrap();
    let request = format!("GET /v1/code HTTP/1.1\r\nhost: {}\r\norigin: https://evil.example\r\n\r\n", street.address);
    stream.write_all(request.as_bytes()).await.unwrap();
    let before = std::time::Instant::now();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 405") && answer.to_lowercase().contains("connection: close"), "{answer}");
    assert!(before.elapsed().as_secs() < 4, "an idle connection is closed after five seconds");
}
