//! One-time codes: window, replay, races, lockout, enrolment.

use serde_json::json;

use crate::client::{Answer, Server};
use crate::passwords::futures_of;

async fn try_code(server: &Server, transaction: &str, code: &str) -> Answer {
    server.post("sign-in/totp", json!({ "transaction": transaction, "code": code })).await
}

/// A code that is right in none of the steps around now.
fn wrong(server: &Server, secret: &str) -> String {
    let right: Vec<String> = [-60, -30, 0, 30, 60].iter().map(|later| server.code(secret, *later)).collect();
    (0..10).map(|n| format!("{n:06}")).find(|code| !right.contains(code)).unwrap()
}

#[tokio::test]
async fn a_code_signs_in_after_the_password_and_the_session_says_so() {
    let server = Server::start().await;
    let session = server.register("ada").await;
    let secret = server.enrol_totp(&session).await;
    server.clock.advance(30);
    let step = server.password("ada", crate::client::PASSWORD).await.ok().json();
    assert_eq!(step["second_factors"], json!(["totp"]));
    assert!(step.get("session").is_none());
    let code = server.code(&secret, 0);
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    let answer = try_code(&server, step["transaction"].as_str().unwrap(), &spaced).await.ok();
    assert_eq!(answer.json()["account"]["signed_in_with"], json!(["password", "totp"]));
}

#[tokio::test]
async fn only_the_neighbours_of_the_step_of_now_are_accepted() {
    for (later, accepted) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] {
        let server = Server::start().await;
        let session = server.register("ada").await;
        let secret = server.enrol_totp(&session).await;
        server.clock.advance(300);
        let transaction = server.transaction("ada").await;
        let answer = try_code(&server, &transaction, &server.code(&secret, later)).await;
        if accepted {
            answer.ok();
        } else {
            answer.refused(403, "wrong-code");
        }
    }
}

#[tokio::test]
async fn a_spent_code_and_every_older_one_are_refused() {
    let server = Server::start().await;
    let session = server.register("ada").await;
    let secret = server.enrol_totp(&session).await;
    let transaction = server.transaction("ada").await;
    let detail = try_code(&server, &transaction, &server.code(&secret, 0)).await.refused(403, "code-used");
    assert!(detail.contains("used before"), "enrolment has spent it: {detail}");
    let next = server.code(&secret, 30);
    try_code(&server, &transaction, &next).await.ok();
    let transaction = server.transaction("ada").await;
    for later in [30, 0, -30] {
        try_code(&server, &transaction, &server.code(&secret, later)).await.refused(403, "code-used");
    }
    server.clock.advance(60);
    try_code(&server, &transaction, &server.code(&secret, 0)).await.ok();
}

#[tokio::test]
async fn of_many_who_bring_one_code_at_once_one_gets_in() {
    let server = Server::start().await;
    let session = server.register("ada").await;
    let secret = server.enrol_totp(&session).await;
    server.clock.advance(30);
    let code = server.code(&secret, 0);
    let mut transactions = Vec::new();
    for _ in 0..4 {
        transactions.push(server.transaction("ada").await);
    }
    let answers = futures_of(transactions.iter().map(|transaction| try_code(&server, transaction, &code))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused(403, "code-used");
    }
}

#[tokio::test]
async fn wrong_codes_lock_over_all_transactions_but_not_the_owner() {
    let server = Server::start().await;
    let session = server.register("ada").await;
    let secret = server.enrol_totp(&session).await;
    server.clock.advance(30);
    for _ in 0..5 {
        let transaction = server.transaction("ada").await;
        try_code(&server, &transaction, &wrong(&server, &secret)).await.refused(403, "wrong-code");
    }
    let transaction = server.transaction("ada").await;
    let detail = try_code(&server, &transaction, &server.code(&secret, 0)).await.refused(429, "locked-out");
    assert!(detail.starts_with("Too many wrong one-time codes were tried for this account. Try again in 30 seconds."));
    server.get_as(&session, "account").await.ok();
    server.clock.advance(30);
    try_code(&server, &transaction, &server.code(&secret, 0)).await.ok();
}

#[tokio::test]
async fn a_transaction_dies_of_age_and_of_success() {
    let server = Server::start().await;
    let session = server.register("ada").await;
    let secret = server.enrol_totp(&session).await;
    let transaction = server.transaction("ada").await;
    server.clock.advance(600);
    try_code(&server, &transaction, &server.code(&secret, 0)).await.refused(410, "transaction-expired");
    let transaction = server.transaction("ada").await;
    try_code(&server, &transaction, &server.code(&secret, 0)).await.ok();
    server.clock.advance(30);
    try_code(&server, &transaction, &server.code(&secret, 0)).await.refused(410, "transaction-expired");
    for nonsense in ["", "x", &"A".repeat(43), &"\u{fc}".repeat(43)] {
        try_code(&server, nonsense, "000000").await.refused(410, "transaction-expired");
    }
}

#[tokio::test]
async fn enrolment_wants_a_right_code_in_the_session_that_began_it() {
    let server = Server::start().await;
    let ada = server.register("ada").await;
    let eve = server.register("eve").await;
    let options = server.post_as(&ada, "account/totp/options", json!({})).await.ok();
    let (transaction, secret) = (options.member("transaction"), options.member("secret"));
    let uri = format!(
        "otpauth://totp/Example%20ID:ada?secret={secret}&issuer=Example%20ID&algorithm=SHA1&digits=6&period=30"
    );
    assert_eq!(options.member("uri"), uri);
    let confirm = async |session: &str, code: String| {
        server.post_as(session, "account/totp", json!({ "transaction": transaction, "code": code })).await
    };
    confirm(&ada, wrong(&server, &secret)).await.refused(403, "wrong-code");
    confirm(&eve, server.code(&secret, 0)).await.refused(410, "transaction-expired");
    assert_eq!(confirm(&ada, server.code(&secret, 0)).await.status, 201);
    confirm(&ada, server.code(&secret, 0)).await.refused(410, "transaction-expired");
    server.post_as(&ada, "account/totp/options", json!({})).await.refused(409, "already-set-up");
    assert_eq!(server.get_as(&ada, "account").await.json()["totp"], true);
    assert_eq!(server.delete_as(&ada, "account/totp").await.status, 204);
    server.delete_as(&ada, "account/totp").await.refused(404, "not-found");
    server.password("ada", crate::client::PASSWORD).await.ok().member("session");
}

#[tokio::test]
async fn no_seed_lies_open_on_the_disk() {
    let server = Server::start().await;
    let session = server.register("ada").await;
    let secret = server.enrol_totp(&session).await;
    let seed = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let mut looked_at = 0;
    for entry in std::fs::read_dir(server.folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        looked_at += bytes.len();
        for needle in [&seed[..], secret.as_bytes(), session.as_bytes(), crate::client::PASSWORD.as_bytes()] {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle));
        }
        assert!(bytes.windows(3).all(|w| w != b"ada") || bytes.len() > 100, "only the database knows names");
    }
    assert!(looked_at > 10_000, "the database has been looked at");
}
