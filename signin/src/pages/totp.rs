//! One-time codes: the seed as QR code, address and text, and its first code.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use qrcodegen::{QrCode, QrCodeEcc};
use serde::Deserialize;
use std::fmt::Write;
use zeroize::Zeroizing;

use super::account::done;
use super::{Frame, page};
use crate::app::App;
use crate::flow::session::SignedIn;
use crate::flow::totp::Enrolment;
use crate::problem::Problem;
use crate::web::body::FormBody;

#[derive(Template)]
#[template(path = "totp.html")]
struct TotpPage<'a> {
    frame: Frame<'a>,
    transaction: &'a str,
    uri: &'a str,
    /// In groups of four.
    secret: &'a str,
    qr: &'a Option<Drawing>,
}

/// A QR code as the outline of an SVG.
struct Drawing {
    /// Width and height in modules, quiet zone included.
    size: i32,
    outline: Zeroizing<String>,
}

#[derive(Deserialize)]
struct FirstCode {
    transaction: String,
    code: String,
}

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/account/totp/new", post(begin))
        .route("/account/totp", post(confirm))
        .route("/account/totp/remove", post(remove))
}

async fn begin(State(app): State<App>, who: SignedIn) -> Result<Response, Problem> {
    match app.add_totp_options(&who).await {
        Ok(enrolment) => Ok(show(&app, &who, &enrolment, None)),
        Err(problem) => done::<()>(&app, &who, Err(problem), "").await,
    }
}

async fn confirm(
    State(app): State<App>,
    who: SignedIn,
    FormBody(body): FormBody<FirstCode>,
) -> Result<Response, Problem> {
    let result = app.add_totp(&who, &body.transaction, &body.code).await;
    if let Err(problem @ Problem::WrongCode(_)) = &result {
        let enrolment = app.open_totp_enrolment(&who, &body.transaction).await?;
        return Ok(show(&app, &who, &enrolment, Some(problem)));
    }
    done(&app, &who, result, "totp-added").await
}

async fn remove(State(app): State<App>, who: SignedIn) -> Result<Response, Problem> {
    let result = app.remove_totp(&who).await;
    done(&app, &who, result, "totp-removed").await
}

fn show(app: &App, who: &SignedIn, enrolment: &Enrolment, problem: Option<&Problem>) -> Response {
    let secret: Vec<char> = enrolment.secret.chars().collect();
    let groups: Vec<String> = secret.chunks(4).map(|group| group.iter().collect()).collect();
    let secret = Zeroizing::new(groups.join(" "));
    let template = TotpPage {
        frame: Frame::of(app, who, problem),
        transaction: enrolment.transaction.expose(),
        uri: &enrolment.uri,
        secret: &secret,
        qr: &drawing(&enrolment.uri),
    };
    page(&template, problem)
}

/// `None` when the address is too long for a QR code; the text beside it still serves.
fn drawing(text: &str) -> Option<Drawing> {
    /// Modules of white around (ISO/IEC 18004 §6.3.8).
    const QUIET: i32 = 4;
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let mut outline = Zeroizing::new(String::new());
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            write!(outline, "M{},{}h1v1h-1z", x + QUIET, y + QUIET).ok()?;
        }
    }
    Some(Drawing { size: code.size() + 2 * QUIET, outline })
}
