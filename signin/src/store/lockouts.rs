//! Counts of wrong tries.

use super::Store;
use crate::ambient::UnixTime;
use crate::lockout::{FORGET_AFTER, Kind, Locked, wait_after};

impl Store {
    /// Counts a try as wrong until [`Store::forget_tries`] takes that back, and says whether it may be made at all.
    /// Looks and counts in one transaction: of many tries sent at once, only so many get through.
    pub(crate) async fn count_try(
        &self,
        subject: &[u8],
        kind: Kind,
        now: UnixTime,
    ) -> sqlx::Result<Result<(), Locked>> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("DELETE FROM lockout WHERE last <= $1")
            .bind(now.plus(-FORGET_AFTER))
            .execute(&mut *transaction)
            .await?;
        let seen: Option<(i64, UnixTime)> =
            sqlx::query_as("SELECT failures, until FROM lockout WHERE subject = $1 AND kind = $2")
                .bind(subject)
                .bind(kind.word())
                .fetch_optional(&mut *transaction)
                .await?;
        let (failures, until) = seen.unwrap_or((0, now));
        if until > now {
            return Ok(Err(Locked::until(until, now)));
        }
        let failures = failures.saturating_add(1);
        sqlx::query(
            "INSERT OR REPLACE INTO lockout (subject, kind, failures, until, last) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(subject)
        .bind(kind.word())
        .bind(failures)
        .bind(now.plus(wait_after(failures)))
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Ok(()))
    }

    /// The try was right: nothing is counted any more.
    pub(crate) async fn forget_tries(&self, subject: &[u8], kind: Kind) -> sqlx::Result<()> {
        sqlx::query("DELETE FROM lockout WHERE subject = $1 AND kind = $2")
            .bind(subject)
            .bind(kind.word())
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waits_are_kept_to_the_second_and_kinds_are_apart() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("db"), b"key").await.unwrap();
        let mut now = UnixTime(1_000_000);
        for wait in [0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600] {
            assert_eq!(store.count_try(b"ada", Kind::Totp, now).await.unwrap(), Ok(()));
            if wait > 0 {
                let early = store.count_try(b"ada", Kind::Totp, now.plus(wait - 1)).await.unwrap();
                assert_eq!(early, Err(Locked { until: now.plus(wait), wait: 1 }));
            }
            assert_eq!(store.count_try(b"ada", Kind::Password, now).await.unwrap(), Ok(()));
            store.forget_tries(b"ada", Kind::Password).await.unwrap();
            now = now.plus(wait);
        }
        now = now.plus(FORGET_AFTER);
        for _ in 0..5 {
            assert_eq!(store.count_try(b"ada", Kind::Totp, now).await.unwrap(), Ok(()), "a day of silence forgets");
        }
        assert!(store.count_try(b"ada", Kind::Totp, now).await.unwrap().is_err());
    }
}
