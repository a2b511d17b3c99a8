//! Proof that a form was ours: a cookie that comes with no other site's request, and in the form a mark that only this server
//! can make of it. The gate looks at where a request says it comes from; what sets off a prompt on somebody's screen wants this too.

use axum_extra::extract::CookieJar;

use super::cookies::Names;
use crate::app::App;
use crate::companion::near::Near;
use crate::problem::Problem;
use crate::token::Token;

/// The mark for a form, where there is one to show; and the cookie that belongs to it, if the browser has none yet.
pub(crate) fn issue(app: &App, jar: CookieJar, near: Option<&Near>) -> (CookieJar, Option<String>) {
    if near.is_none() {
        return (jar, None);
    }
    let names = Names::of(app);
    match names.form(&jar) {
        Some(cookie) => (jar, Some(app.keys.form_mark(&cookie))),
        None => {
            let cookie = Token::random(&app.ambient);
            let mark = app.keys.form_mark(&cookie);
            (names.shown(jar, &cookie), Some(mark))
        }
    }
}

/// Whether the form was ours.
///
/// # Errors
/// [`Problem::CrossSite`].
pub(crate) fn check(app: &App, jar: &CookieJar, mark: &str) -> Result<(), Problem> {
    let cookie = Names::of(app).form(jar).ok_or(Problem::CrossSite)?;
    if app.keys.is_form_mark(&cookie, mark) { Ok(()) } else { Err(Problem::CrossSite) }
}
