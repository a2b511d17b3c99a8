//! Accounts.

use uuid::Uuid;

use super::Store;
use crate::ambient::UnixTime;
use crate::username::Username;

/// A row of `account`.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Account {
    /// A UUID in its usual spelling.
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) created: UnixTime,
}

/// Taken already.
#[derive(Debug)]
pub(crate) struct Taken;

/// Why a password was left as it is: somebody else changed something while it was being verified.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotChanged {
    /// It is another password by now.
    AnotherPassword,
    /// The session that asks was ended, perhaps because whoever has it stole it.
    SessionEnded,
}

impl Account {
    /// The user handle of WebAuthn (Level 3 §5.4.3).
    pub(crate) fn handle(&self) -> Uuid {
        Uuid::try_parse(&self.id).unwrap_or_default()
    }
}

impl Store {
    /// Adds an account.
    pub(crate) async fn add_account(
        &self,
        id: Uuid,
        username: &Username,
        password_hash: &str,
        now: UnixTime,
    ) -> sqlx::Result<Result<Account, Taken>> {
        let added = sqlx::query_as(
            "INSERT INTO account (id, username, password, created) VALUES ($1, $2, $3, $4)
             ON CONFLICT (username) DO NOTHING RETURNING id, username, created",
        )
        .bind(id.to_string())
        .bind(username.as_str())
        .bind(password_hash)
        .bind(now)
        .fetch_optional(&self.pool)
        .await?;
        Ok(added.ok_or(Taken))
    }

    /// By user name, as [`Username`] spells it.
    pub(crate) async fn account_by_name(&self, username: &str) -> sqlx::Result<Option<Account>> {
        sqlx::query_as("SELECT id, username, created FROM account WHERE username = $1")
            .bind(username)
            .fetch_optional(&self.pool)
            .await
    }

    /// By id.
    pub(crate) async fn account(&self, id: &str) -> sqlx::Result<Option<Account>> {
        sqlx::query_as("SELECT id, username, created FROM account WHERE id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
    }

    /// The stored hash of an account's password.
    pub(crate) async fn password_hash(&self, id: &str) -> sqlx::Result<Option<String>> {
        sqlx::query_scalar("SELECT password FROM account WHERE id = $1").bind(id).fetch_optional(&self.pool).await
    }

    /// Stores the same password under stronger settings; `false` when it was changed meanwhile.
    pub(crate) async fn renew_hash(&self, id: &str, old: &str, new: &str) -> sqlx::Result<bool> {
        let renewed = sqlx::query("UPDATE account SET password = $3 WHERE id = $1 AND password = $2")
            .bind(id)
            .bind(old)
            .bind(new)
            .execute(&self.pool)
            .await?;
        Ok(renewed.rows_affected() > 0)
    }

    /// Another password instead of the one whose hash `old` is. Ends every session but `keep` and every sign-in that
    /// the old one began.
    pub(crate) async fn change_password(
        &self,
        id: &str,
        old: &str,
        new: &str,
        keep: &str,
    ) -> sqlx::Result<Result<(), NotChanged>> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let kept: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM session WHERE account = $1 AND id = $2)")
            .bind(id)
            .bind(keep)
            .fetch_one(&mut *transaction)
            .await?;
        if !kept {
            return Ok(Err(NotChanged::SessionEnded));
        }
        let changed = sqlx::query("UPDATE account SET password = $3 WHERE id = $1 AND password = $2")
            .bind(id)
            .bind(old)
            .bind(new)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        if changed == 0 {
            return Ok(Err(NotChanged::AnotherPassword));
        }
        sqlx::query("DELETE FROM session WHERE account = $1 AND id <> $2")
            .bind(id)
            .bind(keep)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM ceremony WHERE account = $1 AND session IS NULL")
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Ok(()))
    }
}
