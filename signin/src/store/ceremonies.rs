//! What is under way: sign-ins that wait for a second factor, open challenges, seeds not yet confirmed.
//!
//! All of it stays on the server and dies by being used, so nothing can be replayed.

use super::Store;
use super::sessions::{Outpaced, has_password};
use crate::ambient::UnixTime;
use crate::token::TokenHash;

/// Most sign-ins by passkey that are open at a time: they cost a stranger nothing, so their number is bounded. The
/// oldest goes for a new one, or whoever begins so many would keep everybody else out until they expire.
const MOST_STRANGERS: i64 = 10_000;

/// What a ceremony is for. A transaction of one purpose is worth nothing for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The password was right; a second factor is missing.
    SecondFactor,
    /// The challenge for a security key within [`Purpose::SecondFactor`].
    KeyChallenge,
    /// A challenge for whatever passkey a stranger has.
    Passkey,
    AddSecurityKey,
    AddPasskey,
    AddTotp,
}

impl Purpose {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::SecondFactor => "second-factor",
            Self::KeyChallenge => "key-challenge",
            Self::Passkey => "passkey",
            Self::AddSecurityKey => "add-security-key",
            Self::AddPasskey => "add-passkey",
            Self::AddTotp => "add-totp",
        }
    }
}

/// A row of `ceremony`.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Ceremony {
    pub(crate) account: Option<String>,
    pub(crate) session: Option<String>,
    pub(crate) state: String,
}

impl Store {
    /// Begins one, in place of an older one of the same transaction or of the same session and purpose; with `password`
    /// only if that is still the hash of the account's password.
    pub(crate) async fn begin_ceremony(
        &self,
        id: &TokenHash,
        purpose: Purpose,
        ceremony: &Ceremony,
        password: Option<&str>,
        expires: UnixTime,
        now: UnixTime,
    ) -> sqlx::Result<Result<(), Outpaced>> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        if let (Some(account), Some(hash)) = (&ceremony.account, password)
            && !has_password(&mut transaction, account, hash).await?
        {
            return Ok(Err(Outpaced));
        }
        sqlx::query("DELETE FROM ceremony WHERE expires <= $1 OR (session = $2 AND purpose = $3)")
            .bind(now)
            .bind(&ceremony.session)
            .bind(purpose.word())
            .execute(&mut *transaction)
            .await?;
        if purpose == Purpose::Passkey {
            sqlx::query(
                "DELETE FROM ceremony WHERE rowid IN (
                     SELECT rowid FROM ceremony WHERE purpose = $1 ORDER BY expires DESC, rowid DESC LIMIT -1 OFFSET $2
                 )",
            )
            .bind(purpose.word())
            .bind(MOST_STRANGERS - 1)
            .execute(&mut *transaction)
            .await?;
        }
        sqlx::query(
            "INSERT OR REPLACE INTO ceremony (id, purpose, account, session, state, expires)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id)
        .bind(purpose.word())
        .bind(&ceremony.account)
        .bind(&ceremony.session)
        .bind(&ceremony.state)
        .bind(expires)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Ok(()))
    }

    /// Looks at a live one and leaves it.
    pub(crate) async fn peek_ceremony(
        &self,
        id: &TokenHash,
        purpose: Purpose,
        now: UnixTime,
    ) -> sqlx::Result<Option<Ceremony>> {
        sqlx::query_as("SELECT account, session, state FROM ceremony WHERE id = $1 AND purpose = $2 AND expires > $3")
            .bind(id)
            .bind(purpose.word())
            .bind(now)
            .fetch_optional(&self.pool)
            .await
    }

    /// Takes a live one: of several who ask at once, one gets it.
    pub(crate) async fn take_ceremony(
        &self,
        id: &TokenHash,
        purpose: Purpose,
        now: UnixTime,
    ) -> sqlx::Result<Option<Ceremony>> {
        sqlx::query_as(
            "DELETE FROM ceremony WHERE id = $1 AND purpose = $2 AND expires > $3 RETURNING account, session, state",
        )
        .bind(id)
        .bind(purpose.word())
        .bind(now)
        .fetch_optional(&self.pool)
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ambient::Ambient;
    use crate::token::Token;

    const STRANGER: Ceremony = Ceremony { account: None, session: None, state: String::new() };

    /// One who begins ten thousand sign-ins must not keep everybody else from signing in for ten minutes.
    #[tokio::test]
    async fn a_flood_of_passkey_challenges_pushes_out_its_own_oldest() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("db"), b"key").await.unwrap();
        let now = UnixTime(1_000_000);
        let expires = now.plus(600);
        let mut filled = store.pool.begin().await.unwrap();
        for number in 0..MOST_STRANGERS {
            sqlx::query("INSERT INTO ceremony (id, purpose, state, expires) VALUES ($1, 'passkey', '', $2)")
                .bind(number.to_be_bytes().as_slice())
                .bind(expires.plus(number / 1000))
                .execute(&mut *filled)
                .await
                .unwrap();
        }
        filled.commit().await.unwrap();

        let token = Token::random(&Ambient::system()).hash();
        let later = expires.plus(60);
        store.begin_ceremony(&token, Purpose::Passkey, &STRANGER, None, later, now).await.unwrap().unwrap();
        let count = "SELECT count(*) FROM ceremony";
        assert_eq!(sqlx::query_scalar::<_, i64>(count).fetch_one(&store.pool).await.unwrap(), MOST_STRANGERS);
        let oldest = sqlx::query("SELECT * FROM ceremony WHERE id = $1").bind(vec![0_u8; 8]);
        let oldest = oldest.fetch_optional(&store.pool).await.unwrap();
        assert!(oldest.is_none(), "the first to come is the first to go");
        assert!(store.take_ceremony(&token, Purpose::Passkey, now).await.unwrap().is_some());
    }
}
