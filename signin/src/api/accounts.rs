//! `POST accounts`: registration.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::Value;

use super::{Answer, signed_in};
use crate::app::App;
use crate::flow::session::Agent;
use crate::password::Password;
use crate::web::body::JsonBody;

#[derive(Deserialize)]
struct NewAccount {
    username: String,
    password: Password,
}

pub(super) fn routes() -> Router<App> {
    Router::new().route("/accounts", post(register))
}

async fn register(
    State(app): State<App>,
    agent: Agent,
    JsonBody(body): JsonBody<NewAccount>,
) -> Answer<(StatusCode, Json<Value>)> {
    let new = app.register(&body.username, body.password, &agent).await?;
    Ok((StatusCode::CREATED, Json(signed_in(&app, &new).await?)))
}
