//! Registration, the password step of a sign-in, and change of password.
//!
//! Whether a user exists shows nowhere but in registration, which cannot say "taken" otherwise: an unknown name is
//! hashed against a decoy on the same queue, counted for lockout the same way, and gets the same answer. Which second
//! factors there are is told only after the right password, so unknown names need no made-up ones.

use uuid::Builder;

use crate::app::App;
use crate::flow::second_factor::{SecondFactor, Waiting};
use crate::flow::session::{Agent, Means, NewSession, SignedIn};
use crate::hashing::Verdict;
use crate::lockout::Kind;
use crate::password::Password;
use crate::problem::Problem;
use crate::store::accounts::{Account, NotChanged};
use crate::store::ceremonies::Purpose;
use crate::store::sessions::Condition;
use crate::token::Token;
use crate::username::{Username, fold};

/// What the right password leads to.
#[derive(Debug)]
pub(crate) enum PasswordStep {
    /// Signed in: there is no second factor.
    Done(NewSession),
    /// A second factor is wanted.
    More { transaction: Token, factors: Vec<SecondFactor> },
}

/// A password that was right for this hash. By the time something comes of it the account may have another: whatever is
/// stored for it is stored on the condition that it has not.
struct Verified {
    account: Account,
    hash: String,
}

impl App {
    /// A new account, signed in.
    pub(crate) async fn register(
        &self,
        username: &str,
        password: Password,
        agent: &Agent,
    ) -> Result<NewSession, Problem> {
        let username = Username::parse(username).ok_or_else(|| {
            Problem::invalid("a user name has 1 to 64 characters: small letters a to z, digits and . _ - + @")
        })?;
        password.check(&username).map_err(Problem::WeakPassword)?;
        if self.store.account_by_name(username.as_str()).await?.is_some() {
            return Err(Problem::UsernameTaken);
        }
        let hash = self.hashes.enter()?.hash(password, self.ambient.bytes()).await;
        let id = Builder::from_random_bytes(self.ambient.bytes()).into_uuid();
        let account = self.store.add_account(id, &username, &hash, self.now()).await?;
        let account = account.map_err(|_| Problem::UsernameTaken)?;
        tracing::info!(account = account.id, "registered");
        let session = self.begin_session(account, Means::Password, agent, Condition::Password(&hash)).await?;
        session.ok_or(Problem::WrongCredentials)
    }

    /// The first step of a sign-in.
    pub(crate) async fn password_step(
        &self,
        username: &str,
        password: Password,
        agent: &Agent,
    ) -> Result<PasswordStep, Problem> {
        let account = match Username::parse(username) {
            Some(username) => self.store.account_by_name(username.as_str()).await?,
            None => None,
        };
        let verified = self.check_password(username, account, password).await?;
        self.go_on(verified, agent).await
    }

    /// What the right password leads to, if it is still the right one.
    async fn go_on(&self, verified: Verified, agent: &Agent) -> Result<PasswordStep, Problem> {
        let Verified { account, hash } = verified;
        let factors = self.second_factors(&account.id).await?;
        if factors.is_empty() {
            let session = self.begin_session(account, Means::Password, agent, Condition::Password(&hash)).await?;
            return session.map(PasswordStep::Done).ok_or(Problem::WrongCredentials);
        }
        let transaction = Token::random(&self.ambient);
        let waiting = Waiting { username: account.username.clone() };
        let (purpose, id) = (Purpose::SecondFactor, Some(account.id.as_str()));
        self.begin_if(&transaction, purpose, id, None, &waiting, Some(&hash)).await?;
        Ok(PasswordStep::More { transaction, factors })
    }

    /// Another password; all other sessions end.
    pub(crate) async fn change_password(
        &self,
        who: &SignedIn,
        current: Password,
        new: Password,
    ) -> Result<(), Problem> {
        self.require_fresh(who)?;
        let username = Username::parse(&who.account.username).ok_or(Problem::Server)?;
        new.check(&username).map_err(Problem::WeakPassword)?;
        let verified = self.check_password(username.as_str(), Some(who.account.clone()), current).await?;
        self.replace(who, verified, new).await
    }

    /// Another password instead of the one that was right, and of no other.
    async fn replace(&self, who: &SignedIn, verified: Verified, new: Password) -> Result<(), Problem> {
        let Verified { account, hash: old } = verified;
        let new = self.hashes.enter()?.hash(new, self.ambient.bytes()).await;
        let changed = self.store.change_password(&account.id, &old, &new, &who.session.id).await?;
        changed.map_err(|reason| match reason {
            NotChanged::AnotherPassword => Problem::WrongCredentials,
            NotChanged::SessionEnded => Problem::NotSignedIn,
        })?;
        tracing::info!(account = account.id, "password changed");
        Ok(())
    }

    /// Compares a password, or pretends to; gives the account, and the hash it was right for.
    async fn check_password(
        &self,
        typed: &str,
        account: Option<Account>,
        password: Password,
    ) -> Result<Verified, Problem> {
        let place = self.hashes.enter()?;
        let subject = self.keys.name_hash(&fold(typed));
        let now = self.now();
        let counted = self.store.count_try(&subject, Kind::Password, now).await?;
        counted.map_err(|locked| Problem::LockedOut(Kind::Password, locked))?;
        let stored = match &account {
            Some(account) => self.store.password_hash(&account.id).await?,
            None => None,
        };
        let verdict = place.verify(password, stored.clone(), self.ambient.bytes()).await;
        let (Verdict::Right(renewed), Some(account), Some(stored)) = (verdict, account, stored) else {
            return Err(Problem::WrongCredentials);
        };
        self.store.forget_tries(&subject, Kind::Password).await?;
        let hash = match renewed {
            Some(renewed) if self.store.renew_hash(&account.id, &stored, &renewed).await? => renewed,
            _ => stored,
        };
        Ok(Verified { account, hash })
    }
}

#[cfg(test)]
mod tests;
