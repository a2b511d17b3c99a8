//! One-time codes: TOTP (RFC 6238) with SHA-1, six digits and 30 seconds, which is what every app can do.
//!
//! A code of the step before and after counts too, for clocks that are a little off (RFC 6238 §5.2), and each step is
//! accepted once: the same or an older one is refused from then on.

use data_encoding::{BASE32_NOPAD, BASE64};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use totp_rs::{Builder, Totp};
use zeroize::Zeroizing;

use crate::app::App;
use crate::flow::session::SignedIn;
use crate::flow::transaction::{parse, state_of};
use crate::lockout::Kind;
use crate::problem::Problem;
use crate::store::accounts::Account;
use crate::store::ceremonies::Purpose;
use crate::token::Token;

/// Length of a seed in bytes, as RFC 4226 §4 recommends.
const SEED_LENGTH: usize = 20;

/// A seed that waits for its first code, sealed.
#[derive(Serialize, Deserialize)]
struct Unconfirmed {
    seed: String,
}

/// A seed on its way into an authenticator app. Shown to its owner only.
pub(crate) struct Enrolment {
    pub(crate) transaction: Token,
    /// `otpauth://totp/…`
    pub(crate) uri: Zeroizing<String>,
    /// The seed in base32, for typing.
    pub(crate) secret: Zeroizing<String>,
}

impl App {
    /// A new seed, good once a code of it has come back.
    pub(crate) async fn add_totp_options(&self, who: &SignedIn) -> Result<Enrolment, Problem> {
        self.require_fresh(who)?;
        if self.store.totp_seed(&who.account.id).await?.is_some() {
            return Err(Problem::AlreadySetUp("One-time codes are"));
        }
        let seed = Zeroizing::new(self.ambient.bytes::<SEED_LENGTH>());
        let transaction = Token::random(&self.ambient);
        let sealed = self.keys.seal(&self.ambient, &who.account.id, &*seed);
        let state = Unconfirmed { seed: BASE64.encode(&sealed) };
        self.begin(&transaction, Purpose::AddTotp, Some(&who.account.id), Some(who), &state).await?;
        Ok(self.enrolment(who, transaction, &*seed))
    }

    /// The seed of an enrolment that is under way, to be shown once more.
    pub(crate) async fn open_totp_enrolment(&self, who: &SignedIn, transaction: &str) -> Result<Enrolment, Problem> {
        let (token, _, seed) = self.unconfirmed(who, transaction).await?;
        Ok(self.enrolment(who, token, &seed))
    }

    /// The first code of the new seed. A wrong one leaves the enrolment open; whoever types it knows the seed.
    pub(crate) async fn add_totp(&self, who: &SignedIn, transaction: &str, code: &str) -> Result<(), Problem> {
        self.require_fresh(who)?;
        let (token, sealed, seed) = self.unconfirmed(who, transaction).await?;
        let step = self.step_of(&seed, code)?.ok_or(Problem::WrongCode(Kind::Totp))?;
        let taken = self.store.take_ceremony(&token.hash(), Purpose::AddTotp, self.now()).await?;
        taken.ok_or(Problem::TransactionExpired)?;
        let added = self.store.add_totp(&who.account.id, &sealed, step, self.now()).await?;
        added.map_err(|_| Problem::AlreadySetUp("One-time codes are"))?;
        tracing::info!(account = who.account.id, "one-time codes set up");
        Ok(())
    }

    /// No more one-time codes.
    pub(crate) async fn remove_totp(&self, who: &SignedIn) -> Result<(), Problem> {
        self.require_fresh(who)?;
        if !self.store.remove_totp(&who.account.id).await? {
            return Err(Problem::NotFound);
        }
        tracing::info!(account = who.account.id, "one-time codes removed");
        Ok(())
    }

    /// Spends a code of the account.
    pub(crate) async fn spend_totp(&self, account: &Account, code: &str) -> Result<(), Problem> {
        let sealed = self.store.totp_seed(&account.id).await?.ok_or(Problem::WrongCode(Kind::Totp))?;
        let seed = self.keys.unseal(&account.id, &sealed).map_err(Problem::server)?;
        let step = self.step_of(&seed, code)?.ok_or(Problem::WrongCode(Kind::Totp))?;
        if !self.store.spend_totp_step(&account.id, step).await? {
            return Err(Problem::CodeUsed(Kind::Totp));
        }
        Ok(())
    }

    async fn unconfirmed(
        &self,
        who: &SignedIn,
        transaction: &str,
    ) -> Result<(Token, Vec<u8>, Zeroizing<Vec<u8>>), Problem> {
        let token = parse(transaction)?;
        let open = self.store.peek_ceremony(&token.hash(), Purpose::AddTotp, self.now()).await?;
        let open = open.filter(|open| open.session.as_deref() == Some(&*who.session.id));
        let state: Unconfirmed = state_of(&open.ok_or(Problem::TransactionExpired)?)?;
        let sealed = BASE64.decode(state.seed.as_bytes()).map_err(Problem::server)?;
        let seed = self.keys.unseal(&who.account.id, &sealed).map_err(Problem::server)?;
        Ok((token, sealed, seed))
    }

    fn enrolment(&self, who: &SignedIn, transaction: Token, seed: &[u8]) -> Enrolment {
        let secret = Zeroizing::new(BASE32_NOPAD.encode(seed));
        let issuer = utf8_percent_encode(self.settings.name(), NON_ALPHANUMERIC);
        let account = utf8_percent_encode(&who.account.username, NON_ALPHANUMERIC);
        let uri = Zeroizing::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period=30",
            *secret
        ));
        Enrolment { transaction, uri, secret }
    }

    /// The step whose code this is, among the one of now and its neighbours.
    fn step_of(&self, seed: &[u8], code: &str) -> Result<Option<i64>, Problem> {
        let digits = Zeroizing::new(code.chars().filter(|c| !matches!(c, ' ' | '-')).collect::<String>());
        let now = u64::try_from(self.now().0).unwrap_or_default();
        let step = totp(seed)?.check(&digits, now);
        Ok(step.and_then(|step| i64::try_from(step).ok()))
    }
}

fn totp(seed: &[u8]) -> Result<Totp, Problem> {
    Builder::new().with_secret(seed).build().map_err(Problem::server)
}
