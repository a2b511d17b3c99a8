//! Codes go to the site they are for: the origin that the person typed, never what a server calls itself.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use fob_tests::fob::Left;
use fob_tests::house::House;
use serde_json::{Value, json};

const PASSPHRASE: &str = "correct horse battery staple";
const PASSWORD: &str = "a password of ada lovelace 1843";

/// A server that calls itself GitHub, wants a code, says it was used, wants the next one, and is content with two.
struct Impostor {
    origin: String,
    codes: Arc<Mutex<Vec<String>>>,
}

impl Impostor {
    fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let codes: Arc<Mutex<Vec<String>>> = Arc::default();
        let (name, caught) = (origin.clone(), Arc::clone(&codes));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some((path, body)) = read(&stream) else { continue };
                if let Some(code) = body["code"].as_str() {
                    caught.lock().unwrap().push(code.to_owned());
                }
                let (status, body) = answer(&name, &path, caught.lock().unwrap().len());
                let body = body.to_string();
                let head = "content-type: application/json\r\nconnection: close";
                let length = body.len();
                let _ = write!(&stream, "HTTP/1.1 {status} X\r\n{head}\r\ncontent-length: {length}\r\n\r\n{body}");
            }
        });
        Self { origin, codes }
    }

    fn codes(&self) -> Vec<String> {
        self.codes.lock().unwrap().clone()
    }

    fn sign_in(&self, house: &House, options: &str) -> Left {
        let call = house.fob().args("sign-in").arg(&self.origin).args("--user ada").args(options);
        call.secret("--password-fd", PASSWORD).receive("--session-fd").run().unwrap()
    }
}

fn answer(origin: &str, path: &str, codes: usize) -> (u16, Value) {
    match path.trim_start_matches("/api/v1/") {
        "server" => (200, json!({"name": "GitHub", "origin": origin})),
        "sign-in/password" => (200, json!({"transaction": "t", "second_factors": ["totp"]})),
        "accounts" => (201, json!({"session": "s"})),
        "account/totp/options" => {
            (200, json!({"transaction": "t", "uri": "otpauth://totp/GitHub:ada?secret=GEZDGNBVGY3TQOJQ&issuer=GitHub"}))
        }
        _ if codes < 2 => (403, json!({"type": "/problems/code-used", "detail": "That code was used already."})),
        _ => (429, json!({"type": "/problems/locked-out", "detail": "That is enough."})),
    }
}

fn read(stream: &TcpStream) -> Option<(String, Value)> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split_whitespace().nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, serde_json::from_slice(&body).unwrap_or_default()))
}

/// A house whose vault has GitHub's codes.
fn house() -> House {
    let mut house = House::build().unwrap();
    house.start_daemon(&[]).unwrap();
    house.make_vault(PASSPHRASE).unwrap();
    let uri = "otpauth://totp/GitHub:ada?secret=JBSWY3DPEHPK3PXP&issuer=GitHub";
    house.fob().args("otp add --site https://github.example").stdin(uri).ok().unwrap();
    house
}

#[track_caller]
fn denied(left: &Left, words: &str) {
    assert_eq!(left.status.code(), Some(4), "{left:?}");
    assert!(left.stderr.contains(words) && left.stderr.contains("hint: "), "{left:?}");
    assert!(left.received.is_empty(), "{left:?}");
}

#[test]
fn a_server_that_calls_itself_like_another_account_gets_nothing() {
    let (house, impostor) = (house(), Impostor::start());
    for options in ["--with code", "", "--account GitHub", "--account GitHub:ada --with code"] {
        denied(&impostor.sign_in(&house, options), &impostor.origin);
        assert_eq!(impostor.codes(), [""; 0], "{options}");
    }
    // An account that is bound to no site is no better.
    house.fob().args("otp bind GitHub https://github.example --remove").ok().unwrap();
    for options in ["--with code", "--account GitHub"] {
        denied(&impostor.sign_in(&house, options), &impostor.origin);
    }
    assert_eq!(impostor.codes(), [""; 0]);

    // And whoever binds it on purpose gives the codes away on purpose: that the test can see them at all.
    house.fob().args("otp bind GitHub").arg(&impostor.origin).ok().unwrap();
    let now = house.fob().args("otp code GitHub --raw").ok().unwrap().stdout;
    let next = house.fob().args("otp code GitHub --next --raw").ok().unwrap().stdout;
    let left = impostor.sign_in(&house, "--with code");
    assert_eq!(left.status.code(), Some(8), "{left:?}");
    let codes = impostor.codes();
    assert_eq!(codes.len(), 2);
    // A step may have gone by since they were looked at.
    assert!(codes.contains(&next.trim().to_owned()), "{codes:?} has neither {now} nor {next}");
}

#[test]
fn a_server_cannot_put_a_second_account_of_that_name_beside_it() {
    let (house, impostor) = (house(), Impostor::start());
    let call = house.fob().args("enroll").arg(&impostor.origin).args("--user ada --create --code");
    let left = call.secret("--password-fd", PASSWORD).run().unwrap();
    assert_eq!(left.status.code(), Some(1), "{left:?}");
    assert!(left.stderr.contains("GitHub:ada") && left.stderr.contains("would mislead"), "{left:?}");
    let list = house.fob().args("otp list").json().unwrap();
    assert_eq!(list["entries"].as_array().map(Vec::len), Some(1), "{list}");
    assert_eq!(list["entries"][0]["sites"], json!(["https://github.example"]));
    assert_eq!(impostor.codes(), [""; 0]);
}
