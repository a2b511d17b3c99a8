//! The two cookies: the session, and the sign-in that waits for its second factor.
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
    secure: bool,
}

impl Names {
    pub(crate) fn of(app: &App) -> Self {
        if app.settings.is_https() {
            Self { session: "__Host-signin", step: "__Host-signin-step", secure: true }
        } else {
            Self { session: "signin", step: "signin-step", secure: false }
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
