//! The pages: plain forms that work without JavaScript. What JavaScript adds is security keys and passkeys.
//!
//! Ids and names of fields are stable: password managers, tests and browser extensions find them.

mod account;
mod assets;
mod fob;
mod keys;
mod problems;
mod register;
mod second_factor;
mod sign_in;
mod totp;

use askama::Template;
use axum::Router;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum_extra::extract::CookieJar;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::ambient::UnixTime;
use crate::app::App;
use crate::flow::session::{NewSession, SignedIn};
use crate::problem::Problem;
use crate::web::cookies::Names;

pub(crate) use fob::asks_fob;
pub(crate) use problems::problem_page;

/// Every page, one family a file.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(async || Redirect::to("/account")))
        .merge(assets::routes())
        .merge(problems::routes())
        .merge(register::routes())
        .merge(sign_in::routes())
        .merge(second_factor::routes())
        .merge(account::routes())
        .merge(keys::routes())
        .merge(totp::routes())
        .merge(fob::routes())
}

/// What every page shows around its content.
struct Frame<'a> {
    /// The server's name.
    site: &'a str,
    /// Who is signed in.
    user: Option<&'a str>,
    /// What went wrong, if this page answers a form.
    error: Option<String>,
    /// What was done just before.
    note: Option<&'static str>,
}

impl<'a> Frame<'a> {
    fn new(app: &'a App, problem: Option<&Problem>) -> Self {
        Self { site: app.settings.name(), user: None, error: problem.map(Problem::detail), note: None }
    }

    fn of(app: &'a App, who: &'a SignedIn, problem: Option<&Problem>) -> Self {
        Self { user: Some(&who.account.username), ..Self::new(app, problem) }
    }
}

/// A page; with the status and headers of the problem it tells of.
fn page(template: &impl Template, problem: Option<&Problem>) -> Response {
    let response = match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => return Problem::server(error).into_response(),
    };
    match problem {
        Some(problem) => problem.with_headers(response),
        None => response,
    }
}

/// The end of every sign-in: the cookie, the end of the session that it replaces, the account page.
async fn welcome(app: &App, jar: CookieJar, new: &NewSession, done: &str) -> Result<Response, Problem> {
    let names = Names::of(app);
    if let Some(old) = names.session(&jar)
        && let Ok(old) = app.who(&old).await
    {
        app.store.end_session(&old.account.id, &old.session.id).await?;
    }
    Ok((names.signed_in(jar, &new.token), Redirect::to(done)).into_response())
}

/// A time for people: `23 November 2026, 09:30 UTC`.
fn in_words(time: &UnixTime) -> String {
    let format = format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
    let date = OffsetDateTime::from_unix_timestamp(time.0).ok();
    date.and_then(|date| date.format(format).ok()).unwrap_or_else(|| time.rfc3339())
}
