//! One-time-code seeds, sealed, each with the newest step that was spent.

use super::Store;
use crate::ambient::UnixTime;

/// A seed there is already.
#[derive(Debug)]
pub(crate) struct Present;

impl Store {
    /// Adds the seed of an account; the code of `step` confirmed it and is spent.
    pub(crate) async fn add_totp(
        &self,
        account: &str,
        sealed: &[u8],
        step: i64,
        now: UnixTime,
    ) -> sqlx::Result<Result<(), Present>> {
        let added = sqlx::query(
            "INSERT INTO totp (account, seed, last_step, created) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING",
        )
        .bind(account)
        .bind(sealed)
        .bind(step)
        .bind(now)
        .execute(&self.pool)
        .await?;
        Ok(if added.rows_affected() > 0 { Ok(()) } else { Err(Present) })
    }

    /// The sealed seed.
    pub(crate) async fn totp_seed(&self, account: &str) -> sqlx::Result<Option<Vec<u8>>> {
        sqlx::query_scalar("SELECT seed FROM totp WHERE account = $1").bind(account).fetch_optional(&self.pool).await
    }

    /// Spends the code of `step`; `false` when it or a later one was spent before. One statement, so that of two who
    /// bring the same code at once, one gets in.
    pub(crate) async fn spend_totp_step(&self, account: &str, step: i64) -> sqlx::Result<bool> {
        let spent = sqlx::query("UPDATE totp SET last_step = $2 WHERE account = $1 AND last_step < $2")
            .bind(account)
            .bind(step)
            .execute(&self.pool)
            .await?;
        Ok(spent.rows_affected() > 0)
    }

    /// Removes the seed; `false` when there is none.
    pub(crate) async fn remove_totp(&self, account: &str) -> sqlx::Result<bool> {
        let removed = sqlx::query("DELETE FROM totp WHERE account = $1").bind(account).execute(&self.pool).await?;
        Ok(removed.rows_affected() > 0)
    }
}
