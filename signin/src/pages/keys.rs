//! Security keys and passkeys on the account page: the script fills the forms, these take them.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{MethodRouter, post};
use serde::Deserialize;
use webauthn_rs::prelude::RegisterPublicKeyCredential;

use super::account::done;
use crate::app::App;
use crate::flow::session::SignedIn;
use crate::problem::Problem;
use crate::store::credentials::{CredentialKind, StoredCredential};
use crate::web::body::FormBody;

#[derive(Deserialize)]
struct NewKey {
    transaction: String,
    credential: String,
    name: String,
}

#[derive(Deserialize)]
struct NewName {
    name: String,
}

pub(super) fn routes() -> Router<App> {
    let security_key = CredentialKind::SecurityKey;
    let passkey = CredentialKind::Passkey;
    Router::new()
        .route("/account/security-keys", add(security_key, "key-added"))
        .route("/account/security-keys/{id}/rename", rename(security_key))
        .route("/account/security-keys/{id}/remove", remove(security_key))
        .route("/account/passkeys", add(passkey, "passkey-added"))
        .route("/account/passkeys/{id}/rename", rename(passkey))
        .route("/account/passkeys/{id}/remove", remove(passkey))
}

fn add(kind: CredentialKind, word: &'static str) -> MethodRouter<App> {
    post(async move |State(app): State<App>, who: SignedIn, FormBody(body): FormBody<NewKey>| {
        let result = enrol(&app, &who, kind, &body).await;
        done(&app, &who, result, word).await
    })
}

async fn enrol(app: &App, who: &SignedIn, kind: CredentialKind, body: &NewKey) -> Result<StoredCredential, Problem> {
    let made: RegisterPublicKeyCredential = serde_json::from_str(&body.credential)
        .map_err(|_| Problem::invalid("what the browser sent is no credential"))?;
    app.add_key(who, kind, &body.transaction, &made, Some(&body.name)).await
}

fn rename(kind: CredentialKind) -> MethodRouter<App> {
    post(
        async move |State(app): State<App>,
                    who: SignedIn,
                    Path(id): Path<String>,
                    FormBody(body): FormBody<NewName>| {
            let result = app.rename_key(&who, kind, &id, &body.name).await;
            done(&app, &who, result, "renamed").await
        },
    )
}

fn remove(kind: CredentialKind) -> MethodRouter<App> {
    post(async move |State(app): State<App>, who: SignedIn, Path(id): Path<String>| {
        let result = app.remove_key(&who, kind, &id).await;
        done(&app, &who, result, "removed").await
    })
}
