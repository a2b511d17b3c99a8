//! Sign-in: the password step, a passkey alone, and the way out.

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use webauthn_rs::prelude::PublicKeyCredential;

use super::{Frame, page, welcome};
use crate::app::App;
use crate::companion::near::Near;
use crate::flow::passwords::PasswordStep;
use crate::flow::session::{Agent, SignedIn};
use crate::password::Password;
use crate::problem::Problem;
use crate::web::body::FormBody;
use crate::web::cookies::Names;
use crate::web::form_token;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    frame: Frame<'a>,
    username: &'a str,
    /// The mark of a form that asks the fob on this machine, where it may.
    fob: Option<&'a str>,
}

#[derive(Deserialize)]
struct Asked {
    again: Option<String>,
    done: Option<String>,
}

#[derive(Deserialize)]
struct Credentials {
    username: String,
    password: Password,
}

#[derive(Deserialize)]
struct Signed {
    transaction: String,
    credential: String,
}

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sign-in", get(form).post(password))
        .route("/sign-in/passkey", post(passkey))
        .route("/sign-out", post(sign_out))
}

async fn form(
    State(app): State<App>,
    who: Option<SignedIn>,
    near: Option<Near>,
    jar: CookieJar,
    Query(asked): Query<Asked>,
) -> Response {
    let mut frame = Frame::new(&app, None);
    if asked.done.as_deref() == Some("signed-out") {
        frame.note = Some("You are signed out.");
    }
    let username = match &who {
        Some(who) if asked.again.is_some() => {
            frame.note =
                Some("Sign in again to change how you sign in. That keeps out whoever finds your screen open.");
            who.account.username.as_str()
        }
        Some(_) => return Redirect::to("/account").into_response(),
        None => "",
    };
    let (jar, mark) = form_token::issue(&app, jar, near.as_ref());
    (jar, page(&SignInPage { frame, username, fob: mark.as_deref() }, None)).into_response()
}

async fn password(
    State(app): State<App>,
    jar: CookieJar,
    agent: Agent,
    FormBody(body): FormBody<Credentials>,
) -> Result<Response, Problem> {
    match app.password_step(&body.username, body.password, &agent).await {
        Ok(PasswordStep::Done(new)) => welcome(&app, jar, &new, "/account").await,
        Ok(PasswordStep::More { transaction, .. }) => {
            let jar = Names::of(&app).waiting(jar, &transaction);
            Ok((jar, Redirect::to("/sign-in/second-factor")).into_response())
        }
        Err(problem) => Ok(refused(&app, &body.username, None, &problem)),
    }
}

async fn passkey(
    State(app): State<App>,
    jar: CookieJar,
    agent: Agent,
    FormBody(body): FormBody<Signed>,
) -> Result<Response, Problem> {
    match finish_passkey(&app, &body, &agent).await {
        Ok(new) => welcome(&app, jar, &new, "/account").await,
        Err(problem) => Ok(refused(&app, "", None, &problem)),
    }
}

async fn finish_passkey(app: &App, body: &Signed, agent: &Agent) -> Result<crate::flow::session::NewSession, Problem> {
    app.passkey_step(&body.transaction, &credential(&body.credential)?, agent).await
}

async fn sign_out(State(app): State<App>, who: Option<SignedIn>, jar: CookieJar) -> Result<Response, Problem> {
    if let Some(who) = who {
        app.end_session(&who, &who.session.id).await?;
    }
    Ok((Names::of(&app).signed_out(jar), Redirect::to("/sign-in?done=signed-out")).into_response())
}

/// What the script put into the form: the JSON of WebAuthn Level 3 §5.8.2.
pub(super) fn credential(json: &str) -> Result<PublicKeyCredential, Problem> {
    serde_json::from_str(json).map_err(|_| Problem::invalid("what the browser sent is no credential"))
}

pub(super) fn refused(app: &App, username: &str, fob: Option<&str>, problem: &Problem) -> Response {
    page(&SignInPage { frame: Frame::new(app, Some(problem)), username, fob }, Some(problem))
}
