//! Registration, the password step, lockout, change of password.

use axum::http::Method;
use serde_json::json;

use crate::client::{PASSWORD, Server};

const NEW: &str = "eight lamps over the harbour";

#[tokio::test]
async fn who_registers_is_signed_in_and_can_sign_in_again() {
    let server = Server::start().await;
    let new = server.post("accounts", json!({ "username": " Ada ", "password": PASSWORD })).await;
    assert_eq!(new.status, 201);
    let account = server.get_as(&new.member("session"), "account").await.ok().json();
    let expected = json!({
        "username": "ada", "created": "2026-11-23T09:30:00Z", "signed_in_with": ["password"],
        "signed_in_at": "2026-11-23T09:30:00Z", "security_keys": [], "passkeys": [], "totp": false,
        "backup_codes_left": 0,
    });
    assert_eq!(account, expected);
    assert_eq!(new.json()["account"], expected);
    let again = server.password("ADA", PASSWORD).await.ok();
    assert_ne!(again.member("session"), new.member("session"));
}

#[tokio::test]
async fn bad_registrations_are_refused_by_name() {
    let server = Server::start().await;
    server.register("ada").await;
    for (username, password, status, word) in [
        ("ada", PASSWORD, 409, "username-taken"),
        ("Ada", PASSWORD, 409, "username-taken"),
        ("a b", PASSWORD, 400, "invalid-request"),
        ("bob", "short", 422, "weak-password"),
        ("bob", "password1", 422, "weak-password"),
        ("bob.the.builder", "Bob.the.builder", 422, "weak-password"),
    ] {
        let answer = server.post("accounts", json!({ "username": username, "password": password })).await;
        answer.refused(status, word);
        assert!(!answer.text.contains(PASSWORD));
    }
    server.password("bob", PASSWORD).await.refused(403, "wrong-credentials");
}

#[tokio::test]
async fn two_who_register_one_name_at_once_get_one_account() {
    let server = Server::start().await;
    let body = json!({ "username": "ada", "password": PASSWORD });
    let (one, two) = tokio::join!(server.post("accounts", body.clone()), server.post("accounts", body));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

#[tokio::test]
async fn a_stranger_and_a_wrong_password_get_the_same_answer_to_the_letter() {
    let server = Server::start().await;
    let session = server.register("ada").await;
    server.enrol_totp(&session).await;
    let known = server.password("ada", "a guess of mine").await;
    let unknown = server.password("nobody", "a guess of mine").await;
    let impossible = server.password("no such/name", "a guess of mine").await;
    known.refused(403, "wrong-credentials");
    for other in [&unknown, &impossible] {
        assert_eq!((other.status, &other.headers, &other.text), (known.status, &known.headers, &known.text));
    }
    for _ in 0..5 {
        server.password("ada", "a guess of mine").await;
        server.password("nobody", "a guess of mine").await;
    }
    let (known, unknown) = (server.password("ada", "x").await, server.password("nobody", "x").await);
    known.refused(429, "locked-out");
    assert_eq!((unknown.status, &unknown.text), (known.status, &known.text), "lockout tells nobody who is here");
}

#[tokio::test]
async fn five_wrong_tries_lock_and_the_words_say_for_how_long() {
    let server = Server::start().await;
    let session = server.register("ada").await;
    for _ in 0..5 {
        server.password("ada", "a guess").await.refused(403, "wrong-credentials");
    }
    let locked = server.password("ada", PASSWORD).await;
    assert_eq!(
        locked.refused(429, "locked-out"),
        "Too many wrong passwords were tried for this account. Try again in 30 seconds. A passkey works meanwhile, and \
         so does a session that is signed in."
    );
    assert_eq!(locked.headers["retry-after"], "30");
    assert_eq!(locked.json()["retry_after"], 30);
    assert_eq!(locked.member("retry_at"), "2026-11-23T09:30:30Z");
    server.get_as(&session, "account").await.ok();

    server.clock.advance(30);
    server.password("ada", "a guess").await.refused(403, "wrong-credentials");
    let detail = server.password("ada", PASSWORD).await.refused(429, "locked-out");
    assert!(detail.contains("in 60 seconds"), "the wait doubles: {detail}");

    server.clock.advance(60);
    server.password("ada", PASSWORD).await.ok();
    for _ in 0..5 {
        server.password("ada", "a guess").await.refused(403, "wrong-credentials");
    }
    server.clock.advance(30);
    server.password("ada", PASSWORD).await.ok();
}

#[tokio::test]
async fn guesses_sent_at_once_are_counted_one_by_one() {
    let server = Server::start().await;
    server.register("ada").await;
    let guesses = (0..12).map(|_| server.password("ada", "a guess"));
    let answers = futures_of(guesses).await;
    let tried = answers.iter().filter(|answer| answer.status == 403).count();
    assert_eq!(tried, 5, "{answers:?}");
    assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 403 | 429)));
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_and_the_sign_ins_under_way() {
    let server = Server::start().await;
    let here = server.register("ada").await;
    let elsewhere = server.password("ada", PASSWORD).await.ok().member("session");
    let secret = server.enrol_totp(&here).await;
    let transaction = server.transaction("ada").await;

    let change = async |current: &str, new: &str| {
        let body = json!({ "current": current, "new": new });
        server.call(Method::PUT, "account/password", Some(&here), Some(body)).await
    };
    change("not it", NEW).await.refused(403, "wrong-credentials");
    change(PASSWORD, "password1").await.refused(422, "weak-password");
    server.get_as(&elsewhere, "account").await.ok();
    assert_eq!(change(PASSWORD, NEW).await.status, 204);

    server.get_as(&here, "account").await.ok();
    server.get_as(&elsewhere, "account").await.refused(401, "not-signed-in");
    let body = json!({ "transaction": transaction, "code": server.code(&secret, 30) });
    server.post("sign-in/totp", body).await.refused(410, "transaction-expired");
    server.password("ada", PASSWORD).await.refused(403, "wrong-credentials");
    server.password("ada", NEW).await.ok();
}

/// All of them at once.
pub(crate) async fn futures_of<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut pending: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, output) in &mut pending {
            if output.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *output = Some(ready);
            }
        }
        if pending.iter().all(|(_, output)| output.is_some()) {
            return std::task::Poll::Ready(());
        }
        std::task::Poll::Pending
    })
    .await;
    pending.into_iter().filter_map(|(_, output)| output).collect()
}
