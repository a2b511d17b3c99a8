//! `POST sign-in/…`: password, second factor, passkey; and `POST sign-out`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use webauthn_rs::prelude::PublicKeyCredential;

use super::{Answer, signed_in};
use crate::app::App;
use crate::flow::passwords::PasswordStep;
use crate::flow::session::{Agent, SignedIn};
use crate::password::Password;
use crate::web::body::JsonBody;

#[derive(Deserialize)]
struct Credentials {
    username: String,
    password: Password,
}

#[derive(Deserialize)]
struct Transaction {
    transaction: String,
}

#[derive(Deserialize)]
struct Code {
    transaction: String,
    code: String,
}

#[derive(Deserialize)]
struct Signed {
    transaction: String,
    credential: PublicKeyCredential,
}

/// `{}`: nothing to say, but JSON, which no foreign form can send.
#[derive(Deserialize)]
pub(super) struct Nothing {}

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sign-in/password", post(password))
        .route("/sign-in/security-key/options", post(key_options))
        .route("/sign-in/security-key", post(key))
        .route("/sign-in/totp", post(totp))
        .route("/sign-in/backup-code", post(backup_code))
        .route("/sign-in/passkey/options", post(passkey_options))
        .route("/sign-in/passkey", post(passkey))
        .route("/sign-out", post(sign_out))
}

async fn password(State(app): State<App>, agent: Agent, JsonBody(body): JsonBody<Credentials>) -> Answer<Json<Value>> {
    Ok(Json(match app.password_step(&body.username, body.password, &agent).await? {
        PasswordStep::Done(new) => signed_in(&app, &new).await?,
        PasswordStep::More { transaction, factors } => {
            json!({ "transaction": transaction.expose(), "second_factors": factors })
        }
    }))
}

async fn key_options(State(app): State<App>, JsonBody(body): JsonBody<Transaction>) -> Answer<Json<Value>> {
    let options = app.key_challenge(&body.transaction).await?;
    Ok(Json(json!({ "publicKey": options.public_key })))
}

async fn key(State(app): State<App>, agent: Agent, JsonBody(body): JsonBody<Signed>) -> Answer<Json<Value>> {
    let new = app.key_step(&body.transaction, &body.credential, &agent).await?;
    Ok(Json(signed_in(&app, &new).await?))
}

async fn totp(State(app): State<App>, agent: Agent, JsonBody(body): JsonBody<Code>) -> Answer<Json<Value>> {
    let new = app.totp_step(&body.transaction, &body.code, &agent).await?;
    Ok(Json(signed_in(&app, &new).await?))
}

async fn backup_code(State(app): State<App>, agent: Agent, JsonBody(body): JsonBody<Code>) -> Answer<Json<Value>> {
    let new = app.backup_code_step(&body.transaction, &body.code, &agent).await?;
    Ok(Json(signed_in(&app, &new).await?))
}

async fn passkey_options(State(app): State<App>, JsonBody(Nothing {}): JsonBody<Nothing>) -> Answer<Json<Value>> {
    let (transaction, options) = app.passkey_challenge().await?;
    Ok(Json(json!({ "transaction": transaction.expose(), "publicKey": options.public_key })))
}

async fn passkey(State(app): State<App>, agent: Agent, JsonBody(body): JsonBody<Signed>) -> Answer<Json<Value>> {
    let new = app.passkey_step(&body.transaction, &body.credential, &agent).await?;
    Ok(Json(signed_in(&app, &new).await?))
}

async fn sign_out(
    State(app): State<App>,
    who: SignedIn,
    JsonBody(Nothing {}): JsonBody<Nothing>,
) -> Answer<StatusCode> {
    app.end_session(&who, &who.session.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
