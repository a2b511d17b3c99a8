//! Forms that ask the fob on this machine: the same four ceremonies as the script has, without a script. Only for whoever is
//! [`Near`], and only from a form of ours.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use webauthn_rs::prelude::{PublicKeyCredential, RegisterPublicKeyCredential};

use super::account::{self, done};
use super::second_factor::{self, waiting};
use super::{sign_in, welcome};
use crate::app::App;
use crate::companion::Ceremony;
use crate::companion::near::Near;
use crate::flow::session::{Agent, NewSession, SignedIn};
use crate::problem::Problem;
use crate::store::credentials::{CredentialKind, StoredCredential};
use crate::web::body::FormBody;
use crate::web::form_token;

/// What the addresses of these forms end with.
const END: &str = "/fob";

#[derive(Deserialize)]
struct Ask {
    form_token: String,
    #[serde(default)]
    name: String,
}

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sign-in/security-key/fob", post(second_step))
        .route("/sign-in/passkey/fob", post(passkey))
        .route("/account/security-keys/fob", add(CredentialKind::SecurityKey, "key-added"))
        .route("/account/passkeys/fob", add(CredentialKind::Passkey, "passkey-added"))
}

/// Whether a request of this path waits for a person at a key.
pub(crate) fn asks_fob(path: &str) -> bool {
    path.ends_with(END)
}

async fn second_step(
    State(app): State<App>,
    near: Near,
    jar: CookieJar,
    agent: Agent,
    FormBody(body): FormBody<Ask>,
) -> Result<Response, Problem> {
    form_token::check(&app, &jar, &body.form_token)?;
    let transaction = waiting(&app, &jar);
    match sign_second(&app, &near, &transaction, &agent).await {
        Ok(new) => welcome(&app, jar, &new, "/account").await,
        Err(problem) => Ok(second_factor::show(&app, &jar, Some(&body.form_token), Some(&problem)).await),
    }
}

async fn sign_second(app: &App, near: &Near, transaction: &str, agent: &Agent) -> Result<NewSession, Problem> {
    let options = app.key_challenge(transaction).await?.public_key;
    let credential: PublicKeyCredential =
        near.0.ask(Ceremony::Get, &app.settings.origin(), &options, app.now()).await?;
    app.key_step(transaction, &credential, agent).await
}

async fn passkey(
    State(app): State<App>,
    near: Near,
    jar: CookieJar,
    agent: Agent,
    FormBody(body): FormBody<Ask>,
) -> Result<Response, Problem> {
    form_token::check(&app, &jar, &body.form_token)?;
    match sign_alone(&app, &near, &agent).await {
        Ok(new) => welcome(&app, jar, &new, "/account").await,
        Err(problem) => Ok(sign_in::refused(&app, "", Some(&body.form_token), &problem).into_response()),
    }
}

async fn sign_alone(app: &App, near: &Near, agent: &Agent) -> Result<NewSession, Problem> {
    let (transaction, options) = app.passkey_challenge().await?;
    let credential: PublicKeyCredential =
        near.0.ask(Ceremony::Get, &app.settings.origin(), &options.public_key, app.now()).await?;
    app.passkey_step(transaction.expose(), &credential, agent).await
}

fn add(kind: CredentialKind, word: &'static str) -> MethodRouter<App> {
    post(
        async move |State(app): State<App>,
                    near: Near,
                    who: SignedIn,
                    jar: CookieJar,
                    FormBody(body): FormBody<Ask>| {
            form_token::check(&app, &jar, &body.form_token)?;
            match enrol(&app, &near, &who, kind, &body.name).await {
                Err(problem @ (Problem::FobRefused(_) | Problem::FobUnreachable | Problem::Busy)) => {
                    account::show(&app, &who, Some(&body.form_token), None, Some(&problem)).await
                }
                result => done(&app, &who, result, word).await,
            }
        },
    )
}

async fn enrol(
    app: &App,
    near: &Near,
    who: &SignedIn,
    kind: CredentialKind,
    name: &str,
) -> Result<StoredCredential, Problem> {
    let (transaction, options) = app.add_key_options(who, kind).await?;
    let made: RegisterPublicKeyCredential =
        near.0.ask(Ceremony::Create, &app.settings.origin(), &options.public_key, app.now()).await?;
    app.add_key(who, kind, transaction.expose(), &made, Some(name)).await
}
