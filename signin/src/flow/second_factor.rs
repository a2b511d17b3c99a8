//! The second step of a sign-in: security key, one-time code or backup code.

use serde::{Deserialize, Serialize};
use webauthn_rs::prelude::{PublicKeyCredential, RequestChallengeResponse, SecurityKeyAuthentication};

use crate::app::App;
use crate::flow::session::{Agent, Means, NewSession};
use crate::flow::transaction::{parse, state_of};
use crate::lockout::Kind;
use crate::problem::Problem;
use crate::store::accounts::Account;
use crate::store::backup_codes::Spent;
use crate::store::ceremonies::Purpose;
use crate::store::credentials::CredentialKind;
use crate::store::sessions::Condition;
use crate::token::Token;

/// A second factor that is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SecondFactor {
    SecurityKey,
    Totp,
    BackupCode,
}

/// A sign-in whose password was right.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Waiting {
    pub(crate) username: String,
}

impl App {
    /// The second factors of an account, best first.
    pub(crate) async fn second_factors(&self, account: &str) -> Result<Vec<SecondFactor>, Problem> {
        let keys = self.store.credentials(CredentialKind::SecurityKey, account).await?;
        let totp = self.store.totp_seed(account).await?;
        // Backup codes alone would lock somebody out after the tenth sign-in: they only stand in for another factor.
        if keys.is_empty() && totp.is_none() {
            return Ok(Vec::new());
        }
        let codes = self.store.backup_codes_left(account).await?;
        let all = [
            (!keys.is_empty(), SecondFactor::SecurityKey),
            (totp.is_some(), SecondFactor::Totp),
            (codes > 0, SecondFactor::BackupCode),
        ];
        Ok(all.into_iter().filter_map(|(there, factor)| there.then_some(factor)).collect())
    }

    /// The account that waits in a transaction.
    pub(crate) async fn waiting(&self, transaction: &str) -> Result<(Token, Account), Problem> {
        let token = parse(transaction)?;
        let ceremony = self.store.peek_ceremony(&token.hash(), Purpose::SecondFactor, self.now()).await?;
        let account = ceremony.and_then(|ceremony| ceremony.account).ok_or(Problem::TransactionExpired)?;
        let account = self.store.account(&account).await?.ok_or(Problem::TransactionExpired)?;
        Ok((token, account))
    }

    /// A challenge for the security keys of the account. A newer one replaces an older one.
    pub(crate) async fn key_challenge(&self, transaction: &str) -> Result<RequestChallengeResponse, Problem> {
        let (token, account) = self.waiting(transaction).await?;
        let keys = self.security_keys(&account.id).await?;
        if keys.is_empty() {
            return Err(Problem::CredentialRefused("this account has no security key"));
        }
        let (options, state) = self.webauthn.start_securitykey_authentication(&keys).map_err(Problem::server)?;
        self.begin(&token, Purpose::KeyChallenge, Some(&account.id), None, &state).await?;
        Ok(options)
    }

    /// Signs in with a security key.
    pub(crate) async fn key_step(
        &self,
        transaction: &str,
        credential: &PublicKeyCredential,
        agent: &Agent,
    ) -> Result<NewSession, Problem> {
        let (token, account) = self.waiting(transaction).await?;
        let open = self.store.take_ceremony(&token.hash(), Purpose::KeyChallenge, self.now()).await?;
        let state: SecurityKeyAuthentication = state_of(&open.ok_or(Problem::TransactionExpired)?)?;
        self.verify_security_key(&account, credential, &state).await?;
        self.finish(&token, account, Means::PasswordAndSecurityKey, agent).await
    }

    /// Signs in with a one-time code.
    pub(crate) async fn totp_step(&self, transaction: &str, code: &str, agent: &Agent) -> Result<NewSession, Problem> {
        let (token, account) = self.waiting(transaction).await?;
        let subject = self.count_code(&account, Kind::Totp).await?;
        self.spend_totp(&account, code).await?;
        self.store.forget_tries(&subject, Kind::Totp).await?;
        self.finish(&token, account, Means::PasswordAndTotp, agent).await
    }

    /// Signs in with a backup code.
    pub(crate) async fn backup_code_step(
        &self,
        transaction: &str,
        code: &str,
        agent: &Agent,
    ) -> Result<NewSession, Problem> {
        let (token, account) = self.waiting(transaction).await?;
        let subject = self.count_code(&account, Kind::BackupCode).await?;
        match self.spend_backup_code(&account, code).await? {
            Spent::Now => {}
            Spent::Before => return Err(Problem::CodeUsed(Kind::BackupCode)),
            Spent::Unknown => return Err(Problem::WrongCode(Kind::BackupCode)),
        }
        self.store.forget_tries(&subject, Kind::BackupCode).await?;
        self.finish(&token, account, Means::PasswordAndBackupCode, agent).await
    }

    /// Counts a try at a code, or refuses it.
    async fn count_code(&self, account: &Account, kind: Kind) -> Result<Vec<u8>, Problem> {
        let subject = self.keys.name_hash(&account.username);
        let counted = self.store.count_try(&subject, kind, self.now()).await?;
        counted.map_err(|locked| Problem::LockedOut(kind, locked))?;
        Ok(subject)
    }

    /// Ends the transaction and begins the session in one: of two who finish at once, one gets it, and of a change of
    /// password and a sign-in with the old one, the change.
    async fn finish(
        &self,
        token: &Token,
        account: Account,
        means: Means,
        agent: &Agent,
    ) -> Result<NewSession, Problem> {
        let session = self.begin_session(account, means, agent, Condition::Waits(&token.hash())).await?;
        session.ok_or(Problem::TransactionExpired)
    }
}
