//! Backup codes: once each, and only in place of another factor.

use serde_json::{Value, json};

use crate::client::{Answer, PASSWORD, Server};
use crate::passwords::futures_of;

async fn new_codes(server: &Server, session: &str) -> Vec<String> {
    let answer = server.post_as(session, "account/backup-codes", json!({})).await;
    assert_eq!(answer.status, 201);
    let codes = answer.json()["codes"].as_array().unwrap().clone();
    codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

async fn try_code(server: &Server, code: &str) -> Answer {
    let transaction = server.transaction("ada").await;
    server.post("sign-in/backup-code", json!({ "transaction": transaction, "code": code })).await
}

async fn left(server: &Server, session: &str) -> Value {
    server.get_as(session, "account").await.json()["backup_codes_left"].clone()
}

#[tokio::test]
async fn each_code_works_once_in_any_spelling_and_new_ones_void_the_old() {
    let server = Server::start().await;
    let session = server.register("ada").await;
    server.enrol_totp(&session).await;
    let codes = new_codes(&server, &session).await;
    assert_eq!(codes.len(), 10);
    assert!(codes.iter().all(|code| code.len() == 19 && code.matches('-').count() == 3), "{codes:?}");
    let step = server.password("ada", PASSWORD).await.ok();
    assert_eq!(step.json()["second_factors"], json!(["totp", "backup-code"]));

    let signed_in = try_code(&server, &codes[0]).await.ok();
    assert_eq!(signed_in.json()["account"]["signed_in_with"], json!(["password", "backup-code"]));
    assert_eq!(left(&server, &session).await, 9);
    try_code(&server, &codes[0]).await.refused(403, "code-used");
    try_code(&server, &codes[1].to_uppercase().replace('-', " ")).await.ok();
    try_code(&server, "aaaa-aaaa-aaaa-aaaa").await.refused(403, "wrong-code");
    try_code(&server, &format!("{}x", codes[2])).await.refused(403, "wrong-code");

    let newer = new_codes(&server, &session).await;
    try_code(&server, &codes[2]).await.refused(403, "wrong-code");
    try_code(&server, &newer[0]).await.ok();
    assert_eq!(left(&server, &session).await, 9);
}

#[tokio::test]
async fn of_two_who_bring_one_code_at_once_one_gets_in() {
    let server = Server::start().await;
    let session = server.register("ada").await;
    server.enrol_totp(&session).await;
    let code = new_codes(&server, &session).await.remove(0);
    let answers = futures_of((0..3).map(|_| try_code(&server, &code))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
}

#[tokio::test]
async fn wrong_codes_lock_their_own_kind_only() {
    let server = Server::start().await;
    let session = server.register("ada").await;
    let secret = server.enrol_totp(&session).await;
    let codes = new_codes(&server, &session).await;
    for _ in 0..5 {
        try_code(&server, "aaaa-aaaa-aaaa-aaaa").await.refused(403, "wrong-code");
    }
    assert!(try_code(&server, &codes[0]).await.refused(429, "locked-out").contains("wrong backup codes"));
    let transaction = server.transaction("ada").await;
    let body = json!({ "transaction": transaction, "code": server.code(&secret, 30) });
    server.post("sign-in/totp", body).await.ok();
}

#[tokio::test]
async fn codes_alone_are_no_second_factor() {
    let server = Server::start().await;
    let session = server.register("ada").await;
    new_codes(&server, &session).await;
    server.password("ada", PASSWORD).await.ok().member("session");
}
