//! `account/totp`: one-time codes on and off.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Answer;
use super::sign_in::Nothing;
use crate::app::App;
use crate::flow::session::SignedIn;
use crate::web::body::JsonBody;

#[derive(Deserialize)]
struct FirstCode {
    transaction: String,
    code: String,
}

pub(super) fn routes() -> Router<App> {
    Router::new().route("/account/totp/options", post(options)).route("/account/totp", post(add).delete(remove))
}

async fn options(
    State(app): State<App>,
    who: SignedIn,
    JsonBody(Nothing {}): JsonBody<Nothing>,
) -> Answer<Json<Value>> {
    let enrolment = app.add_totp_options(&who).await?;
    Ok(Json(json!({
        "transaction": enrolment.transaction.expose(),
        "uri": enrolment.uri.as_str(),
        "secret": enrolment.secret.as_str(),
    })))
}

async fn add(
    State(app): State<App>,
    who: SignedIn,
    JsonBody(body): JsonBody<FirstCode>,
) -> Answer<(StatusCode, Json<Value>)> {
    app.add_totp(&who, &body.transaction, &body.code).await?;
    Ok((StatusCode::CREATED, Json(json!({ "totp": true }))))
}

async fn remove(State(app): State<App>, who: SignedIn) -> Answer<StatusCode> {
    app.remove_totp(&who).await?;
    Ok(StatusCode::NO_CONTENT)
}
