//! Sessions: listed, ended, expired, and too old for some things.

use axum::http::Method;
use serde_json::{Value, json};

use crate::client::{PASSWORD, Server};

const DAY: i64 = 86_400;

async fn list(server: &Server, session: &str) -> Vec<Value> {
    server.get_as(session, "account/sessions").await.ok().json()["sessions"].as_array().unwrap().clone()
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_owner_only() {
    let server = Server::start().await;
    let here = server.register("ada").await;
    server.clock.advance(100);
    let elsewhere = server.password("ada", PASSWORD).await.ok().member("session");
    let eve = server.register("eve").await;

    let sessions = list(&server, &here).await;
    assert_eq!(sessions.len(), 2);
    let other = sessions.iter().find(|session| session["current"] == false).unwrap();
    assert_eq!(other["created"], "2026-11-23T09:31:40Z");
    assert_eq!(other["signed_in_with"], json!(["password"]));
    assert!(!sessions.iter().any(|session| session.to_string().contains(&elsewhere)), "no token in the list");

    let path = format!("account/sessions/{}", other["id"].as_str().unwrap());
    server.delete_as(&eve, &path).await.refused(404, "not-found");
    server.get_as(&elsewhere, "account").await.ok();
    assert_eq!(server.delete_as(&here, &path).await.status, 204);
    server.get_as(&elsewhere, "account").await.refused(401, "not-signed-in");
    server.delete_as(&here, &path).await.refused(404, "not-found");
    assert_eq!(list(&server, &here).await.len(), 1);
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let server = Server::start().await;
    let session = server.register("ada").await;
    assert_eq!(server.post_as(&session, "sign-out", json!({})).await.status, 204);
    let refused = server.get_as(&session, "account").await;
    refused.refused(401, "not-signed-in");
    assert_eq!(refused.headers["www-authenticate"], "Bearer");
    for nonsense in ["", "x", &"A".repeat(43), &session.to_lowercase()] {
        server.get_as(nonsense, "account").await.refused(401, "not-signed-in");
    }
}

#[tokio::test]
async fn a_session_ends_unused_after_two_weeks_and_used_after_a_month() {
    let server = Server::start().await;
    let unused = server.register("ada").await;
    let used = server.password("ada", PASSWORD).await.ok().member("session");
    server.clock.advance(13 * DAY);
    server.get_as(&used, "account").await.ok();
    server.clock.advance(DAY);
    server.get_as(&unused, "account").await.refused(401, "not-signed-in");
    assert_eq!(list(&server, &used).await.len(), 1);
    server.clock.advance(12 * DAY);
    server.get_as(&used, "account").await.ok();
    server.clock.advance(4 * DAY);
    server.get_as(&used, "account").await.refused(401, "not-signed-in");
}

#[tokio::test]
async fn after_ten_minutes_changes_want_a_new_sign_in_and_looking_does_not() {
    let server = Server::start().await;
    let session = server.register("ada").await;
    server.clock.advance(600);
    server.post_as(&session, "account/passkeys/options", json!({})).await.ok();
    server.clock.advance(1);
    for (method, path, body) in [
        (Method::POST, "account/passkeys/options", Some(json!({}))),
        (Method::POST, "account/security-keys/options", Some(json!({}))),
        (Method::POST, "account/totp/options", Some(json!({}))),
        (Method::POST, "account/totp", Some(json!({ "transaction": "", "code": "" }))),
        (Method::POST, "account/backup-codes", Some(json!({}))),
        (Method::PUT, "account/password", Some(json!({ "current": PASSWORD, "new": "another long password" }))),
        (Method::DELETE, "account/totp", None),
        (Method::DELETE, "account/passkeys/x", None),
        (Method::DELETE, "account/security-keys/x", None),
        (Method::PATCH, "account/security-keys/x", Some(json!({ "name": "x" }))),
    ] {
        let answer = server.call(method, path, Some(&session), body).await;
        assert!(answer.refused(403, "step-up-required").contains("last 10 minutes"), "{path}");
        assert_eq!(answer.json()["max_age"], 600);
    }
    server.get_as(&session, "account").await.ok();
    assert_eq!(list(&server, &session).await.len(), 1);
    let again = server.password("ada", PASSWORD).await.ok().member("session");
    server.post_as(&again, "account/backup-codes", json!({})).await.ok();
}

#[tokio::test]
async fn nothing_of_an_account_is_open_to_strangers() {
    let server = Server::start().await;
    for (method, path) in [
        (Method::GET, "account"),
        (Method::GET, "account/sessions"),
        (Method::POST, "account/passkeys/options"),
        (Method::POST, "account/security-keys/options"),
        (Method::POST, "account/totp/options"),
        (Method::POST, "account/backup-codes"),
        (Method::POST, "sign-out"),
        (Method::DELETE, "account/totp"),
        (Method::DELETE, "account/sessions/x"),
    ] {
        let body = (method == Method::POST).then(|| json!({}));
        server.call(method, path, None, body).await.refused(401, "not-signed-in");
    }
}
