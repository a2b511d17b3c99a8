//! What happens between the moment in which a password was right and the one in which something comes of it.

use tempfile::TempDir;

use super::*;
use crate::Settings;
use crate::ambient::Ambient;
use crate::store::sessions::Outpaced;

const OLD: &str = "seven lamps over the harbour";
const NEW: &str = "eight lamps over the harbour";

fn typed(password: &str) -> Password {
    serde_json::from_value(password.into()).unwrap()
}

/// A server with one account, and its first session.
async fn server() -> (TempDir, App, SignedIn) {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::new("id", "http://localhost", "localhost", folder.path().join("db")).unwrap();
    let app = App::open(settings, Ambient::system()).await.unwrap();
    let who = app.register("ada", typed(OLD), &Agent::new("a test")).await.unwrap().who;
    (folder, app, who)
}

async fn verified(app: &App, who: &SignedIn) -> Verified {
    app.check_password("ada", Some(who.account.clone()), typed(OLD)).await.unwrap()
}

async fn change(app: &App, who: &SignedIn) {
    app.change_password(who, typed(OLD), typed(NEW)).await.unwrap();
}

async fn sessions(app: &App, who: &SignedIn) -> usize {
    app.store.sessions(&who.account.id, app.now()).await.unwrap().len()
}

/// Who knows the old password must not undo the change that shuts him out, however closely he follows it.
#[tokio::test]
async fn a_password_that_was_right_a_moment_ago_replaces_no_newer_one() {
    let (_folder, app, who) = server().await;
    let late = verified(&app, &who).await;
    change(&app, &who).await;
    let outcome = app.replace(&who, late, typed("nine lamps over the harbour")).await;
    assert!(matches!(outcome, Err(Problem::WrongCredentials)), "{outcome:?}");
    let newest = app.password_step("ada", typed(NEW), &Agent::new("a test")).await;
    assert!(newest.is_ok(), "{newest:?}");
}

#[tokio::test]
async fn a_password_that_was_right_a_moment_ago_signs_nobody_in() {
    let (_folder, app, who) = server().await;
    let late = verified(&app, &who).await;
    change(&app, &who).await;
    let outcome = app.go_on(late, &Agent::new("a thief")).await;
    assert!(matches!(outcome, Err(Problem::WrongCredentials)), "{outcome:?}");
    assert_eq!(sessions(&app, &who).await, 1);

    // The same where a second factor would have been asked for.
    let late = Verified { account: who.account.clone(), hash: "$argon2id$of another day".to_owned() };
    app.store.add_totp(&who.account.id, b"sealed", 1, app.now()).await.unwrap().unwrap();
    let outcome = app.go_on(late, &Agent::new("a thief")).await;
    assert!(matches!(outcome, Err(Problem::WrongCredentials)), "{outcome:?}");
}

/// The second factor was right, and before the session begins the password is changed.
#[tokio::test]
async fn a_sign_in_that_the_change_ended_begins_no_session() {
    let (_folder, app, who) = server().await;
    app.store.add_totp(&who.account.id, b"sealed", 1, app.now()).await.unwrap().unwrap();
    let step = app.password_step("ada", typed(OLD), &Agent::new("a thief")).await.unwrap();
    let PasswordStep::More { transaction, .. } = step else { panic!("a second factor is set up") };
    let session = crate::store::sessions::Session { id: "late".to_owned(), ..who.session.clone() };
    let waiting = transaction.hash();
    let token = Token::random(&app.ambient).hash();
    change(&app, &who).await;
    let added = app.store.add_session(&token, &session, Condition::Waits(&waiting)).await.unwrap();
    assert_eq!(added, Err(Outpaced));
    assert_eq!(sessions(&app, &who).await, 1);
}

/// Somebody stole the session and was ended in the list of sessions: he must not take the account with him.
#[tokio::test]
async fn a_session_that_was_ended_changes_no_password() {
    let (_folder, app, who) = server().await;
    let late = verified(&app, &who).await;
    app.end_session(&who, &who.session.id).await.unwrap();
    let outcome = app.replace(&who, late, typed(NEW)).await;
    assert!(matches!(outcome, Err(Problem::NotSignedIn)), "{outcome:?}");
    assert!(app.password_step("ada", typed(OLD), &Agent::new("a test")).await.is_ok());
}
