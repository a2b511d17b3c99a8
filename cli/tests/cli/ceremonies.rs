//! `fob enroll` and `fob sign-in` with a scripted key and a scripted server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fob::Exit;
use fob_bus::ErrorKind;
use fob_bus::types::{Outcome, StateDetails};
use serde_json::{Value, json};

use super::common::daemon::{CODE, FakeDaemon, NEXT_CODE, Scene, key};
use super::common::http::{Came, Http, json as answer};
use super::common::{Handed, Left, Taken, with};

/// A server with one account that has a key and one-time codes.
fn server() -> Http {
    Http::serve(respond)
}

fn respond(origin: &str, came: &Came) -> String {
    let session = json!({"session": "session-of-ada"});
    let ceremony = json!({"transaction": "t2", "publicKey": {"challenge": "AAAA", "timeout": 60000}});
    match came.line.as_str() {
        "GET /api/v1/server" => {
            answer(200, &json!({"name": "signin", "origin": origin, "time": "2023-11-14T22:13:25Z"}))
        }
        "POST /api/v1/accounts" => answer(201, &session),
        "POST /api/v1/sign-in/password" => {
            answer(200, &json!({"transaction": "t1", "second_factors": ["security-key", "totp", "backup-code"]}))
        }
        "POST /api/v1/account/security-keys" | "POST /api/v1/account/passkeys" => {
            answer(201, &json!({"id": "k1", "name": "demo-key"}))
        }
        "POST /api/v1/account/totp/options" => {
            answer(200, &json!({"transaction": "t3", "uri": "otpauth://totp/signin:ada?secret=JBSWY3DPEHPK3PXP"}))
        }
        "POST /api/v1/account/totp" => answer(201, &json!({"totp": true})),
        "GET /api/v1/account" => answer(200, &account()),
        "POST /api/v1/sign-out" => "HTTP/1.1 204 X\r\nConnection: close\r\n\r\n".to_owned(),
        line if line.ends_with("/options") => answer(200, &ceremony),
        line if line.starts_with("POST /api/v1/sign-in/") => answer(200, &session),
        _ => answer(404, &json!({})),
    }
}

fn account() -> Value {
    json!({
        "username": "ada", "signed_in_with": ["password", "security-key"],
        "security_keys": [{"id": "k1", "name": "demo-key", "created": "2026-11-24T00:00:00Z", "last_used": null}],
        "passkeys": [], "totp": false, "backup_codes_left": 0, "something_new": 1
    })
}

fn named(product: &str) -> StateDetails {
    StateDetails { product: Some(product.to_owned()), ..StateDetails::default() }
}

fn retries(left: u32, wrong: bool) -> StateDetails {
    StateDetails { retries: Some(left), wrong: wrong.then_some(true), ..named("Maker Key 5") }
}

fn touched() -> Vec<Scene> {
    let outcome = Outcome { response_json: Some("{\"id\":\"AAAA\"}".to_owned()), ..Outcome::default() };
    vec![
        Scene::State("working", StateDetails::default()),
        Scene::State("touch", named("Maker Key 5")),
        Scene::State("working", StateDetails::default()),
        Scene::Done(outcome),
    ]
}

fn with_pin(asked: &[StateDetails]) -> Vec<Scene> {
    asked.iter().cloned().map(Scene::Pin).chain(touched()).collect()
}

fn failed(kind: ErrorKind, message: &str) -> Scene {
    Scene::Done(Outcome {
        error: Some("NotAllowedError".to_owned()),
        cause: Some(kind.name().to_owned()),
        message: Some(message.to_owned()),
        ..Outcome::default()
    })
}

/// Runs `line` with the server's address for URL, and a password in a pipe.
async fn run(daemon: &Arc<FakeDaemon>, server: &Http, line: &str, typed: Option<&[&'static str]>) -> Left {
    let password = Handed::new("a password");
    let mut line = line.replace("URL", &server.origin);
    if !line.contains("--passkey") || line.starts_with("enroll") {
        line.push_str(&format!(" --password-fd {}", password.number()));
    }
    let call = with(daemon);
    let mut left = match typed {
        Some(lines) => call.typed(lines).run(&line).await,
        None => call.run(&line).await,
    };
    for text in [&mut left.out, &mut left.err] {
        *text = text.replace(&server.origin, "http://localhost:PORT");
    }
    assert!(!left.to_string().contains("a password"), "{left}");
    assert!(!left.to_string().contains("session-of-ada"), "{left}");
    left
}

#[tokio::test]
async fn a_key_is_enrolled_with_a_new_account() {
    let (daemon, server) = (FakeDaemon::new(), server());
    daemon.facts().scenes = with_pin(&[retries(8, false)]);
    let pin = Handed::new("8462\n");
    let line = format!("enroll URL --user ada --create --name demo-key --pin-fd {}", pin.number());
    let left = run(&daemon, &server, &line, None).await;
    assert_eq!(
        server.lines()[1..],
        [
            "POST /api/v1/accounts",
            "POST /api/v1/account/security-keys/options",
            "POST /api/v1/account/security-keys",
            "GET /api/v1/account",
            "POST /api/v1/sign-out",
        ]
    );
    let sent: Value = serde_json::from_str(&server.body("POST /api/v1/account/security-keys")).unwrap();
    assert_eq!(sent, json!({"transaction": "t2", "credential": {"id": "AAAA"}, "name": "demo-key"}));
    assert_eq!(daemon.facts().calls[0], format!("CreateCredential({}, any key)", server.origin));
    assert_eq!(daemon.facts().secrets, ["8462"]);
    insta::assert_snapshot!(left);
}

#[tokio::test]
async fn a_passkey_is_enrolled_after_signing_in_with_the_key() {
    let (daemon, server) = (FakeDaemon::new(), server());
    daemon.facts().scenes = with_pin(&[retries(8, false)]);
    let pin = Handed::new("8462");
    let line = format!("enroll URL --user ada --passkey --json --key maker --pin-fd {}", pin.number());
    let left = run(&daemon, &server, &line, None).await;
    // One descriptor serves both ceremonies.
    assert_eq!(daemon.facts().secrets, ["8462"; 2]);
    assert!(daemon.facts().calls.contains(&format!("GetCredential({}, any key)", server.origin)));
    assert!(daemon.facts().calls.contains(&format!("CreateCredential({}, 0a1b2c3d)", server.origin)));
    insta::assert_snapshot!(left);
}

#[tokio::test]
async fn the_servers_seed_goes_into_the_vault_and_a_code_confirms_it() {
    let (daemon, server) = (FakeDaemon::new(), server());
    daemon.facts().scenes = touched();
    let left = run(&daemon, &server, "enroll URL --user ada --code", None).await;
    assert_eq!(left.exit, Exit::Ok, "{left}");
    assert_eq!(daemon.facts().secrets, ["otpauth://totp/signin:ada?secret=JBSWY3DPEHPK3PXP"]);
    // The server chose the name: it must be no other account's, and the person sees it beside the origin.
    assert!(daemon.facts().calls.contains(&format!("Add({}, no twin)", server.origin)));
    assert!(left.out.contains("at http://localhost:PORT, kept as Example:ada.\n"), "{left}");
    assert_eq!(daemon.facts().calls.last().unwrap(), &format!("Code(e2, {})", server.origin));
    let sent: Value = serde_json::from_str(&server.body("POST /api/v1/account/totp")).unwrap();
    assert_eq!(sent, json!({"transaction": "t3", "code": CODE}));
    assert!(!daemon.facts().calls.iter().any(|call| call.starts_with("Remove")));
    assert!(!left.to_string().contains("JBSWY3DPEHPK3PXP"));
}

#[tokio::test]
async fn a_seed_that_the_server_did_not_confirm_goes_again() {
    let daemon = FakeDaemon::new();
    daemon.facts().scenes = touched();
    let server = Http::serve(|origin, came| match came.line.as_str() {
        "POST /api/v1/account/totp" => {
            answer(403, &json!({"type": "/problems/wrong-code", "detail": "That code is not right."}))
        }
        _ => respond(origin, came),
    });
    let left = run(&daemon, &server, "enroll URL --user ada --code", None).await;
    assert_eq!(left.exit, Exit::Denied, "{left}");
    assert_eq!(daemon.facts().calls.last().unwrap(), "Remove(e2, e2)");
}

#[tokio::test]
async fn nothing_happens_at_the_server_while_the_vault_is_locked() {
    let (daemon, server) = (FakeDaemon::new(), server());
    daemon.facts().status.vault = "locked".to_owned();
    let left = run(&daemon, &server, "enroll URL --user ada --code", None).await;
    assert_eq!(left.exit, Exit::Locked);
    assert_eq!(server.lines(), ["GET /api/v1/server"]);
}

#[tokio::test]
async fn a_session_goes_into_the_descriptor_and_nowhere_else() {
    let (daemon, server) = (FakeDaemon::new(), server());
    daemon.facts().scenes = touched();
    let taken = Taken::new();
    let line = format!("sign-in URL --user ada --with key --session-fd {}", taken.number());
    let left = run(&daemon, &server, &line, None).await;
    assert_eq!(taken.text(), "session-of-ada\n");
    assert!(!server.lines().contains(&"POST /api/v1/sign-out".to_owned()));
    insta::assert_snapshot!(left);
}

#[tokio::test]
async fn a_session_that_nobody_takes_is_ended() {
    let (daemon, server) = (FakeDaemon::new(), server());
    daemon.facts().scenes = touched();
    let left = run(&daemon, &server, "sign-in URL --passkey --json", None).await;
    assert_eq!(
        server.lines()[1..],
        [
            "POST /api/v1/sign-in/passkey/options",
            "POST /api/v1/sign-in/passkey",
            "GET /api/v1/account",
            "POST /api/v1/sign-out",
        ]
    );
    insta::assert_snapshot!(left);
}

#[tokio::test]
async fn a_backup_code_is_typed_or_handed_over() {
    let (daemon, server) = (FakeDaemon::new(), server());
    let left = run(&daemon, &server, "sign-in URL --user ada --with backup-code", Some(&["abcd-efgh"])).await;
    assert_eq!(left.exit, Exit::Ok, "{left}");
    assert_eq!(server.body("POST /api/v1/sign-in/backup-code"), r#"{"transaction":"t1","code":"abcd-efgh"}"#);
}

#[tokio::test]
async fn a_code_that_is_spent_is_followed_by_the_next() {
    let daemon = FakeDaemon::new();
    let tries = AtomicUsize::new(0);
    let server = Http::serve(move |origin, came| match came.line.as_str() {
        "POST /api/v1/sign-in/totp" if tries.fetch_add(1, Ordering::SeqCst) == 0 => {
            answer(403, &json!({"type": "/problems/code-used", "detail": "That code was used."}))
        }
        "POST /api/v1/sign-in/totp" if !came.body.contains(NEXT_CODE) => answer(500, &json!({})),
        _ => respond(origin, came),
    });
    daemon.facts().entries[0].sites = Some(vec![server.origin.clone()]);
    let left = run(&daemon, &server, "sign-in URL --user ada --with code", None).await;
    assert_eq!(left.exit, Exit::Ok, "{left}");
    // The second code, too, only for the site.
    let code = format!("Code(ada, {})", server.origin);
    assert_eq!(daemon.facts().calls, ["Status", code.as_str(), code.as_str()]);
}

#[tokio::test]
async fn a_server_gets_no_code_by_calling_itself_like_another_account() {
    let daemon = FakeDaemon::new();
    daemon.facts().entries[0].issuer = "GitHub".to_owned();
    daemon.facts().entries[0].sites = Some(vec!["https://github.example".to_owned()]);
    let server = Http::serve(|origin, came| match came.line.as_str() {
        "GET /api/v1/server" => answer(200, &json!({"name": "GitHub", "origin": origin})),
        _ => respond(origin, came),
    });
    let mut text = String::new();
    for typed in [None, Some(&[][..])] {
        let left = run(&daemon, &server, "sign-in URL --user ada --with code", typed).await;
        assert_eq!(left.exit, Exit::Denied);
        text.push_str(&format!("{left}\n"));
    }
    let came = server.lines();
    assert!(!came.iter().any(|line| line.contains("totp")), "{came:?}");
    insta::assert_snapshot!(text.replace(&server.origin, "http://localhost:PORT"));
}

#[tokio::test]
async fn an_account_that_is_not_bound_is_used_only_after_a_yes_that_binds_it() {
    let (daemon, server) = (FakeDaemon::new(), server());
    let line = "sign-in URL --user ada --account example";
    let mut text = String::new();
    for typed in [None, Some(&["n"][..]), Some(&[""])] {
        let left = run(&daemon, &server, line, typed).await;
        assert_eq!(left.exit, Exit::Denied);
        assert!(!daemon.facts().calls.iter().any(|call| call.starts_with("Code") || call.starts_with("Bind")));
        text.push_str(&format!("{left}\n"));
    }
    daemon.facts().calls.clear();
    let yes = run(&daemon, &server, line, Some(&["y"])).await;
    let origin = server.origin.clone();
    let bind = format!("Bind(e1, e1, {origin}, true)");
    let code = format!("Code(e1, {origin})");
    assert_eq!(daemon.facts().calls, ["Status", "Find(example)", &bind, &code]);
    assert_eq!(server.body("POST /api/v1/sign-in/totp"), format!(r#"{{"transaction":"t1","code":"{CODE}"}}"#));
    // From now on nobody is asked.
    let again = run(&daemon, &server, line, None).await;
    assert_eq!((yes.exit, again.exit), (Exit::Ok, Exit::Ok));
    let other = run(&daemon, &server, &format!("{line} --with key"), None).await;
    text.push_str(&format!("{yes}\n{again}\n{other}"));
    insta::assert_snapshot!(text.replace(&origin, "http://localhost:PORT"));
}

#[tokio::test]
async fn a_session_that_could_not_be_handed_over_is_ended() {
    for (case, account_fails) in [("the server breaks", true), ("nobody reads", false)] {
        let daemon = FakeDaemon::new();
        daemon.facts().scenes = touched();
        let server = Http::serve(move |origin, came| match came.line.as_str() {
            "GET /api/v1/account" if account_fails => answer(500, &json!({})),
            _ => respond(origin, came),
        });
        let taken = Taken::new();
        let line = format!("sign-in URL --user ada --with key --session-fd {}", taken.number());
        let left = if account_fails {
            run(&daemon, &server, &line, None).await
        } else {
            // A descriptor that is open and takes nothing.
            let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
            let number = std::os::fd::AsRawFd::as_raw_fd(&full);
            run(&daemon, &server, &format!("sign-in URL --user ada --with key --session-fd {number}"), None).await
        };
        assert_eq!(left.exit, Exit::Failed, "{case}: {left}");
        assert_eq!(server.lines().last().unwrap(), "POST /api/v1/sign-out", "{case}");
    }
}

#[tokio::test]
async fn what_the_daemon_says_beside_a_success_is_shown() {
    let (daemon, server) = (FakeDaemon::new(), server());
    let outcome = Outcome {
        response_json: Some("{\"id\":\"AAAA\"}".to_owned()),
        message: Some("the key ignored \u{1b}[2Ja wish".to_owned()),
        ..Outcome::default()
    };
    daemon.facts().scenes = vec![Scene::Done(outcome)];
    let left = run(&daemon, &server, "sign-in URL --user ada --with key", None).await;
    assert_eq!(left.exit, Exit::Ok);
    assert!(left.err.contains("note: the key ignored [2Ja wish\n"), "{left}");
}

#[tokio::test]
async fn a_factor_that_the_account_has_not_is_named() {
    let daemon = FakeDaemon::new();
    let server = Http::serve(|origin, came| match came.line.as_str() {
        "POST /api/v1/sign-in/password" => {
            answer(200, &json!({"transaction": "t1", "second_factors": ["backup-code"]}))
        }
        _ => respond(origin, came),
    });
    let with_key = run(&daemon, &server, "sign-in URL --user ada --with key", None).await;
    let without = run(&daemon, &server, "sign-in URL --user ada", None).await;
    insta::assert_snapshot!(format!("{with_key}\n{without}"));
}

#[tokio::test]
async fn a_wrong_pin_is_never_tried_again_by_itself() {
    let (daemon, server) = (FakeDaemon::new(), server());
    daemon.facts().scenes = vec![Scene::Pin(retries(8, false)), Scene::Pin(retries(7, true))];
    let pin = Handed::new("1111");
    let left = run(&daemon, &server, &format!("sign-in URL --user ada --pin-fd {}", pin.number()), None).await;
    assert_eq!(daemon.facts().secrets, ["1111"]);
    assert_eq!(daemon.facts().calls.last().unwrap(), "Cancel");
    insta::assert_snapshot!(left);
}

#[tokio::test]
async fn a_person_may_correct_a_wrong_pin_and_is_asked_before_the_last_try() {
    let (daemon, server) = (FakeDaemon::new(), server());
    daemon.facts().scenes = with_pin(&[retries(2, false), retries(1, true)]);
    let left = run(&daemon, &server, "sign-in URL --user ada", Some(&["1111", "y", "8462"])).await;
    assert_eq!(daemon.facts().secrets, ["1111", "8462"]);
    insta::assert_snapshot!(left);

    daemon.facts().scenes = with_pin(&[retries(1, false)]);
    daemon.facts().secrets.clear();
    let pin = Handed::new("8462");
    let left = run(&daemon, &server, &format!("sign-in URL --user ada --pin-fd {}", pin.number()), None).await;
    assert_eq!(left.exit, Exit::Blocked, "{left}");
    assert!(daemon.facts().secrets.is_empty(), "the last try was spent");
}

#[tokio::test]
async fn ctrl_c_at_the_pin_leaves_the_key_alone() {
    let (daemon, server) = (FakeDaemon::new(), server());
    daemon.facts().scenes = vec![Scene::Pin(retries(8, false))];
    let left = run(&daemon, &server, "sign-in URL --user ada", Some(&["^C"])).await;
    assert_eq!(left.exit, Exit::Failed, "{left}");
    assert_eq!(daemon.facts().calls.last().unwrap(), "Cancel");
}

#[tokio::test]
async fn every_end_of_a_ceremony_has_its_exit_code() {
    let mut text = String::new();
    let nothing = StateDetails::default;
    for (scenes, exit) in [
        (vec![Scene::State("insert", nothing()), failed(ErrorKind::TimedOut, "no key came in time")], Exit::NoKey),
        (vec![Scene::State("touch", nothing()), failed(ErrorKind::TimedOut, "nobody touched the key")], Exit::NoKey),
        (vec![Scene::State("queued", nothing()), failed(ErrorKind::TimedOut, "it took too long")], Exit::TimedOut),
        (
            vec![Scene::State("select", nothing()), failed(ErrorKind::NoKey, "no key here is enrolled there")],
            Exit::NoKey,
        ),
        (vec![failed(ErrorKind::KeyRemoved, "the key was pulled out")], Exit::NoKey),
        (vec![failed(ErrorKind::PinNotSet, "the key has no PIN")], Exit::Failed),
        (vec![failed(ErrorKind::PinBlocked, "the PIN is blocked")], Exit::Blocked),
        (vec![failed(ErrorKind::SecurityError, "localhost may not use the RP ID example.org")], Exit::Failed),
    ] {
        let (daemon, server) = (FakeDaemon::new(), server());
        daemon.facts().scenes = scenes;
        let left = run(&daemon, &server, "sign-in URL --user ada", None).await;
        assert_eq!(left.exit, exit, "{left}");
        text.push_str(&format!("{left}\n"));
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn several_keys_of_one_name_are_not_guessed_among() {
    let (daemon, server) = (FakeDaemon::new(), server());
    daemon.facts().keys.push(key("0a99", "Maker Key 6"));
    let left = run(&daemon, &server, "sign-in URL --user ada --key maker", None).await;
    assert_eq!(left.exit, Exit::Failed);
    assert!(left.err.contains("Maker Key 6"), "{left}");
    assert!(server.lines().is_empty(), "the server was told before the key was known");
}
