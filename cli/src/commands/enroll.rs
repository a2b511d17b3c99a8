//! `fob enroll`: signs in as far as that is needed, then enrols a key, a passkey or one-time codes.

use fob_bus::ErrorKind;
use fob_bus::types::AddOptions;
use serde::Serialize;
use serde_json::{Value, json};

use super::otp::code::{Wanted, fetch};
use crate::answer::Answer;
use crate::args::site::{Enroll, Second};
use crate::ceremony::Kind;
use crate::daemon::Daemon;
use crate::secret::Secret;
use crate::server::{Account, Session};
use crate::text::{account, shown};
use crate::visit::Visit;
use crate::{Failure, World};

/// What to do when the vault has such an account.
const NOT_TWICE: &str =
    "nothing was changed; if the old account is of no use any more, remove it first: `fob otp remove`";

/// What is enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    SecurityKey,
    Passkey,
    Totp,
}

impl What {
    const fn of(args: &Enroll) -> Self {
        match (args.code, args.passkey) {
            (true, _) => Self::Totp,
            (false, true) => Self::Passkey,
            (false, false) => Self::SecurityKey,
        }
    }

    const fn shown(self) -> &'static str {
        match self {
            Self::SecurityKey => "security key",
            Self::Passkey => "passkey",
            Self::Totp => "one-time codes",
        }
    }
}

#[derive(Serialize)]
struct Enrolled {
    origin: String,
    enrolled: What,
    /// What the server calls the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// What the account with the codes is called in the vault. The server chose that name.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_as: Option<String>,
    account: Account,
}

/// What came of it, besides the account at the server.
#[derive(Default)]
struct Names {
    name: Option<String>,
    kept_as: Option<String>,
}

impl Answer for Enrolled {
    const SCHEMA: &'static str = "fob.enroll/1";

    fn words(&self) -> String {
        let name = self.name.as_deref().map_or(String::new(), |name| format!(" \"{}\"", shown(name)));
        let user = shown(&self.account.username);
        let kept = self.kept_as.as_deref().map_or(String::new(), |label| format!(", kept as {}", shown(label)));
        let head = format!("Enrolled: {}{name} for {user} at {}{kept}.\n", self.enrolled.shown(), self.origin);
        format!("{head}{user} has there:\n{}", self.account.checklist())
    }
}

pub(super) async fn run(args: Enroll, world: &mut World) -> Result<(), Failure> {
    let what = What::of(&args);
    let second = Second::new(args.with, args.account)?;
    let mut visit = Visit::begin(&args.url, args.means, Kind::Create, world).await?;
    // Whatever can be missing here is found before anything happens there.
    if what == What::Totp {
        visit.open_vault(world).await?;
    } else {
        visit.daemon(world).await?;
    }
    let session = if args.create {
        visit.register(world, &args.user).await?
    } else {
        visit.sign_in(world, &args.user, &second).await?
    };
    let outcome = match what {
        What::SecurityKey => key(&mut visit, world, &session, "account/security-keys", args.name).await,
        What::Passkey => key(&mut visit, world, &session, "account/passkeys", args.name).await,
        What::Totp => codes(&mut visit, world, &session).await,
    };
    let enrolled = match outcome {
        Ok(names) => visit.server.account(&session).await.map(|account| (names, account)),
        Err(failure) => Err(failure),
    };
    visit.server.sign_out(session, world).await;
    let (Names { name, kept_as }, account) = enrolled?;
    if account.hangs_on_one_thing() {
        world.note(
            "note: nothing else is set up there; enrol a second key or one-time codes, in case you lose this one",
        );
    }
    world.answer(&Enrolled { origin: visit.server.origin().to_owned(), enrolled: what, name, kept_as, account })
}

/// A credential of the key; gives the name that the server keeps it under.
async fn key(
    visit: &mut Visit,
    world: &mut World,
    session: &Session,
    path: &str,
    name: Option<String>,
) -> Result<Names, Failure> {
    let reply = visit.server.post(&format!("{path}/options"), Some(session), &json!({})).await?;
    let transaction = reply.needed_text("transaction")?.to_owned();
    let credential = visit.ceremony(world, Kind::Create, reply.needed("publicKey")?.clone()).await?;
    let mut body = json!({ "transaction": transaction, "credential": credential });
    if let (Some(name), Some(members)) = (name, body.as_object_mut()) {
        members.insert("name".to_owned(), Value::String(name));
    }
    let entry = visit.server.post(path, Some(session), &body).await?;
    let name = Some(entry.text("name").to_owned()).filter(|name| !name.is_empty());
    Ok(Names { name, ..Names::default() })
}

/// The server's seed goes straight into the vault, bound to the origin that the person typed, and a code from there
/// confirms it. If the server does not take the code, the seed goes again.
async fn codes(visit: &mut Visit, world: &mut World, session: &Session) -> Result<Names, Failure> {
    let reply = visit.server.post("account/totp/options", Some(session), &json!({})).await?;
    let transaction = reply.needed_text("transaction")?;
    let uri = Secret::from_text(reply.needed_text("uri")?.to_owned().into());
    // The server chose the name as well: one that the person knows for another account is refused.
    let options =
        AddOptions { site: Some(visit.server.origin().to_owned()), unique: Some(true), ..AddOptions::default() };
    let added = visit.daemon(world).await?.otp().await?.add(uri.pipe()?.into(), options).await.map_err(|error| {
        let refused = error.kind == ErrorKind::InvalidInput;
        let failure = Failure::from(error);
        if refused { failure.hint(NOT_TWICE) } else { failure }
    })?;
    for warning in &added.warnings {
        world.note(&format!("note: {}", shown(warning)));
    }
    let confirmed = confirm(visit, world, session, transaction, &added.id).await;
    if confirmed.is_err() && forget(visit.daemon(world).await?, &added.id).await.is_err() {
        world.note("note: the account that was not confirmed is still in the vault: see `fob otp list`");
    }
    confirmed.map(|()| Names { kept_as: Some(account(&added.issuer, &added.name)), ..Names::default() })
}

async fn confirm(
    visit: &mut Visit,
    world: &mut World,
    session: &Session,
    transaction: &str,
    id: &str,
) -> Result<(), Failure> {
    let site = visit.server.origin().to_owned();
    let wanted = Wanted { site: Some(&site), ..Wanted::default() };
    let (_, code) = fetch(visit.daemon(world).await?, id, wanted).await?;
    let body = json!({ "transaction": transaction, "code": *code });
    visit.server.post("account/totp", Some(session), &body).await.map(|_| ())
}

async fn forget(daemon: &Daemon, id: &str) -> Result<(), Failure> {
    daemon.otp().await?.remove(id, id).await?;
    Ok(())
}
