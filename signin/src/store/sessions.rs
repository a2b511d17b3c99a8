//! Sessions. The database knows only the hash of what a client holds.

use sqlx::{Sqlite, Transaction};

use super::Store;
use super::ceremonies::Purpose;
use crate::ambient::UnixTime;
use crate::token::TokenHash;

/// Seconds after which an unused session ends.
const IDLE_LIFETIME: i64 = 14 * 86_400;

/// What must hold at the very moment in which a session begins: it was looked at before, and somebody may have changed
/// it since.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Condition<'a> {
    /// Nothing that can change.
    None,
    /// The account's password is still the one with this hash.
    Password(&'a str),
    /// This sign-in still waits for its second factor; it ends here. A change of password ends it before.
    Waits(&'a TokenHash),
}

/// What was looked at holds no longer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outpaced;

/// A row of `session`.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) account: String,
    /// Words with a space between.
    pub(crate) means: String,
    pub(crate) agent: String,
    pub(crate) created: UnixTime,
    pub(crate) last_seen: UnixTime,
    pub(crate) expires: UnixTime,
}

impl Session {
    /// How it was signed in, word by word.
    pub(crate) fn signed_in_with(&self) -> Vec<&str> {
        self.means.split(' ').collect()
    }
}

/// Whether the account's password is still the one with this hash.
pub(super) async fn has_password(
    transaction: &mut Transaction<'_, Sqlite>,
    account: &str,
    hash: &str,
) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM account WHERE id = $1 AND password = $2)")
        .bind(account)
        .bind(hash)
        .fetch_one(&mut **transaction)
        .await
}

impl Store {
    /// Adds a session if the condition holds, and drops those that have ended by themselves.
    pub(crate) async fn add_session(
        &self,
        token: &TokenHash,
        session: &Session,
        condition: Condition<'_>,
    ) -> sqlx::Result<Result<(), Outpaced>> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let holds = match condition {
            Condition::None => true,
            Condition::Password(hash) => has_password(&mut transaction, &session.account, hash).await?,
            Condition::Waits(waiting) => {
                let ended = sqlx::query(
                    "DELETE FROM ceremony WHERE id = $1 AND purpose = $2 AND account = $3 AND expires > $4",
                )
                .bind(waiting)
                .bind(Purpose::SecondFactor.word())
                .bind(&session.account)
                .bind(session.created)
                .execute(&mut *transaction)
                .await?;
                ended.rows_affected() > 0
            }
        };
        if !holds {
            return Ok(Err(Outpaced));
        }
        sqlx::query("DELETE FROM session WHERE expires <= $1 OR last_seen <= $2")
            .bind(session.created)
            .bind(session.created.plus(-IDLE_LIFETIME))
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "INSERT INTO session (token, id, account, means, agent, created, last_seen, expires)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(token)
        .bind(&session.id)
        .bind(&session.account)
        .bind(&session.means)
        .bind(&session.agent)
        .bind(session.created)
        .bind(session.last_seen)
        .bind(session.expires)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Ok(()))
    }

    /// The live session of a token.
    pub(crate) async fn session(&self, token: &TokenHash, now: UnixTime) -> sqlx::Result<Option<Session>> {
        sqlx::query_as("SELECT * FROM session WHERE token = $1 AND expires > $2 AND last_seen > $3")
            .bind(token)
            .bind(now)
            .bind(now.plus(-IDLE_LIFETIME))
            .fetch_optional(&self.pool)
            .await
    }

    /// Notes that it was used.
    pub(crate) async fn touch_session(&self, id: &str, now: UnixTime) -> sqlx::Result<()> {
        sqlx::query("UPDATE session SET last_seen = $2 WHERE id = $1").bind(id).bind(now).execute(&self.pool).await?;
        Ok(())
    }

    /// The live sessions of an account, newest first.
    pub(crate) async fn sessions(&self, account: &str, now: UnixTime) -> sqlx::Result<Vec<Session>> {
        sqlx::query_as(
            "SELECT * FROM session WHERE account = $1 AND expires > $2 AND last_seen > $3 ORDER BY created DESC, id",
        )
        .bind(account)
        .bind(now)
        .bind(now.plus(-IDLE_LIFETIME))
        .fetch_all(&self.pool)
        .await
    }

    /// Ends one session of an account; `false` when it has none by that id.
    pub(crate) async fn end_session(&self, account: &str, id: &str) -> sqlx::Result<bool> {
        let ended = sqlx::query("DELETE FROM session WHERE account = $1 AND id = $2")
            .bind(account)
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(ended.rows_affected() > 0)
    }
}
