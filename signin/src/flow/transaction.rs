//! Transactions: what a client holds while a ceremony is under way.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::flow::session::SignedIn;
use crate::problem::Problem;
use crate::store::ceremonies::{Ceremony, Purpose};
use crate::store::sessions::Outpaced;
use crate::token::Token;

/// Seconds a ceremony may take. Longer than the five minutes that browsers give a WebAuthn request.
pub(crate) const LIFETIME: i64 = 600;

/// A transaction as a client sends it.
pub(crate) fn parse(transaction: &str) -> Result<Token, Problem> {
    Token::parse(transaction).ok_or(Problem::TransactionExpired)
}

impl App {
    /// Begins a ceremony and keeps its state; `token` names it.
    pub(crate) async fn begin<S: Serialize>(
        &self,
        token: &Token,
        purpose: Purpose,
        account: Option<&str>,
        who: Option<&SignedIn>,
        state: &S,
    ) -> Result<(), Problem> {
        // Without a password to be still right nothing can have changed.
        self.begin_if(token, purpose, account, who, state, None).await
    }

    /// The same, unless `password` is no longer the hash of the account's password.
    pub(crate) async fn begin_if<S: Serialize>(
        &self,
        token: &Token,
        purpose: Purpose,
        account: Option<&str>,
        who: Option<&SignedIn>,
        state: &S,
        password: Option<&str>,
    ) -> Result<(), Problem> {
        let ceremony = Ceremony {
            account: account.map(str::to_owned),
            session: who.map(|who| who.session.id.clone()),
            state: serde_json::to_string(state).map_err(Problem::server)?,
        };
        let now = self.now();
        let (id, expires) = (token.hash(), now.plus(LIFETIME));
        let begun = self.store.begin_ceremony(&id, purpose, &ceremony, password, expires, now).await?;
        begun.map_err(|Outpaced| Problem::WrongCredentials)
    }

    /// Takes a ceremony that belongs to a session: it can be finished in that session only, and once.
    pub(crate) async fn take_own<S: DeserializeOwned>(
        &self,
        transaction: &str,
        purpose: Purpose,
        who: &SignedIn,
    ) -> Result<S, Problem> {
        let hash = parse(transaction)?.hash();
        // Looked at first, so that a stranger who learnt the transaction cannot end it.
        let seen = self.store.peek_ceremony(&hash, purpose, self.now()).await?;
        if seen.is_none_or(|seen| seen.session.as_deref() != Some(&*who.session.id)) {
            return Err(Problem::TransactionExpired);
        }
        let taken = self.store.take_ceremony(&hash, purpose, self.now()).await?.ok_or(Problem::TransactionExpired)?;
        state_of(&taken)
    }
}

/// The state that a ceremony kept.
pub(crate) fn state_of<S: DeserializeOwned>(ceremony: &Ceremony) -> Result<S, Problem> {
    serde_json::from_str(&ceremony.state).map_err(Problem::server)
}
