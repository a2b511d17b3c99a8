//! HTTP on the loopback with the real programs: a fobd, the listener beside it, a prompt that a script answers, and whoever
//! wants in: curl, Python, pages with a name of their own, another user, a flood.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use fob_tests::house::House;
use fob_tests::program::{Program, built};
use serde_json::{Value, json};

/// Answers every question with the digits that the test puts into a FIFO.
const PROMPT: &str = r#"#!/bin/sh
read -r question
digits=$(cat "${0%/bin/*}/digits")
printf '%s\n' "$digits"
printf '{"answer":"secret","choice":null}\n' >&0
read -r verdict
"#;

/// A vault with one account, made by the `fob` of this house.
const PREPARE: &str = r#"
printf %s 'a passphrase for the street' | { "$1" init --passphrase-fd 7 --recovery-fd 8 7<&0 8>&1 | cat >recovery; }
echo 'otpauth://totp/Example:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example' | "$1" otp add >/dev/null
"$1" otp list --json
"#;

struct Street {
    // Dropped from top to bottom: who depends on others goes first.
    listener: Program,
    port: u16,
    account: String,
    house: House,
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
        self.body["type"].as_str().and_then(|text| text.rsplit('/').next()).unwrap_or("none")
    }
}

impl Street {
    fn build() -> Self {
        let mut house = House::build().unwrap();
        let fob = house.install(&built("fob").unwrap()).unwrap();
        let bin = house.home().join("bin");
        let listener = bin.join("fob-loopback");
        std::fs::copy(built("fob-loopback").unwrap(), &listener).unwrap();
        let prompt = bin.join("fob-prompt");
        // In its place: the one that is there may be running nowhere yet, but is a file of its own.
        let _ = std::fs::remove_file(&prompt);
        std::fs::write(&prompt, PROMPT).unwrap();
        std::fs::set_permissions(&prompt, PermissionsExt::from_mode(0o755)).unwrap();
        assert!(Command::new("mkfifo").arg("-m600").arg(house.home().join("digits")).status().unwrap().success());
        house.start_daemon(&[]).unwrap();
        let account = prepare(&house, &fob);
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let mut command = house.command(&listener);
        let mut listener = Program::start("fob-loopback", command.args(["--port", &port.to_string()])).unwrap();
        listener.wait_until_it_says("fob-loopback serves").unwrap();
        Self { listener, port, account, house }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// Sends these bytes and reads to the end.
    fn raw(&self, bytes: &str) -> Came {
        let mut stream = self.connect();
        // The other end may have had enough before it is all there.
        let _ = stream.write_all(bytes.as_bytes());
        came(&mut stream)
    }

    fn head(&self, path: &str, more: &str) -> String {
        let port = self.port;
        format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\
             content-type: application/json\r\nfob-request: 1\r\n{more}"
        )
    }

    fn post(&self, path: &str, token: &str, body: &Value) -> Came {
        let body = body.to_string();
        let more = format!("authorization: Bearer {token}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        self.raw(&self.head(path, &more))
    }

    fn wish(&self) -> Value {
        json!({ "name": "Backup", "scopes": [format!("otp:read:{}", self.account)] })
    }

    /// A pairing, with a person who types what the program shows.
    fn pair(&self) -> String {
        let begun = self.post("/v1/pair", "", &self.wish());
        assert_eq!(begun.status, 200, "{begun:?}");
        self.type_digits(begun.body["code"].as_str().unwrap());
        let ended = self.post("/v1/pair/finish", "", &json!({ "pairing": begun.body["pairing"] }));
        assert_eq!(ended.status, 200, "{ended:?} {}", self.house.diaries());
        ended.body["token"].as_str().unwrap().to_owned()
    }

    /// Waits for the prompt, which reads them.
    fn type_digits(&self, digits: &str) {
        std::fs::write(self.house.home().join("digits"), digits).unwrap();
    }

    fn code_request(&self) -> Value {
        json!({ "account": self.account })
    }

    fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.listener.id())).unwrap().count()
    }

    fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.listener.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }
}

fn prepare(house: &House, fob: &Path) -> String {
    let output = house.command("sh").args(["-euc", PREPARE, "sh"]).arg(fob).output().unwrap();
    assert!(output.status.success(), "{output:?} {}", house.diaries());
    let list: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    list["entries"][0]["id"]
        .as_str()
        .or(list["accounts"][0]["id"].as_str())
        .unwrap_or_else(|| panic!("{list}"))
        .to_owned()
}

fn came(stream: &mut TcpStream) -> Came {
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => {}
        // Hung up on in the middle of what was sent.
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error}: {}", String::from_utf8_lossy(&answer)),
    }
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Came { status, head: head.to_lowercase(), body: serde_json::from_str(body).unwrap_or(Value::Null) }
}

fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The example of the documentation, as it stands there.
fn example(language: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/loopback.md");
    let page = std::fs::read_to_string(page).unwrap();
    let fence = format!("```{language}\n");
    let (_, rest) = page.split_once(&fence).unwrap_or_else(|| panic!("docs/loopback.md has no {fence}"));
    rest.split_once("```").unwrap().0.to_owned()
}

fn script(street: &Street, name: &str, text: &str) -> PathBuf {
    let path = street.house.home().join(name);
    std::fs::write(&path, text.replace("9362", &street.port.to_string())).unwrap();
    path
}

#[test]
fn curl_has_a_code_as_the_documentation_says() {
    let street = Street::build();
    let token = street.pair();
    let text = example("sh").replace("ACCOUNT", &street.account).replace("TOKEN", &token);
    let code = succeeded(&street.house.command("sh").arg(script(&street, "code.sh", &text)).output().unwrap());
    let code: Value = serde_json::from_str(&code).unwrap();
    let digits = code["code"].as_str().unwrap();
    assert!(digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_digit()), "{code}");
    assert_eq!((&code["account"]["issuer"], &code["account"]["name"]), (&json!("Example"), &json!("ada")));
    // What passed through is in nobody's diary.
    let said = format!("{}{}", street.house.diaries(), street.listener.diary());
    assert!(!said.contains(&token) && !said.contains(digits), "{said}");
}

#[test]
fn python_is_paired_as_the_documentation_says() {
    let street = Street::build();
    let path = script(&street, "pair.py", &example("python").replace("ACCOUNT", &street.account));
    let mut python = street.house.command("python3");
    let mut child = python.arg("-u").arg(path).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut stdout, &mut said).unwrap();
    let digits: String = said.chars().filter(char::is_ascii_digit).collect();
    assert_eq!(digits.len(), 6, "{said}");
    street.type_digits(&digits);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success(), "{said}{rest}");
    assert_eq!(rest.trim().len(), 6, "{said}{rest}");
}

#[test]
fn a_token_of_one_user_is_nothing_in_the_hands_of_another() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can be another user");
        return;
    }
    let street = Street::build();
    let token = street.pair();
    let curl = |mut command: Command| -> Value {
        let url = format!("http://127.0.0.1:{}/v1/code", street.port);
        let bearer = format!("authorization: Bearer {token}");
        let json = ["-H", "content-type: application/json", "-H", "fob-request: 1", "-H", &bearer, "-d"];
        command.arg("-s").args(json).args([&street.code_request().to_string(), &url]);
        serde_json::from_str(&succeeded(&command.output().unwrap())).unwrap()
    };
    assert!(curl(Command::new("curl"))["code"].is_string());
    let mut nobody = Command::new("setpriv");
    nobody.args(["--reuid=65534", "--regid=65534", "--clear-groups", "curl"]);
    let refused = curl(nobody);
    assert_eq!((&refused["status"], &refused["code"]), (&json!(401), &Value::Null), "{refused}");
    assert!(refused["type"].as_str().unwrap().ends_with("/not-paired"), "{refused}");
    // The other user's guess is not this user's.
    assert!(curl(Command::new("curl"))["code"].is_string());
}

#[test]
fn nothing_but_a_request_of_a_program_is_looked_at() {
    let street = Street::build();
    let port = street.port;
    let token = street.pair();
    let code = street.code_request().to_string();
    let length = code.len();
    let own = format!("host: 127.0.0.1:{port}\r\nconnection: close\r\n");
    let json = "content-type: application/json\r\n";
    let bearer = format!("authorization: Bearer {token}\r\nfob-request: 1\r\n");
    let body = format!("content-length: {length}\r\n\r\n{code}");
    let good = format!("POST /v1/code HTTP/1.1\r\n{own}{json}{bearer}{body}");
    assert_eq!(street.raw(&good).status, 200);
    let rebound = format!("host: evil.example:{port}\r\nconnection: close\r\n");
    let chunked = format!("transfer-encoding: chunked\r\n\r\n{length:x}\r\n{code}\r\n0\r\n\r\n");
    let long = format!("x: {}\r\n", "x".repeat(17 * 1024));
    let many = (0..100).map(|number| format!("x-{number}: 1\r\n")).collect::<String>();
    for (case, request, status) in [
        ("a rebound name", good.replace(&own, &rebound), 421),
        ("no host", good.replace(&own, "connection: close\r\n"), 421),
        ("a foreign page", good.replace(json, &format!("{json}origin: https://evil.example\r\n")), 403),
        ("a page without an origin", good.replace(json, &format!("{json}origin: null\r\n")), 403),
        ("a simple request: text", good.replace(json, "content-type: text/plain\r\n"), 415),
        ("a simple request: a form", good.replace(json, "content-type: application/x-www-form-urlencoded\r\n"), 415),
        ("a simple request: none", good.replace("fob-request: 1\r\n", ""), 403),
        ("GET", format!("GET /v1/keys HTTP/1.1\r\n{own}{bearer}\r\n"), 405),
        ("HEAD", format!("HEAD /v1/keys HTTP/1.1\r\n{own}{bearer}\r\n"), 405),
        ("TRACE", format!("TRACE / HTTP/1.1\r\n{own}\r\n"), 405),
        ("CONNECT", format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\n{own}\r\n"), 405),
        ("a proxy's target", good.replace("/v1/code", &format!("http://127.0.0.1:{port}/v1/code")), 400),
        (
            "a websocket",
            format!("GET /v1/code HTTP/1.1\r\n{own}upgrade: websocket\r\nsec-websocket-version: 13\r\n\r\n"),
            405,
        ),
        ("a websocket by POST", good.replace(json, &format!("{json}upgrade: websocket\r\n")), 400),
        ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), 0),
        ("HTTP/1.0", good.replace("HTTP/1.1", "HTTP/1.0"), 400),
        ("two lengths", good.replace(json, &format!("{json}content-length: 1\r\n")), 400),
        ("a length and a coding", good.replace(json, &format!("{json}transfer-encoding: chunked\r\n")), 411),
        ("a coding", good.replace(&body, &chunked), 411),
        ("an odd coding", good.replace(json, &format!("{json}transfer-encoding: xchunked\r\n")), 400),
        ("a length with a sign", good.replace(&format!("length: {length}"), &format!("length: +{length}")), 400),
        ("a bare line feed in a name", good.replace(json, "content-type : application/json\r\n"), 400),
        ("a body above the limit", good.replace(&body, "content-length: 65537\r\n\r\n{}"), 413),
        ("a head above the limit", good.replace(json, &format!("{json}{long}")), 431),
        ("too many headers", good.replace(json, &format!("{json}{many}")), 431),
        ("no HTTP", "EHLO evil.example\r\n\r\n".to_owned(), 400),
    ] {
        let came = street.raw(&request);
        assert_eq!(came.status, status, "{case}: {came:?}");
        assert!(!came.head.contains("access-control-") && !came.head.contains("set-cookie"), "{case}: {came:?}");
        assert!(came.body["code"].is_null(), "{case}: {came:?}");
    }
    assert_eq!(street.raw(&good).status, 200, "and it still serves");
}

/// A request behind another one in the same piece is one of its own, and is looked at as such.
#[test]
fn what_follows_a_request_is_not_part_of_it() {
    let street = Street::build();
    let token = street.pair();
    let code = street.code_request().to_string();
    let more = format!("authorization: Bearer {token}\r\ncontent-length: {}\r\n\r\n{code}", code.len());
    let first = street.head("/v1/code", &more).replace("connection: close\r\n", "");
    let smuggled = format!(
        "POST /v1/code HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{code}",
        code.len()
    );
    let mut stream = street.connect();
    stream.write_all(format!("{first}{smuggled}").as_bytes()).unwrap();
    let mut both = String::new();
    stream.read_to_string(&mut both).unwrap();
    let statuses: Vec<_> = both.match_indices("HTTP/1.1 ").map(|(at, word)| &both[at + word.len()..][..3]).collect();
    assert_eq!(statuses, ["200", "421"], "{both}");
}

#[test]
fn whoever_is_slow_is_hung_up_on() {
    let street = Street::build();
    let start = Instant::now();
    let mut slow_body = street.connect();
    slow_body
        .write_all(street.head("/v1/code", "authorization: Bearer x\r\ncontent-length: 10\r\n\r\n{").as_bytes())
        .unwrap();
    let mut slow_head = street.connect();
    slow_head.write_all(b"POST /v1/code HTTP/1.1\r\nhost: ").unwrap();
    let mut silent = street.connect();
    // Meanwhile others are served.
    let other = street.post("/v1/code", "fob1_x", &street.code_request());
    assert_eq!((other.status, other.problem()), (401, "not-paired"), "{other:?}");
    let body = came(&mut slow_body);
    assert_eq!((body.status, body.problem()), (408, "slow-body"), "{body:?}");
    assert!(matches!(came(&mut slow_head).status, 0 | 408));
    assert_eq!(came(&mut silent).status, 0);
    assert!((4..20).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

#[test]
fn a_thousand_connections_leave_it_alive_and_small() {
    let street = Street::build();
    let token = street.pair();
    let before = street.resident_kib();
    let mut crowd: Vec<_> = (0..1000).map(|_| street.connect()).collect();
    let held = crowd.iter_mut().filter_map(|stream| {
        stream.set_nonblocking(true).ok()?;
        Some(stream)
    });
    assert_eq!(held.count(), 1000);
    // Sixteen of a user's are let in; the rest find the door closed, sooner or later.
    let last = crowd.last_mut().unwrap();
    last.set_nonblocking(false).unwrap();
    assert_eq!(came(last).status, 0);
    assert!(street.descriptors() < 100, "{} descriptors", street.descriptors());
    let grown = street.resident_kib().saturating_sub(before);
    assert!(grown < 8 * 1024, "grown by {grown} KiB");
    drop(crowd);
    // A seat is free as soon as the listener has seen one of them go.
    let start = Instant::now();
    let code = loop {
        let came = street.post("/v1/code", &token, &street.code_request());
        if came.status != 0 || start.elapsed() > Duration::from_secs(10) {
            break came;
        }
    };
    assert_eq!(code.status, 200, "{code:?}");
}

#[test]
fn without_fobd_there_is_a_word_about_it() {
    let mut street = Street::build();
    street.house.daemon().unwrap().end(rustix::process::Signal::TERM).unwrap();
    let refused = street.post("/v1/code", "fob1_x", &street.code_request());
    assert_eq!((refused.status, refused.problem()), (503, "not-running"), "{refused:?}");
}

/// Somebody else's reading of OpenAPI 3.1; that the file is true is tested beside the listener itself.
#[test]
fn the_contract_is_openapi_for_others_too() {
    let Some(python) = std::env::var_os("FOB_PYTHON") else {
        assert!(std::env::var_os("FOB_JUDGES").is_none(), "FOB_JUDGES is set, and FOB_PYTHON names no interpreter");
        eprintln!("skipped: FOB_PYTHON names no interpreter with tests/requirements.txt");
        return;
    };
    let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/loopback.openapi.json");
    succeeded(&Command::new(python).args(["-m", "openapi_spec_validator"]).arg(contract).output().unwrap());
}
