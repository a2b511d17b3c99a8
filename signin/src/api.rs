//! The JSON API under `/api/v1`. docs/signin-api.md is its contract; the CLI is its first client.

mod account;
mod accounts;
mod keys;
mod server;
mod sessions;
mod sign_in;
mod totp;

use axum::Router;
use serde_json::{Value, json};

use crate::app::App;
use crate::flow::factors::Overview;
use crate::flow::session::{NewSession, SignedIn};
use crate::problem::Problem;
use crate::store::credentials::StoredCredential;

/// What handlers answer.
type Answer<T> = Result<T, Problem>;

/// Every address of the API, one family a file.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .merge(server::routes())
        .merge(accounts::routes())
        .merge(sign_in::routes())
        .merge(account::routes())
        .merge(keys::routes())
        .merge(totp::routes())
        .merge(sessions::routes())
}

/// The answer to a finished sign-in.
async fn signed_in(app: &App, new: &NewSession) -> Answer<Value> {
    let account = account_of(&new.who, &app.overview(&new.who).await?);
    Ok(json!({ "session": new.token.expose(), "expires": new.who.session.expires.rfc3339(), "account": account }))
}

/// An account as its owner sees it.
fn account_of(who: &SignedIn, overview: &Overview) -> Value {
    let list = |keys: &[StoredCredential]| keys.iter().map(key_of).collect::<Vec<_>>();
    json!({
        "username": who.account.username,
        "created": who.account.created.rfc3339(),
        "signed_in_with": who.session.signed_in_with(),
        "signed_in_at": who.session.created.rfc3339(),
        "security_keys": list(&overview.security_keys),
        "passkeys": list(&overview.passkeys),
        "totp": overview.totp,
        "backup_codes_left": overview.backup_codes_left,
    })
}

/// A security key or passkey in a list.
fn key_of(key: &StoredCredential) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "created": key.created.rfc3339(),
        "last_used": key.last_used.map(|time| time.rfc3339()),
        "synced": key.synced,
    })
}
