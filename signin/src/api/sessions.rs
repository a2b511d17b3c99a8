//! `account/sessions`: where one is signed in, and how to end that.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Answer;
use crate::app::App;
use crate::flow::session::SignedIn;
use crate::store::sessions::Session;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/account/sessions", get(list)).route("/account/sessions/{id}", delete(end))
}

async fn list(State(app): State<App>, who: SignedIn) -> Answer<Json<Value>> {
    let sessions = app.store.sessions(&who.account.id, app.now()).await?;
    let sessions: Vec<Value> = sessions.iter().map(|session| session_of(session, &who)).collect();
    Ok(Json(json!({ "sessions": sessions })))
}

async fn end(State(app): State<App>, who: SignedIn, Path(id): Path<String>) -> Answer<StatusCode> {
    app.end_session(&who, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn session_of(session: &Session, who: &SignedIn) -> Value {
    json!({
        "id": session.id,
        "created": session.created.rfc3339(),
        "last_seen": session.last_seen.rfc3339(),
        "expires": session.expires.rfc3339(),
        "signed_in_with": session.signed_in_with(),
        "agent": session.agent,
        "current": session.id == who.session.id,
    })
}
