//! Backup codes: keyed hashes, each good once.

use super::Store;
use crate::ambient::UnixTime;

/// What became of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spent {
    Now,
    Before,
    Unknown,
}

impl Store {
    /// New codes in place of all older ones.
    pub(crate) async fn replace_backup_codes(&self, account: &str, hashes: &[Vec<u8>]) -> sqlx::Result<()> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("DELETE FROM backup_code WHERE account = $1").bind(account).execute(&mut *transaction).await?;
        for hash in hashes {
            sqlx::query("INSERT INTO backup_code (account, hash) VALUES ($1, $2)")
                .bind(account)
                .bind(hash)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await
    }

    /// How many are left.
    pub(crate) async fn backup_codes_left(&self, account: &str) -> sqlx::Result<i64> {
        sqlx::query_scalar("SELECT count(*) FROM backup_code WHERE account = $1 AND used IS NULL")
            .bind(account)
            .fetch_one(&self.pool)
            .await
    }

    /// Spends one: of two who bring the same code at once, one gets in.
    pub(crate) async fn spend_backup_code(&self, account: &str, hash: &[u8], now: UnixTime) -> sqlx::Result<Spent> {
        let spent = sqlx::query("UPDATE backup_code SET used = $3 WHERE account = $1 AND hash = $2 AND used IS NULL")
            .bind(account)
            .bind(hash)
            .bind(now)
            .execute(&self.pool)
            .await?;
        if spent.rows_affected() > 0 {
            return Ok(Spent::Now);
        }
        let known = sqlx::query("SELECT 1 FROM backup_code WHERE account = $1 AND hash = $2")
            .bind(account)
            .bind(hash)
            .fetch_optional(&self.pool)
            .await?;
        Ok(if known.is_some() { Spent::Before } else { Spent::Unknown })
    }
}
