//! `GET server`: who this is.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/server", get(server))
}

async fn server(State(app): State<App>) -> Json<Value> {
    Json(json!({
        "name": app.settings.name(),
        "origin": app.settings.origin(),
        "rp_id": app.settings.rp_id(),
        "version": env!("CARGO_PKG_VERSION"),
        "time": app.now().rfc3339(),
    }))
}
