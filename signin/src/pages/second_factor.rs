//! The second step of a sign-in. Which sign-in it is stands in a cookie of its own.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::sign_in::credential;
use super::{Frame, page, welcome};
use crate::app::App;
use crate::companion::near::Near;
use crate::flow::second_factor::SecondFactor;
use crate::flow::session::{Agent, NewSession};
use crate::problem::Problem;
use crate::web::body::FormBody;
use crate::web::cookies::Names;
use crate::web::form_token;

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SecondFactorPage<'a> {
    frame: Frame<'a>,
    username: &'a str,
    transaction: &'a str,
    /// The mark of a form that asks the fob on this machine, where it may.
    fob: Option<&'a str>,
    security_key: bool,
    totp: bool,
    backup_code: bool,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

#[derive(Deserialize)]
struct Signed {
    credential: String,
}

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sign-in/second-factor", get(form))
        .route("/sign-in/security-key", post(key))
        .route("/sign-in/totp", post(totp))
        .route("/sign-in/backup-code", post(backup_code))
}

async fn form(State(app): State<App>, jar: CookieJar, near: Option<Near>) -> Response {
    let (jar, mark) = form_token::issue(&app, jar, near.as_ref());
    let page = show(&app, &jar, mark.as_deref(), None).await;
    (jar, page).into_response()
}

async fn key(
    State(app): State<App>,
    jar: CookieJar,
    agent: Agent,
    FormBody(body): FormBody<Signed>,
) -> Result<Response, Problem> {
    let result = match credential(&body.credential) {
        Ok(credential) => app.key_step(&waiting(&app, &jar), &credential, &agent).await,
        Err(problem) => Err(problem),
    };
    finish(&app, jar, result).await
}

async fn totp(
    State(app): State<App>,
    jar: CookieJar,
    agent: Agent,
    FormBody(body): FormBody<Code>,
) -> Result<Response, Problem> {
    let result = app.totp_step(&waiting(&app, &jar), &body.code, &agent).await;
    finish(&app, jar, result).await
}

async fn backup_code(
    State(app): State<App>,
    jar: CookieJar,
    agent: Agent,
    FormBody(body): FormBody<Code>,
) -> Result<Response, Problem> {
    let result = app.backup_code_step(&waiting(&app, &jar), &body.code, &agent).await;
    finish(&app, jar, result).await
}

/// The transaction in the cookie; an empty one is refused like an expired one.
pub(super) fn waiting(app: &App, jar: &CookieJar) -> String {
    Names::of(app).step(jar).unwrap_or_default()
}

pub(super) async fn finish(
    app: &App,
    jar: CookieJar,
    result: Result<NewSession, Problem>,
) -> Result<Response, Problem> {
    match result {
        Ok(new) => welcome(app, jar, &new, "/account").await,
        Err(problem) => Ok(show(app, &jar, None, Some(&problem)).await),
    }
}

/// The forms for what is set up; back to the password when the sign-in is over.
pub(super) async fn show(app: &App, jar: &CookieJar, fob: Option<&str>, problem: Option<&Problem>) -> Response {
    let transaction = waiting(app, jar);
    let account = match app.waiting(&transaction).await {
        Ok((_, account)) => account,
        Err(Problem::TransactionExpired) if problem.is_none() => return Redirect::to("/sign-in").into_response(),
        Err(other) => return other.into_response(),
    };
    let factors = match app.second_factors(&account.id).await {
        Ok(factors) => factors,
        Err(problem) => return problem.into_response(),
    };
    let has = |factor| factors.contains(&factor);
    let template = SecondFactorPage {
        frame: Frame::new(app, problem),
        username: &account.username,
        transaction: &transaction,
        fob,
        security_key: has(SecondFactor::SecurityKey),
        totp: has(SecondFactor::Totp),
        backup_code: has(SecondFactor::BackupCode),
    };
    page(&template, problem)
}
