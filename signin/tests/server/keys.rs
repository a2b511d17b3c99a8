//! Security keys as second factor: real ceremonies with an independent authenticator.

use axum::http::Method;
use serde_json::{Value, json};

use crate::authenticator::SoftKey;
use crate::client::{Answer, PASSWORD, Server};

/// Enrols `key`; `kind` is `security-keys` or `passkeys`.
pub(crate) async fn enrol(server: &Server, session: &str, kind: &str, key: &mut SoftKey) -> Answer {
    let options = server.post_as(session, &format!("account/{kind}/options"), json!({})).await.ok().json();
    let credential = key.create(&options["publicKey"]);
    let body = json!({ "transaction": options["transaction"], "credential": credential, "name": "my key" });
    server.post_as(session, &format!("account/{kind}"), body).await
}

async fn options(server: &Server, transaction: &str) -> Value {
    let answer = server.post("sign-in/security-key/options", json!({ "transaction": transaction })).await;
    answer.ok().json()["publicKey"].clone()
}

async fn finish(server: &Server, transaction: &str, credential: Value) -> Answer {
    server.post("sign-in/security-key", json!({ "transaction": transaction, "credential": credential })).await
}

async fn with_key() -> (Server, String, SoftKey) {
    let server = Server::start().await;
    let session = server.register("ada").await;
    let mut key = SoftKey::new();
    assert_eq!(enrol(&server, &session, "security-keys", &mut key).await.status, 201);
    (server, session, key)
}

#[tokio::test]
async fn a_key_signs_in_after_the_password() {
    let (server, _, mut key) = with_key().await;
    let step = server.password("ada", PASSWORD).await.ok();
    assert_eq!(step.json()["second_factors"], json!(["security-key"]));
    let transaction = step.member("transaction");
    let options = options(&server, &transaction).await;
    assert_eq!(options["rpId"], "localhost");
    assert_eq!(options["allowCredentials"].as_array().unwrap().len(), 1);
    server.clock.advance(5);
    let answer = finish(&server, &transaction, key.get(&options)).await.ok().json();
    assert_eq!(answer["account"]["signed_in_with"], json!(["password", "security-key"]));
    let enrolled = &answer["account"]["security_keys"][0];
    assert_eq!((&enrolled["name"], &enrolled["synced"]), (&json!("my key"), &json!(false)));
    assert_eq!(enrolled["last_used"], "2026-11-23T09:30:05Z");
}

#[tokio::test]
async fn creation_options_fit_what_browsers_accept() {
    let server = Server::start().await;
    let session = server.register("ada").await;
    let options = server.post_as(&session, "account/security-keys/options", json!({})).await.ok().json();
    let public = &options["publicKey"];
    assert_eq!(public["rp"], json!({ "id": "localhost", "name": "Example ID" }));
    assert_eq!(public["user"]["name"], "ada");
    assert_eq!(public["pubKeyCredParams"][0], json!({ "type": "public-key", "alg": -7 }));
    assert_eq!(public["authenticatorSelection"]["userVerification"], "preferred");
    assert!(public["extensions"].get("credentialProtectionPolicy").is_none(), "Chromium refuses that with `preferred`");
}

#[tokio::test]
async fn a_signature_for_another_origin_is_refused_and_both_are_named() {
    let (server, _, mut key) = with_key().await;
    let transaction = server.transaction("ada").await;
    for origin in ["http://localhost:9", "https://localhost:8080", "http://evil.example"] {
        key.origin = origin.to_owned();
        let options = options(&server, &transaction).await;
        let answer = finish(&server, &transaction, key.get(&options)).await;
        let detail = answer.refused(403, "wrong-origin");
        assert!(detail.contains(&format!("made for {origin}, but this is http://localhost:8080")), "{detail}");
        assert_eq!(
            (answer.member("origin"), answer.member("expected")),
            (origin.into(), "http://localhost:8080".into())
        );
    }
    key.origin = crate::client::ORIGIN.to_owned();
    let options = options(&server, &transaction).await;
    finish(&server, &transaction, key.get(&options)).await.ok();
}

#[tokio::test]
async fn a_challenge_serves_once_and_only_its_own_transaction() {
    let (server, _, mut key) = with_key().await;
    let first = server.transaction("ada").await;
    let second = server.transaction("ada").await;
    let of_first = options(&server, &first).await;
    finish(&server, &second, key.get(&of_first)).await.refused(410, "transaction-expired");
    options(&server, &second).await;
    finish(&server, &second, key.get(&of_first)).await.refused(403, "credential-refused");
    let signed = key.get(&of_first);
    finish(&server, &first, signed.clone()).await.ok();
    finish(&server, &first, signed.clone()).await.refused(410, "transaction-expired");
    let third = server.transaction("ada").await;
    options(&server, &third).await;
    finish(&server, &third, signed).await.refused(403, "credential-refused");
    let late = server.transaction("ada").await;
    let stale = options(&server, &late).await;
    server.clock.advance(600);
    finish(&server, &late, key.get(&stale)).await.refused(410, "transaction-expired");
}

#[tokio::test]
async fn a_counter_that_does_not_grow_is_a_copied_key() {
    let (server, _, mut key) = with_key().await;
    for (counter, fine) in [(10, true), (10, false), (9, false), (0, false), (11, true)] {
        let transaction = server.transaction("ada").await;
        let options = options(&server, &transaction).await;
        key.counter = counter;
        let answer = finish(&server, &transaction, key.get(&options)).await;
        if fine {
            answer.ok();
        } else {
            answer.refused(403, "key-cloned");
        }
    }
}

#[tokio::test]
async fn foreign_removed_and_tampered_keys_are_refused() {
    let (server, session, mut key) = with_key().await;
    let eve = server.register("eve").await;
    let mut other = SoftKey::new();
    enrol(&server, &eve, "security-keys", &mut other).await.ok();
    let attempt = async |key: &mut SoftKey, alter: fn(&mut Value)| {
        let transaction = server.transaction("ada").await;
        let mut credential = key.get(&options(&server, &transaction).await);
        alter(&mut credential);
        finish(&server, &transaction, credential).await
    };
    attempt(&mut key, |_| {}).await.ok();
    attempt(&mut other, |_| {}).await.refused(403, "credential-refused");
    for alter in [
        |credential: &mut Value| credential["response"]["signature"] = json!("MAYCAQECAQE"),
        |credential: &mut Value| credential["response"]["authenticatorData"] = json!(""),
        |credential: &mut Value| credential["id"] = json!("AAAA"),
    ] {
        attempt(&mut key, alter).await.refused(403, "credential-refused");
    }

    server.enrol_totp(&session).await;
    let transaction = server.transaction("ada").await;
    let open = options(&server, &transaction).await;
    let id = server.get_as(&session, "account").await.json()["security_keys"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(server.delete_as(&session, &format!("account/security-keys/{id}")).await.status, 204);
    finish(&server, &transaction, key.get(&open)).await.refused(403, "credential-refused");
    server
        .post("sign-in/security-key/options", json!({ "transaction": transaction }))
        .await
        .refused(403, "credential-refused");
}

#[tokio::test]
async fn a_key_is_enrolled_once_in_its_own_session_for_its_own_origin() {
    let (server, session, mut key) = with_key().await;
    let options = server.post_as(&session, "account/security-keys/options", json!({})).await.ok().json();
    assert_eq!(options["publicKey"]["excludeCredentials"].as_array().unwrap().len(), 1);
    enrol(&server, &session, "security-keys", &mut key).await.refused(409, "already-set-up");
    let eve = server.register("eve").await;
    enrol(&server, &eve, "security-keys", &mut key).await.refused(409, "already-set-up");

    let begin = async || server.post_as(&session, "account/security-keys/options", json!({})).await.ok().json();
    let mut fresh = SoftKey::new();
    let options = begin().await;
    let body = json!({ "transaction": options["transaction"], "credential": fresh.create(&options["publicKey"]), "name": "x" });
    server.post_as(&eve, "account/security-keys", body.clone()).await.refused(410, "transaction-expired");
    server.post_as(&session, "account/passkeys", body.clone()).await.refused(410, "transaction-expired");
    fresh.origin = "http://evil.example".to_owned();
    let foreign = json!({ "transaction": options["transaction"], "credential": fresh.create(&options["publicKey"]), "name": "x" });
    server.post_as(&session, "account/security-keys", foreign).await.refused(403, "wrong-origin");
    server.post_as(&session, "account/security-keys", body).await.refused(410, "transaction-expired");
}

#[tokio::test]
async fn names_can_be_changed_and_are_checked() {
    let (server, session, _) = with_key().await;
    let id = server.get_as(&session, "account").await.json()["security_keys"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("account/security-keys/{id}");
    let rename = async |session: &str, path: &str, name: &str| {
        server.call(Method::PATCH, path, Some(session), Some(json!({ "name": name }))).await
    };
    assert_eq!(rename(&session, &path, " At home ").await.ok().member("name"), "At home");
    for bad in ["", "  ", "a\u{7}b", &"x".repeat(65)] {
        rename(&session, &path, bad).await.refused(400, "invalid-request");
    }
    let eve = server.register("eve").await;
    rename(&eve, &path, "mine").await.refused(404, "not-found");
    rename(&session, &path.replace("security-keys", "passkeys"), "x").await.refused(404, "not-found");
    server.delete_as(&eve, &path).await.refused(404, "not-found");
}
