//! What is under way: sign-ins that wait for a second factor, open challenges, seeds not yet confirmed.
//!
//! All of it stays on the server and dies by being used, so nothing can be replayed.

use super::Store;
use crate::ambient::UnixTime;
use crate::token::TokenHash;

/// Most sign-ins by passkey that may be open at a time: they cost a stranger nothing, so their number is bounded.
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
    const fn word(self) -> &'static str {
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

/// Too many are open.
#[derive(Debug)]
pub(crate) struct Crowded;

impl Store {
    /// Begins one, in place of an older one of the same transaction or of the same session and purpose.
    pub(crate) async fn begin_ceremony(
        &self,
        id: &TokenHash,
        purpose: Purpose,
        ceremony: &Ceremony,
        expires: UnixTime,
        now: UnixTime,
    ) -> sqlx::Result<Result<(), Crowded>> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("DELETE FROM ceremony WHERE expires <= $1 OR (session = $2 AND purpose = $3)")
            .bind(now)
            .bind(&ceremony.session)
            .bind(purpose.word())
            .execute(&mut *transaction)
            .await?;
        if purpose == Purpose::Passkey {
            let open: i64 = sqlx::query_scalar("SELECT count(*) FROM ceremony WHERE purpose = $1")
                .bind(purpose.word())
                .fetch_one(&mut *transaction)
                .await?;
            if open >= MOST_STRANGERS {
                return Ok(Err(Crowded));
            }
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
