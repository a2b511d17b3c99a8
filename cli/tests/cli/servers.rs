//! Servers that are no sign-in servers, or bad ones: one clear sentence, exit 1, and no password sent.

use fob::Exit;
use serde_json::json;

use super::common::daemon::FakeDaemon;
use super::common::http::{Came, Http, answer, json as json_answer};
use super::common::{Handed, Left, with};

/// What the server says to whatever comes.
type Reply = Box<dyn Fn(&str, &Came) -> String + Send>;

async fn sign_in(server: &Http) -> Left {
    let password = Handed::new("a password");
    let line = format!("sign-in {} --user ada --password-fd {}", server.origin, password.number());
    let mut left = with(&FakeDaemon::new()).run(&line).await;
    // The port is another one each time.
    left.err = left.err.replace(&server.origin, "http://localhost:PORT");
    assert!(!left.to_string().contains("a password"));
    left
}

#[tokio::test]
async fn a_server_that_is_none_is_told_in_one_sentence() {
    let mut text = String::new();
    let big = "x".repeat(300 * 1024);
    let cases: [(&str, Reply); 8] = [
        ("500 without words", Box::new(|_: &str, _: &Came| answer(500, "Content-Type: text/html", "<h1>Oops</h1>"))),
        ("a page", Box::new(|_: &str, _: &Came| answer(200, "Content-Type: text/html", "<!doctype html><p>Hello"))),
        ("no page", Box::new(|_: &str, _: &Came| answer(404, "Content-Type: text/html", "<p>No"))),
        ("another origin", Box::new(|_: &str, _: &Came| answer(302, "Location: https://evil.example/login", ""))),
        ("itself again", Box::new(|_: &str, _: &Came| answer(308, "Location: /elsewhere", ""))),
        ("too much", Box::new(move |_: &str, _: &Came| answer(200, "Content-Type: application/json", &big))),
        (
            "says it is another",
            Box::new(|_: &str, _: &Came| json_answer(200, &json!({"name": "x", "origin": "https://id.example"}))),
        ),
        ("no HTTP", Box::new(|_: &str, _: &Came| "220 mail.example ESMTP\r\n".to_owned())),
    ];
    for (case, reply) in cases {
        let server = Http::serve(reply);
        let left = sign_in(&server).await;
        assert_eq!(left.exit, Exit::Failed, "{case}: {left}");
        assert_eq!(server.lines(), ["GET /api/v1/server"], "{case}: it was told more");
        text.push_str(&format!("{case}\n{left}\n"));
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn nobody_answers() {
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let left = with(&FakeDaemon::new()).run(&format!("sign-in http://127.0.0.1:{port} --user ada")).await;
    assert_eq!(left.exit, Exit::Failed);
    assert!(left.err.contains("cannot be reached"), "{left}");
}

/// A server that listens at one of the two addresses of `localhost` is reached, whichever it is.
#[tokio::test]
async fn localhost_is_both_addresses_of_this_machine() {
    for host in ["127.0.0.1", "::1"] {
        let Some(server) = Http::serve_at(host, |_, _| answer(404, "Content-Type: text/html", "<p>No")) else {
            assert_eq!(host, "::1", "there is no machine without the other one");
            continue;
        };
        sign_in(&server).await;
        assert_eq!(server.lines(), ["GET /api/v1/server"], "{host}");
    }
}

#[tokio::test]
async fn a_refusal_is_told_in_the_servers_words() {
    let mut text = String::new();
    for (status, word, detail, exit) in [
        (403, "wrong-credentials", "User name or password is wrong.", Exit::Denied),
        (429, "locked-out", "Too many wrong tries. Wait 30 seconds.\u{1b}[2J", Exit::Blocked),
        (410, "transaction-expired", "That took too long.", Exit::TimedOut),
        (500, "server-error", "Something broke here.", Exit::Failed),
        (418, "brand-new", "I am a teapot.", Exit::Failed),
    ] {
        let server = Http::serve(move |origin, came| {
            if came.line.starts_with("GET") {
                return json_answer(200, &json!({"name": "signin", "origin": origin}));
            }
            json_answer(status, &json!({"type": format!("/problems/{word}"), "status": status, "detail": detail}))
        });
        let left = sign_in(&server).await;
        assert_eq!(left.exit, exit, "{left}");
        text.push_str(&format!("{left}\n"));
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn http_leads_to_this_machine_only() {
    let left = with(&FakeDaemon::new()).run("sign-in http://id.example --user ada").await;
    insta::assert_snapshot!(left);
}
