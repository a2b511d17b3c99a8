//! The cookies: the session, the sign-in that waits for its second factor, and what proves that a form was ours.
//!
//! `HttpOnly` and `SameSite=Lax`; over https `Secure` with a `__Host-` name, so that no subdomain and no plain-http
//! neighbour can set them. `Lax`, since a link from a mail to the account page should find one signed in; changes are
//! guarded by [`super::gate`].

use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};

use crate::app::App;
use crate::token::Token;

/// The cookies of a server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    session: &'static str,
    step: &'static str,
    form: &'static str,
    secure: bool,
}

impl Names {
    pub(crate) fn of(app: &App) -> Self {
        if app.settings.is_https() {
            Self { session: "__Host-signin", step: "__Host-signin-step", form: "__Host-signin-form", secure: true }
        } else {
            Self { session: "signin", step: "signin-step", form: "signin-form", secure: false }
        }
    }

    /// The session token that the browser sent.
    pub(crate) fn session(self, jar: &CookieJar) -> Option<Token> {
        Token::parse(jar.get(self.session)?.value())
    }

    /// The transaction that waits for its second factor.
    pub(crate) fn step(self, jar: &CookieJar) -> Option<String> {
        Some(jar.get(self.step)?.value().to_owned())
    }

    /// What the browser's forms are told apart by.
    pub(crate) fn form(self, jar: &CookieJar) -> Option<Token> {
        Token::parse(jar.get(self.form)?.value())
    }

    /// A form was shown. No other site's request brings this cookie along, not even a link.
    pub(crate) fn shown(self, jar: CookieJar, token: &Token) -> CookieJar {
        let mut cookie = self.made(self.form, token);
        cookie.set_same_site(SameSite::Strict);
        jar.add(cookie)
    }

    /// Signed in: the session in, the transaction out.
    pub(crate) fn signed_in(self, jar: CookieJar, token: &Token) -> CookieJar {
        jar.add(self.made(self.session, token)).remove(self.gone(self.step))
    }

    /// The password was right.
    pub(crate) fn waiting(self, jar: CookieJar, transaction: &Token) -> CookieJar {
        jar.add(self.made(self.step, transaction))
    }

    /// Signed out.
    pub(crate) fn signed_out(self, jar: CookieJar) -> CookieJar {
        jar.remove(self.gone(self.session)).remove(self.gone(self.step))
    }

    /// Ends with the browser; the server's own limits count anyway.
    fn made(self, name: &'static str, token: &Token) -> Cookie<'static> {
        Cookie::build((name, token.expose().to_owned()))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.secure)
            .build()
    }

    fn gone(self, name: &'static str) -> Cookie<'static> {
        Cookie::build((name, "")).path("/").http_only(true).same_site(SameSite::Lax).secure(self.secure).build()
    }
}
