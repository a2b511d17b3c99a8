//! Security keys by the fob on this machine, over real sockets: the kernel's word on whose they are is part of it. In the place of
//! fob's listener stands one of the test's own, which knows nothing of HTTP but the few lines it needs.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use signin::ambient::{Ambient, ManualClock, SystemChance, UnixTime};
use signin::{App, CompanionSettings, Settings, SettingsError, serve};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::authenticator::SoftKey;
use crate::client::{PASSWORD, START};

/// A token as fob makes them.
const TOKEN: &str = "fob1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What the listener does when it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Sign,
    Refuse,
    /// Nothing, until the other end hangs up.
    Wait,
}

/// A request as it came over the wire.
#[derive(Clone, Debug)]
struct Heard {
    head: String,
    body: Value,
}

impl Heard {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// fob's listener, as far as the server can tell.
struct Fob {
    address: SocketAddr,
    does: Arc<Mutex<Does>>,
    heard: Arc<Mutex<Vec<Heard>>>,
    hung_up: Arc<tokio::sync::Notify>,
    asked: Arc<tokio::sync::Notify>,
    task: JoinHandle<()>,
}

impl Fob {
    async fn start(key: SoftKey) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (does, heard) = (Arc::new(Mutex::new(Does::Sign)), Arc::<Mutex<Vec<Heard>>>::default());
        let (hung_up, asked) = (Arc::<tokio::sync::Notify>::default(), Arc::<tokio::sync::Notify>::default());
        let address = listener.local_addr().unwrap();
        let task = {
            let (does, heard, hung_up, asked) = (does.clone(), heard.clone(), hung_up.clone(), asked.clone());
            let mut key = key;
            tokio::spawn(async move {
                while let Ok((mut stream, _)) = listener.accept().await {
                    let request = read(&mut stream).await;
                    heard.lock().unwrap().push(request.clone());
                    asked.notify_one();
                    let does = *does.lock().unwrap();
                    let (status, body) = match does {
                        Does::Sign if request.head.starts_with("POST /v1/webauthn/create ") => {
                            ("200 OK", key.create(&request.body["options"]))
                        }
                        Does::Sign => ("200 OK", key.get(&request.body["options"])),
                        Does::Refuse => {
                            ("403 Forbidden", json!({ "type": "tag:x/denied", "detail": "no \u{202e}<b>" }))
                        }
                        Does::Wait => {
                            assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
                            hung_up.notify_one();
                            continue;
                        }
                    };
                    let body = body.to_string();
                    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            })
        };
        Self { address, does, heard, hung_up, asked, task }
    }

    fn now(&self, does: Does) {
        *self.does.lock().unwrap() = does;
    }

    fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
}

/// One message: head, and as much body as it says.
async fn read(stream: &mut TcpStream) -> Heard {
    let mut bytes = Vec::new();
    let head = loop {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "a message without an end");
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let heard = Heard { head: text, body: Value::Null };
    let length: usize = heard.header("content-length").expect("a length").parse().unwrap();
    while bytes.len() < head + length {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
    }
    Heard { body: serde_json::from_slice(&bytes[head..]).unwrap_or_default(), ..heard }
}

/// A server on a port of its own, with fob beside it, and a browser's cookies.
struct Here {
    port: u16,
    origin: String,
    fob: Fob,
    clock: Arc<ManualClock>,
    cookies: Mutex<Vec<(String, String)>>,
    _folder: TempDir,
    _end: oneshot::Sender<()>,
}

/// What came back.
#[derive(Debug)]
struct Page {
    status: u16,
    head: String,
    text: String,
}

impl Page {
    /// The mark in its forms.
    fn mark(&self) -> Option<String> {
        let (_, rest) = self.text.split_once("name=\"form_token\" value=\"")?;
        Some(rest.split('"').next().unwrap().to_owned())
    }

    #[track_caller]
    fn leads_to(&self, place: &str) {
        assert!(self.head.contains(&format!("\r\nlocation: {place}\r\n")), "{self:?}");
    }
}

impl Here {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let origin = format!("http://localhost:{port}");
        let folder = tempfile::tempdir().unwrap();
        let token = folder.path().join("token");
        std::fs::write(&token, format!("{TOKEN}\n")).unwrap();
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).unwrap();
        let mut key = SoftKey::new();
        key.origin.clone_from(&origin);
        let fob = Fob::start(key).await;
        let companion = CompanionSettings::read(&format!("http://{}", fob.address), &token).unwrap();
        let settings = Settings::new("Example ID", &origin, "localhost", folder.path().join("db.sqlite")).unwrap();
        let settings = settings.with_companion(companion).unwrap();
        let clock = Arc::new(ManualClock::at(UnixTime(START)));
        let ambient = Ambient { clock: clock.clone(), chance: Arc::new(SystemChance::new()) };
        let router = App::open(settings, ambient).await.unwrap().router();
        let (end, ended) = oneshot::channel::<()>();
        tokio::spawn(async move {
            serve(listener, router, async { drop(ended.await) }).await;
        });
        Self { port, origin, fob, clock, cookies: Mutex::default(), _folder: folder, _end: end }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }

    /// A request as a browser sends it, with other headers besides or instead.
    fn request(&self, line: &str, headers: &[(&str, &str)], body: &str) -> String {
        let cookies = self.cookies.lock().unwrap();
        let cookies: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let host = format!("localhost:{}", self.port);
        let mut all = vec![("host", host.as_str()), ("origin", &self.origin), ("connection", "close")];
        all.retain(|(name, _)| !headers.iter().any(|(other, _)| other == name));
        all.extend(headers);
        let mut text = format!("{line} HTTP/1.1\r\ncookie: {}\r\n", cookies.join("; "));
        text.extend(all.iter().map(|(name, value)| format!("{name}: {value}\r\n")));
        text += "content-type: application/x-www-form-urlencoded\r\n";
        format!("{text}content-length: {}\r\n\r\n{body}", body.len())
    }

    async fn send(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Page {
        let mut stream = self.connect().await;
        stream.write_all(self.request(line, headers, body).as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let head = format!("{head}\r\n");
        for line in head.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            cookies.retain(|(other, _)| other != name);
            cookies.push((name.to_owned(), value.to_owned()));
        }
        Page { status: head[9..12].parse().unwrap(), text: body.to_owned(), head }
    }

    async fn get(&self, path: &str) -> Page {
        self.send(&format!("GET {path}"), &[], "").await
    }

    async fn post(&self, path: &str, body: &str) -> Page {
        self.send(&format!("POST {path}"), &[], body).await
    }

    async fn register(&self) {
        let body = format!("username=ada&password={}", PASSWORD.replace(' ', "+"));
        self.post("/register", &body).await.leads_to("/account?done=registered");
    }

    async fn sign_out(&self) {
        self.post("/sign-out", "").await.leads_to("/sign-in?done=signed-out");
    }

    /// The body of a form of the server's.
    async fn form(&self, page: &str) -> String {
        let page = self.get(page).await;
        format!("form_token={}&name=Here", page.mark().unwrap_or_else(|| panic!("no form: {page:?}")))
    }
}

#[tokio::test]
async fn a_person_without_javascript_enrols_and_signs_in_by_the_fob_here() {
    let here = Here::start().await;
    here.register().await;
    let account = here.form("/account").await;
    here.post("/account/passkeys/fob", &account).await.leads_to("/account?done=passkey-added");
    assert!(here.get("/account").await.text.contains("<strong>Here</strong>"));
    here.sign_out().await;
    let form = here.form("/sign-in").await;
    here.post("/sign-in/passkey/fob", &form).await.leads_to("/account");
    assert!(here.get("/account").await.text.contains("signed in with a passkey"));
    let heard = here.fob.heard();
    assert_eq!(heard.len(), 2);
    for (heard, path) in heard.iter().zip(["create", "get"]) {
        assert!(heard.head.starts_with(&format!("POST /v1/webauthn/{path} HTTP/1.1\r\n")), "{}", heard.head);
        for (name, value) in [
            ("host", here.fob.address.to_string()),
            ("authorization", format!("Bearer {TOKEN}")),
            ("fob-request", "1".to_owned()),
            ("content-type", "application/json".to_owned()),
        ] {
            assert_eq!(heard.header(name), Some(value.as_str()), "{name}");
        }
        assert_eq!(heard.header("origin"), None, "it is no page");
        assert_eq!(heard.body["origin"], here.origin);
        assert_eq!(heard.body["options"]["timeout"], 60_000);
    }
    assert_eq!(heard[0].body["options"]["authenticatorSelection"]["residentKey"], "required");
}

#[tokio::test]
async fn a_security_key_is_the_second_step_by_the_fob_here() {
    let here = Here::start().await;
    here.register().await;
    let account = here.form("/account").await;
    here.post("/account/security-keys/fob", &account).await.leads_to("/account?done=key-added");
    here.sign_out().await;
    let password = format!("username=ada&password={}", PASSWORD.replace(' ', "+"));
    here.post("/sign-in", &password).await.leads_to("/sign-in/second-factor");
    let form = here.form("/sign-in/second-factor").await;
    here.post("/sign-in/security-key/fob", &form).await.leads_to("/account");
    assert!(here.get("/account").await.text.contains("your password and a security key"));
}

/// What it is called, headers besides or instead, body, status.
type Case<'c> = (&'c str, &'c [(&'c str, &'c str)], &'c str, u16);

/// Each of them alone keeps a request away from the prompt.
#[tokio::test]
async fn nobody_from_elsewhere_makes_fob_ask() {
    let here = Here::start().await;
    let form = here.form("/sign-in").await;
    let port = here.port;
    let evil = format!("evil.example:{port}");
    let evil_origin = format!("http://{evil}");
    let cases: &[Case<'_>] = &[
        ("through a proxy", &[("x-forwarded-for", "192.0.2.7")], &form, 404),
        ("through a proxy that says it is here", &[("forwarded", "for=127.0.0.1")], &form, 404),
        ("a name that was made to lead here", &[("host", &evil)], &form, 404),
        ("the same, from its own page", &[("host", &evil), ("origin", &evil_origin)], &form, 403),
        ("a page of another site", &[("origin", "https://evil.example")], &form, 403),
        ("another site by the browser's word", &[("sec-fetch-site", "cross-site")], &form, 403),
        ("a form without a mark", &[], "name=x", 400),
        ("a form with a guessed mark", &[], "form_token=AAAA", 403),
        ("a form without its cookie", &[("cookie", "")], &form, 403),
    ];
    for (case, headers, body, status) in cases {
        let mut cookies = Vec::new();
        if headers.iter().any(|(name, _)| *name == "cookie") {
            std::mem::swap(&mut cookies, &mut here.cookies.lock().unwrap());
        }
        for path in ["/sign-in/passkey/fob", "/sign-in/security-key/fob"] {
            let page = here.send(&format!("POST {path}"), headers, body).await;
            assert_eq!(page.status, *status, "{case}: {page:?}");
        }
        here.cookies.lock().unwrap().extend(cookies);
    }
    assert!(here.fob.heard().is_empty());
    // Who is not here is not offered what would be refused.
    for headers in [&[("x-real-ip", "192.0.2.7")][..], &[("host", &evil)]] {
        assert_eq!(here.send("GET /sign-in", headers, "").await.mark(), None, "{headers:?}");
    }
    // A mark is good for the browser it was made for.
    here.cookies.lock().unwrap().clear();
    here.form("/sign-in").await;
    assert_eq!(here.post("/sign-in/passkey/fob", &form).await.status, 403);
    assert!(here.fob.heard().is_empty());
}

#[tokio::test]
async fn what_fob_refuses_is_said_in_its_words_and_the_form_stays() {
    let here = Here::start().await;
    here.fob.now(Does::Refuse);
    let form = here.form("/sign-in").await;
    let page = here.post("/sign-in/passkey/fob", &form).await;
    assert_eq!(page.status, 403);
    assert!(page.text.contains("fob gave no key: no &#60;b&#62;"), "{}", page.text);
    assert_eq!(form, format!("form_token={}&name=Here", page.mark().unwrap()));
    here.register().await;
    let page = here.post("/account/passkeys/fob", &form).await;
    assert!(page.status == 403 && page.text.contains("fob gave no key") && page.mark().is_some(), "{page:?}");
}

#[tokio::test]
async fn without_fob_nothing_is_offered() {
    let here = Here::start().await;
    let form = here.form("/sign-in").await;
    here.fob.task.abort();
    while TcpStream::connect(here.fob.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert_eq!(here.get("/sign-in").await.mark(), None);
    assert_eq!(here.post("/sign-in/passkey/fob", &form).await.status, 404);
}

#[tokio::test]
async fn a_browser_that_goes_away_takes_the_question_along() {
    let here = Here::start().await;
    here.fob.now(Does::Wait);
    let form = here.form("/sign-in").await;
    let mut browser = here.connect().await;
    browser.write_all(here.request("POST /sign-in/passkey/fob", &[], &form).as_bytes()).await.unwrap();
    here.fob.asked.notified().await;
    // Meanwhile nobody else's question is put.
    assert_eq!(here.post("/sign-in/passkey/fob", &form).await.status, 503);
    drop(browser);
    here.fob.hung_up.notified().await;
    here.fob.now(Does::Refuse);
    while here.post("/sign-in/passkey/fob", &form).await.status == 503 {
        tokio::task::yield_now().await;
    }
    assert_eq!(here.fob.heard().len(), 2);
}

#[tokio::test]
async fn fob_is_asked_six_times_in_a_minute_and_no_more() {
    let here = Here::start().await;
    here.fob.now(Does::Refuse);
    let form = here.form("/sign-in").await;
    for _ in 0..6 {
        assert_eq!(here.post("/sign-in/passkey/fob", &form).await.status, 403);
    }
    let page = here.post("/sign-in/passkey/fob", &form).await;
    assert!(page.status == 503 && page.head.contains("retry-after: "), "{page:?}");
    assert_eq!(here.fob.heard().len(), 6);
    here.clock.advance(60);
    assert_eq!(here.post("/sign-in/passkey/fob", &form).await.status, 403);
}

/// Behind a proxy everybody looks as if he were here.
#[tokio::test]
async fn a_server_that_is_reached_elsewhere_takes_no_fob() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, TOKEN).unwrap();
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).unwrap();
    let companion = || CompanionSettings::read("http://127.0.0.1:9362", &token).unwrap();
    for (origin, rp_id, expected) in [
        ("https://id.example", "id.example", false),
        ("https://127.0.0.1.example", "127.0.0.1.example", false),
        ("http://localhost:8080", "localhost", true),
        ("https://localhost", "localhost", true),
    ] {
        let settings = Settings::new("id", origin, rp_id, folder.path().join("db")).unwrap();
        let taken = settings.with_companion(companion());
        assert_eq!(taken.is_ok(), expected, "{origin}");
        if let Err(error) = taken {
            assert_eq!(error, SettingsError::CompanionElsewhere(origin.to_owned()));
        }
    }
}
