//! `GET account`, `PUT account/password`, `POST account/backup-codes`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::sign_in::Nothing;
use super::{Answer, account_of};
use crate::app::App;
use crate::flow::session::SignedIn;
use crate::password::Password;
use crate::web::body::JsonBody;

#[derive(Deserialize)]
struct ChangePassword {
    current: Password,
    new: Password,
}

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/account", get(account))
        .route("/account/password", put(password))
        .route("/account/backup-codes", post(backup_codes))
}

async fn account(State(app): State<App>, who: SignedIn) -> Answer<Json<Value>> {
    let overview = app.overview(&who).await?;
    Ok(Json(account_of(&who, &overview)))
}

async fn password(
    State(app): State<App>,
    who: SignedIn,
    JsonBody(body): JsonBody<ChangePassword>,
) -> Answer<StatusCode> {
    app.change_password(&who, body.current, body.new).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn backup_codes(
    State(app): State<App>,
    who: SignedIn,
    JsonBody(Nothing {}): JsonBody<Nothing>,
) -> Answer<(StatusCode, Json<Value>)> {
    let codes = app.new_backup_codes(&who).await?;
    let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    Ok((StatusCode::CREATED, Json(json!({ "codes": codes }))))
}
