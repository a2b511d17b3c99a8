//! `account/security-keys` and `account/passkeys`: the same four requests for both.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{MethodRouter, patch, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use webauthn_rs::prelude::RegisterPublicKeyCredential;

use super::sign_in::Nothing;
use super::{Answer, key_of};
use crate::app::App;
use crate::flow::session::SignedIn;
use crate::store::credentials::CredentialKind;
use crate::web::body::JsonBody;

#[derive(Deserialize)]
struct NewKey {
    transaction: String,
    credential: RegisterPublicKeyCredential,
    name: Option<String>,
}

#[derive(Deserialize)]
struct NewName {
    name: String,
}

pub(super) fn routes() -> Router<App> {
    let security_key = CredentialKind::SecurityKey;
    let passkey = CredentialKind::Passkey;
    Router::new()
        .route("/account/security-keys/options", options(security_key))
        .route("/account/security-keys", add(security_key))
        .route("/account/security-keys/{id}", one(security_key))
        .route("/account/passkeys/options", options(passkey))
        .route("/account/passkeys", add(passkey))
        .route("/account/passkeys/{id}", one(passkey))
}

fn options(kind: CredentialKind) -> MethodRouter<App> {
    post(async move |State(app): State<App>, who: SignedIn, JsonBody(Nothing {}): JsonBody<Nothing>| {
        let (transaction, options) = app.add_key_options(&who, kind).await?;
        Answer::Ok(Json(json!({ "transaction": transaction.expose(), "publicKey": options.public_key })))
    })
}

fn add(kind: CredentialKind) -> MethodRouter<App> {
    post(async move |State(app): State<App>, who: SignedIn, JsonBody(body): JsonBody<NewKey>| {
        let key = app.add_key(&who, kind, &body.transaction, &body.credential, body.name.as_deref()).await?;
        Answer::Ok((StatusCode::CREATED, Json(key_of(&key))))
    })
}

fn one(kind: CredentialKind) -> MethodRouter<App> {
    patch(
        async move |State(app): State<App>,
                    who: SignedIn,
                    Path(id): Path<String>,
                    JsonBody(body): JsonBody<NewName>| {
            let key = app.rename_key(&who, kind, &id, &body.name).await?;
            Answer::<Json<Value>>::Ok(Json(key_of(&key)))
        },
    )
    .delete(async move |State(app): State<App>, who: SignedIn, Path(id): Path<String>| {
        app.remove_key(&who, kind, &id).await?;
        Answer::Ok(StatusCode::NO_CONTENT)
    })
}
