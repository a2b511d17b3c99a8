//! Passkeys: in with nothing typed.

use serde_json::{Value, json};

use crate::authenticator::SoftKey;
use crate::client::{Answer, PASSWORD, Server};
use crate::keys::enrol;

async fn begin(server: &Server) -> Value {
    server.post("sign-in/passkey/options", json!({})).await.ok().json()
}

async fn finish(server: &Server, begun: &Value, credential: Value) -> Answer {
    server.post("sign-in/passkey", json!({ "transaction": begun["transaction"], "credential": credential })).await
}

async fn with_passkey() -> (Server, String, SoftKey) {
    let server = Server::start().await;
    let session = server.register("ada").await;
    let mut key = SoftKey::new();
    enrol(&server, &session, "passkeys", &mut key).await.ok();
    (server, session, key)
}

#[tokio::test]
async fn a_passkey_signs_in_alone_and_stays_on_the_authenticator() {
    let server = Server::start().await;
    let session = server.register("ada").await;
    let options = server.post_as(&session, "account/passkeys/options", json!({})).await.ok().json();
    let selection = &options["publicKey"]["authenticatorSelection"];
    assert_eq!(selection["residentKey"], "required");
    assert_eq!(selection["requireResidentKey"], true);
    assert_eq!(selection["userVerification"], "required");

    let mut key = SoftKey::new();
    enrol(&server, &session, "passkeys", &mut key).await.ok();
    let begun = begin(&server).await;
    assert_eq!(begun["publicKey"]["allowCredentials"], json!([]));
    assert_eq!(begun["publicKey"]["userVerification"], "required");
    assert!(begun.get("mediation").is_none());
    let answer = finish(&server, &begun, key.get(&begun["publicKey"])).await.ok().json();
    assert_eq!(answer["account"]["username"], "ada");
    assert_eq!(answer["account"]["signed_in_with"], json!(["passkey"]));
    finish(&server, &begun, key.get(&begun["publicKey"])).await.refused(410, "transaction-expired");
}

#[tokio::test]
async fn without_user_verification_a_passkey_is_worth_nothing() {
    let (server, session, mut key) = with_passkey().await;
    key.verifies = false;
    let begun = begin(&server).await;
    let detail = finish(&server, &begun, key.get(&begun["publicKey"])).await.refused(403, "credential-refused");
    assert!(detail.contains("PIN"), "{detail}");
    let mut unverified = SoftKey::new();
    unverified.verifies = false;
    enrol(&server, &session, "passkeys", &mut unverified).await.refused(403, "credential-refused");
}

#[tokio::test]
async fn foreign_origins_strangers_and_second_factors_do_not_get_in() {
    let (server, session, mut key) = with_passkey().await;
    key.origin = "http://localhost:9".to_owned();
    let begun = begin(&server).await;
    finish(&server, &begun, key.get(&begun["publicKey"])).await.refused(403, "wrong-origin");

    let begun = begin(&server).await;
    finish(&server, &begun, SoftKey::new().get(&begun["publicKey"])).await.refused(403, "credential-refused");

    let mut second_factor = SoftKey::new();
    enrol(&server, &session, "security-keys", &mut second_factor).await.ok();
    let begun = begin(&server).await;
    finish(&server, &begun, second_factor.get(&begun["publicKey"])).await.refused(403, "credential-refused");

    let transaction = server.transaction("ada").await;
    let options = server.post("sign-in/security-key/options", json!({ "transaction": transaction })).await.ok().json();
    key.origin = crate::client::ORIGIN.to_owned();
    let body = json!({ "transaction": transaction, "credential": key.get(&options["publicKey"]) });
    server.post("sign-in/security-key", body).await.refused(403, "credential-refused");
}

#[tokio::test]
async fn a_passkey_that_claims_to_be_somebody_elses_is_refused() {
    let (server, _, mut key) = with_passkey().await;
    for handle in [json!(null), json!("AAAAAAAAAAAAAAAAAAAAAA"), json!("AA")] {
        let begun = begin(&server).await;
        let mut credential = key.get(&begun["publicKey"]);
        credential["response"]["userHandle"] = handle;
        finish(&server, &begun, credential).await.refused(403, "credential-refused");
    }
}

#[tokio::test]
async fn a_locked_password_does_not_lock_the_passkey() {
    let (server, _, mut key) = with_passkey().await;
    for _ in 0..6 {
        server.password("ada", "a guess").await;
    }
    server.password("ada", PASSWORD).await.refused(429, "locked-out");
    let begun = begin(&server).await;
    finish(&server, &begun, key.get(&begun["publicKey"])).await.ok();
}
