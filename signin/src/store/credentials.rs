//! Security keys and passkeys.

use super::Store;
use crate::ambient::UnixTime;

/// Which of the two a credential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CredentialKind {
    /// A second factor after the password.
    SecurityKey,
    /// Signs in alone: possession and user verification in one.
    Passkey,
}

impl CredentialKind {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::SecurityKey => "security-key",
            Self::Passkey => "passkey",
        }
    }
}

/// A row of `credential`.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct StoredCredential {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) credential_id: Vec<u8>,
    pub(crate) name: String,
    /// JSON of webauthn-rs.
    pub(crate) public: String,
    pub(crate) counter: i64,
    pub(crate) synced: bool,
    pub(crate) created: UnixTime,
    pub(crate) last_used: Option<UnixTime>,
}

/// That credential id is here already.
#[derive(Debug)]
pub(crate) struct Known;

impl Store {
    /// Adds one.
    pub(crate) async fn add_credential(
        &self,
        kind: CredentialKind,
        credential: &StoredCredential,
    ) -> sqlx::Result<Result<(), Known>> {
        let added = sqlx::query(
            "INSERT INTO credential (id, account, kind, credential_id, name, public, counter, synced, created)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (credential_id) DO NOTHING",
        )
        .bind(&credential.id)
        .bind(&credential.account)
        .bind(kind.word())
        .bind(&credential.credential_id)
        .bind(&credential.name)
        .bind(&credential.public)
        .bind(credential.counter)
        .bind(credential.synced)
        .bind(credential.created)
        .execute(&self.pool)
        .await?;
        Ok(if added.rows_affected() > 0 { Ok(()) } else { Err(Known) })
    }

    /// Those of an account, oldest first.
    pub(crate) async fn credentials(&self, kind: CredentialKind, account: &str) -> sqlx::Result<Vec<StoredCredential>> {
        sqlx::query_as("SELECT * FROM credential WHERE account = $1 AND kind = $2 ORDER BY created, id")
            .bind(account)
            .bind(kind.word())
            .fetch_all(&self.pool)
            .await
    }

    /// By the id that the authenticator gave it.
    pub(crate) async fn credential(
        &self,
        kind: CredentialKind,
        credential_id: &[u8],
    ) -> sqlx::Result<Option<StoredCredential>> {
        sqlx::query_as("SELECT * FROM credential WHERE credential_id = $1 AND kind = $2")
            .bind(credential_id)
            .bind(kind.word())
            .fetch_optional(&self.pool)
            .await
    }

    /// Whether anybody has enrolled it, as whatever.
    pub(crate) async fn knows_credential(&self, credential_id: &[u8]) -> sqlx::Result<bool> {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM credential WHERE credential_id = $1)")
            .bind(credential_id)
            .fetch_one(&self.pool)
            .await
    }

    /// Notes a use and the new counter. `false` when the counter did not grow since, or the credential is gone: of two
    /// uses with the same count, one wins. Counters that stay zero are not counted (WebAuthn Level 3 §6.1.1).
    pub(crate) async fn use_credential(
        &self,
        id: &str,
        public: &str,
        counter: i64,
        now: UnixTime,
    ) -> sqlx::Result<bool> {
        let used = sqlx::query(
            "UPDATE credential SET public = $2, counter = $3, last_used = $4
             WHERE id = $1 AND (counter < $3 OR (counter = 0 AND $3 = 0))",
        )
        .bind(id)
        .bind(public)
        .bind(counter)
        .bind(now)
        .execute(&self.pool)
        .await?;
        Ok(used.rows_affected() > 0)
    }

    /// Another name.
    pub(crate) async fn rename_credential(
        &self,
        kind: CredentialKind,
        account: &str,
        id: &str,
        name: &str,
    ) -> sqlx::Result<Option<StoredCredential>> {
        sqlx::query_as("UPDATE credential SET name = $4 WHERE id = $1 AND account = $2 AND kind = $3 RETURNING *")
            .bind(id)
            .bind(account)
            .bind(kind.word())
            .bind(name)
            .fetch_optional(&self.pool)
            .await
    }

    /// Removes one; `false` when the account has none by that id.
    pub(crate) async fn remove_credential(&self, kind: CredentialKind, account: &str, id: &str) -> sqlx::Result<bool> {
        let removed = sqlx::query("DELETE FROM credential WHERE id = $1 AND account = $2 AND kind = $3")
            .bind(id)
            .bind(account)
            .bind(kind.word())
            .execute(&self.pool)
            .await?;
        Ok(removed.rows_affected() > 0)
    }
}
