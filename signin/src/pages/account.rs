//! The account page: everything one signs in with, and where one is signed in.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{Frame, in_words, page};
use crate::app::App;
use crate::companion::near::Near;
use crate::flow::factors::Overview;
use crate::flow::session::SignedIn;
use crate::password::Password;
use crate::problem::Problem;
use crate::store::credentials::StoredCredential;
use crate::store::sessions::Session;
use crate::web::body::FormBody;
use crate::web::cookies::Names;
use crate::web::form_token;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage<'a> {
    frame: Frame<'a>,
    who: &'a SignedIn,
    overview: &'a Overview,
    sessions: &'a [Session],
    fresh: bool,
    /// The mark of a form that asks the fob on this machine, where it may.
    fob: Option<&'a str>,
}

impl AccountPage<'_> {
    /// One means only, and it is lost with the key or the phone.
    fn one_factor_from_locked_out(&self) -> bool {
        let factors = self.overview.security_keys.len() + usize::from(self.overview.totp);
        factors == 1 && self.overview.backup_codes_left == 0 && self.overview.passkeys.is_empty()
    }
}

#[derive(Template)]
#[template(path = "backup_codes.html")]
struct BackupCodesPage<'a> {
    frame: Frame<'a>,
    codes: &'a [Zeroizing<String>],
}

#[derive(Deserialize)]
struct Asked {
    done: Option<String>,
}

#[derive(Deserialize)]
struct ChangePassword {
    current: Password,
    new: Password,
}

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/account", get(account))
        .route("/account/password", post(password))
        .route("/account/backup-codes", post(backup_codes))
        .route("/account/sessions/{id}/end", post(end_session))
}

async fn account(
    State(app): State<App>,
    who: SignedIn,
    near: Option<Near>,
    jar: CookieJar,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let (jar, mark) = form_token::issue(&app, jar, near.as_ref());
    let page = show(&app, &who, mark.as_deref(), asked.done.as_deref().and_then(note), None).await?;
    Ok((jar, page).into_response())
}

async fn password(
    State(app): State<App>,
    who: SignedIn,
    FormBody(body): FormBody<ChangePassword>,
) -> Result<Response, Problem> {
    let result = app.change_password(&who, body.current, body.new).await;
    done(&app, &who, result, "password-changed").await
}

async fn backup_codes(State(app): State<App>, who: SignedIn) -> Result<Response, Problem> {
    let codes = app.new_backup_codes(&who).await?;
    Ok(page(&BackupCodesPage { frame: Frame::of(&app, &who, None), codes: &codes }, None))
}

async fn end_session(
    State(app): State<App>,
    who: SignedIn,
    jar: CookieJar,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let result = app.end_session(&who, &id).await;
    if id == who.session.id && result.is_ok() {
        return Ok((Names::of(&app).signed_out(jar), Redirect::to("/sign-in?done=signed-out")).into_response());
    }
    done(&app, &who, result, "session-ended").await
}

/// What became of a change: back to the account page with a note, or the page with what went wrong.
pub(super) async fn done<T>(
    app: &App,
    who: &SignedIn,
    result: Result<T, Problem>,
    word: &str,
) -> Result<Response, Problem> {
    match result {
        Ok(_) => Ok(Redirect::to(&format!("/account?done={word}")).into_response()),
        Err(problem @ Problem::StepUpRequired { .. }) => Err(problem),
        Err(problem) => show(app, who, None, None, Some(&problem)).await,
    }
}

/// What was done, by the word in the address. Other words say nothing.
fn note(word: &str) -> Option<&'static str> {
    Some(match word {
        "registered" => "Your account is ready. Add a second way to prove that you are you.",
        "key-added" => "The security key is enrolled.",
        "passkey-added" => "The passkey is ready: you can sign in with it alone.",
        "renamed" => "The new name is saved.",
        "removed" => "It is removed and cannot be used to sign in any more.",
        "totp-added" => "One-time codes are on.",
        "totp-removed" => "One-time codes are off.",
        "password-changed" => "Your password is changed, and all other sessions have ended.",
        "session-ended" => "That session has ended.",
        _ => return None,
    })
}

pub(super) async fn show(
    app: &App,
    who: &SignedIn,
    fob: Option<&str>,
    note: Option<&'static str>,
    problem: Option<&Problem>,
) -> Result<Response, Problem> {
    let overview = app.overview(who).await?;
    let sessions = app.store.sessions(&who.account.id, app.now()).await?;
    let frame = Frame { note, ..Frame::of(app, who, problem) };
    let fresh = app.require_fresh(who).is_ok();
    Ok(page(&AccountPage { frame, who, overview: &overview, sessions: &sessions, fresh, fob }, problem))
}

/// How a session was signed in, for a sentence.
fn means(session: &Session) -> String {
    let words = session.signed_in_with().into_iter().map(|word| match word {
        "password" => "your password",
        "security-key" => "a security key",
        "totp" => "a one-time code",
        "backup-code" => "a backup code",
        "passkey" => "a passkey",
        other => other,
    });
    words.collect::<Vec<_>>().join(" and ")
}

/// What a client calls itself, in the two words that matter: `Firefox on Linux`. As it is when that says nothing.
fn device(agent: &str) -> String {
    let find =
        |names: &[(&str, &'static str)]| names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    // The order counts: Edge says it is Chrome, Chrome says it is Safari, Android says it is Linux.
    let browser = find(&[("Firefox/", "Firefox"), ("Edg/", "Edge"), ("Chrome/", "Chrome"), ("Safari/", "Safari")]);
    let system = find(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        _ => agent.to_owned(),
    }
}

/// When a key was used last.
fn last_used(key: &StoredCredential) -> String {
    key.last_used.as_ref().map_or_else(|| "not used yet".to_owned(), |time| format!("last used {}", in_words(time)))
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn browsers_are_told_apart_though_they_claim_to_be_each_other() {
        for (agent, expected) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 \
                 Safari/537.36 Edg/140.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile \
                 Safari/537.36",
                "Chrome on Android",
            ),
            ("fob/0.1.0", "fob/0.1.0"),
        ] {
            assert_eq!(device(agent), expected);
        }
    }
}
