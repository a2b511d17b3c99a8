//! Registration.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::{Frame, page, welcome};
use crate::app::App;
use crate::flow::session::Agent;
use crate::password::Password;
use crate::problem::Problem;
use crate::web::body::FormBody;

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterPage<'a> {
    frame: Frame<'a>,
    username: &'a str,
}

#[derive(Deserialize)]
struct NewAccount {
    username: String,
    password: Password,
}

pub(super) fn routes() -> Router<App> {
    Router::new().route("/register", get(form).post(register))
}

async fn form(State(app): State<App>) -> Response {
    page(&RegisterPage { frame: Frame::new(&app, None), username: "" }, None)
}

async fn register(
    State(app): State<App>,
    jar: CookieJar,
    agent: Agent,
    FormBody(body): FormBody<NewAccount>,
) -> Result<Response, Problem> {
    match app.register(&body.username, body.password, &agent).await {
        Ok(new) => welcome(&app, jar, &new, "/account?done=registered").await,
        Err(problem) => {
            let frame = Frame::new(&app, Some(&problem));
            Ok(page(&RegisterPage { frame, username: &body.username }, Some(&problem)))
        }
    }
}
