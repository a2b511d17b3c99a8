//! Sign-in with a passkey alone: the authenticator says who it is, and has verified the person.

use webauthn_rs::prelude::{DiscoverableAuthentication, PublicKeyCredential, RequestChallengeResponse};

use crate::app::App;
use crate::flow::session::{Agent, Means, NewSession};
use crate::flow::transaction::{parse, state_of};
use crate::problem::Problem;
use crate::store::ceremonies::Purpose;
use crate::store::sessions::Condition;
use crate::token::Token;

impl App {
    /// A challenge for whatever passkey a stranger has.
    pub(crate) async fn passkey_challenge(&self) -> Result<(Token, RequestChallengeResponse), Problem> {
        let (mut options, state) = self.webauthn.start_discoverable_authentication().map_err(Problem::server)?;
        // webauthn-rs thinks of autofill only; whether it is that, or a button, is for the page to say.
        options.mediation = None;
        let transaction = Token::random(&self.ambient);
        self.begin(&transaction, Purpose::Passkey, None, None, &state).await?;
        Ok((transaction, options))
    }

    /// Signs in with a passkey.
    pub(crate) async fn passkey_step(
        &self,
        transaction: &str,
        credential: &PublicKeyCredential,
        agent: &Agent,
    ) -> Result<NewSession, Problem> {
        let token = parse(transaction)?;
        let open = self.store.take_ceremony(&token.hash(), Purpose::Passkey, self.now()).await?;
        let state: DiscoverableAuthentication = state_of(&open.ok_or(Problem::TransactionExpired)?)?;
        let account = self.verify_passkey(credential, state).await?;
        let session = self.begin_session(account, Means::Passkey, agent, Condition::None).await?;
        session.ok_or(Problem::TransactionExpired)
    }
}
