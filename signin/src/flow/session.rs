//! Sessions: how they begin, who a request comes from, and when somebody has to sign in again.

use crate::app::App;
use crate::problem::Problem;
use crate::store::accounts::Account;
use crate::store::sessions::{Condition, Outpaced, Session};
use crate::token::{Token, public_id};

/// Seconds after which a session ends, used or not.
const LIFETIME: i64 = 30 * 86_400;

/// Seconds between two notes that a session is in use: a write for every click would help nobody.
const TOUCH_EVERY: i64 = 60;

/// Seconds within which one must have signed in to change how one signs in.
pub(crate) const FRESH_FOR: i64 = 600;

/// How somebody signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Means {
    Password,
    PasswordAndSecurityKey,
    PasswordAndTotp,
    PasswordAndBackupCode,
    Passkey,
}

impl Means {
    /// The words of the API, with a space between.
    const fn words(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::PasswordAndSecurityKey => "password security-key",
            Self::PasswordAndTotp => "password totp",
            Self::PasswordAndBackupCode => "password backup-code",
            Self::Passkey => "passkey",
        }
    }
}

/// What the client calls itself, made fit for a list: printable, at most 200 characters.
#[derive(Debug, Clone)]
pub(crate) struct Agent(String);

impl Agent {
    pub(crate) fn new(header: &str) -> Self {
        let text: String = header.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(200).collect();
        Self(if text.trim().is_empty() { "unknown".to_owned() } else { text })
    }
}

/// A session that has just begun, with the only copy of its token.
#[derive(Debug)]
pub(crate) struct NewSession {
    pub(crate) token: Token,
    pub(crate) who: SignedIn,
}

/// Who a request comes from.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) account: Account,
    pub(crate) session: Session,
}

impl App {
    /// Begins a session; none when the condition holds no longer.
    pub(crate) async fn begin_session(
        &self,
        account: Account,
        means: Means,
        agent: &Agent,
        condition: Condition<'_>,
    ) -> Result<Option<NewSession>, Problem> {
        let now = self.now();
        let token = Token::random(&self.ambient);
        let session = Session {
            id: public_id(&self.ambient),
            account: account.id.clone(),
            means: means.words().to_owned(),
            agent: agent.0.clone(),
            created: now,
            last_seen: now,
            expires: now.plus(LIFETIME),
        };
        if self.store.add_session(&token.hash(), &session, condition).await? == Err(Outpaced) {
            return Ok(None);
        }
        tracing::info!(account = account.id, session = session.id, with = session.means, "signed in");
        Ok(Some(NewSession { token, who: SignedIn { account, session } }))
    }

    /// Who holds this token.
    pub(crate) async fn who(&self, token: &Token) -> Result<SignedIn, Problem> {
        let now = self.now();
        let session = self.store.session(&token.hash(), now).await?.ok_or(Problem::NotSignedIn)?;
        if now.since(session.last_seen) >= TOUCH_EVERY {
            self.store.touch_session(&session.id, now).await?;
        }
        let account = self.store.account(&session.account).await?.ok_or(Problem::NotSignedIn)?;
        Ok(SignedIn { account, session })
    }

    /// Refuses when the sign-in is too long ago for changing how one signs in. A clock that went back does not make a
    /// session fresh for longer: the future is not within the last ten minutes either.
    pub(crate) fn require_fresh(&self, who: &SignedIn) -> Result<(), Problem> {
        if (0..=FRESH_FOR).contains(&self.now().since(who.session.created)) {
            return Ok(());
        }
        Err(Problem::StepUpRequired { max_age: FRESH_FOR })
    }

    /// Ends one of somebody's own sessions.
    pub(crate) async fn end_session(&self, who: &SignedIn, id: &str) -> Result<(), Problem> {
        if !self.store.end_session(&who.account.id, id).await? {
            return Err(Problem::NotFound);
        }
        tracing::info!(account = who.account.id, session = id, "session ended");
        Ok(())
    }
}
