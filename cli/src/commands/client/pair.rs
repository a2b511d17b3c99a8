//! `fob client pair`: a token for a program that asks over loopback HTTP, made by whoever sets that program up. fobd asks
//! the person. The token is shown once, or goes where the person says.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fob_bus::types::PairOptions;
use serde::Serialize;
use zeroize::Zeroizing;

use super::list::Client;
use super::origin;
use crate::answer::Answer;
use crate::args::consent::Pair;
use crate::commands::otp::destination::create;
use crate::commands::unlock::with_open_vault;
use crate::daemon::{Daemon, awaiting, text_of};
use crate::secret::Sink;
use crate::{Exit, Failure, World};

#[derive(Serialize)]
struct Paired<'a> {
    client: Client,
    /// Only here where it goes nowhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
}

impl Answer for Paired<'_> {
    const SCHEMA: &'static str = "fob.client-pair/1";

    fn words(&self) -> String {
        self.token.map(|token| format!("{token}\n")).unwrap_or_default()
    }
}

/// Where the token goes.
enum Goes {
    Answer,
    File(PathBuf),
    Descriptor(Sink),
}

impl Goes {
    /// Looked at before anything happens.
    fn of(args: &Pair) -> Result<Self, Failure> {
        match (&args.token_file, args.token_fd) {
            (Some(path), _) if path.symlink_metadata().is_ok() => {
                let message = format!("{} is there already", path.display());
                Err(Failure::new(Exit::Failed, message)
                    .hint("name another file with `--token-file`, or remove this one"))
            }
            (Some(path), _) => Ok(Self::File(path.clone())),
            (None, Some(number)) => Ok(Self::Descriptor(Sink::open("--token-fd", number, "token")?)),
            (None, None) => Ok(Self::Answer),
        }
    }
}

/// What the program may do, as a person names it.
enum Scope {
    /// Codes of these accounts.
    Codes(Vec<String>),
    /// Anything else, as fobd knows it.
    Ready(String),
}

/// Before the accounts of a scope, and before its site.
const CODES: &str = "otp:read:";
const SITE: &str = "webauthn:";

impl Scope {
    fn parse(text: &str) -> Result<Self, Failure> {
        if let Some(accounts) = text.strip_prefix(CODES) {
            return Ok(Self::Codes(accounts.split(',').map(|account| account.trim().to_owned()).collect()));
        }
        // A scope that this fob does not know is fobd's to refuse.
        let Some(site) = text.strip_prefix(SITE) else { return Ok(Self::Ready(text.to_owned())) };
        Ok(Self::Ready(format!("{SITE}{}", origin(site)?)))
    }

    /// With the ids of the accounts instead of their names.
    async fn named(&self, daemon: &Daemon) -> Result<String, Failure> {
        let accounts = match self {
            Self::Ready(text) => return Ok(text.clone()),
            Self::Codes(accounts) => accounts,
        };
        let mut ids = Vec::new();
        for account in accounts {
            ids.push(daemon.otp().await?.find(account).await?.id);
        }
        Ok(format!("{CODES}{}", ids.join(",")))
    }
}

pub(super) async fn run(args: Pair, world: &mut World) -> Result<(), Failure> {
    let goes = Goes::of(&args)?;
    let scopes = args.scope.iter().map(|text| Scope::parse(text)).collect::<Result<Vec<_>, _>>()?;
    let (uid, origin) = (uid(&args)?, args.origin.as_deref().map(origin).transpose()?);
    let daemon = Daemon::call(world).await?;
    let (client, token) = with_open_vault(world, &daemon, async |daemon: &Daemon| {
        let mut named = Vec::new();
        for scope in &scopes {
            named.push(scope.named(daemon).await?);
        }
        let options = PairOptions { name: args.name.clone(), scopes: named, origin: origin.clone(), uid };
        let (reader, writer) = awaiting()?;
        let client = daemon.loopback().await?.issue(options, writer.into()).await?;
        Ok((Client::from(client), text_of(&reader)?))
    })
    .await?;
    let token = match goes {
        Goes::Answer => Some(token),
        Goes::File(path) => keep(&path, &token, &client).map(|()| None)?,
        Goes::Descriptor(sink) => {
            sink.write(token.as_bytes()).map_err(|failure| lost(failure, &client)).map(|()| None)?
        }
    };
    if !world.json {
        let word = if token.is_some() { "This is its token. It is shown once, and never again.\n" } else { "" };
        world.note(&format!("Paired: {}. `fob client forget` takes it back.\n{word}", client.sentence()));
    }
    world.answer(&Paired { client, token: token.as_ref().map(|token| token.as_str()) })
}

fn keep(path: &Path, token: &str, client: &Client) -> Result<(), Failure> {
    let line = Zeroizing::new([token.as_bytes(), b"\n"].concat());
    create(path, &line).map_err(|error| {
        lost(Failure::new(Exit::Failed, format!("{} cannot be written", path.display())).because(&error), client)
    })
}

/// The pairing is there, and nobody has its token.
fn lost(failure: Failure, client: &Client) -> Failure {
    failure.hint(format!("its token is lost: `fob client forget {}`, then pair it again", client.id))
}

/// The user whose processes may use the token.
fn uid(args: &Pair) -> Result<u32, Failure> {
    match (&args.user, args.uid) {
        (_, Some(uid)) => Ok(uid),
        (None, None) => Ok(rustix::process::getuid().as_raw()),
        (Some(user), None) => uid_of(user).ok_or_else(|| {
            let message = format!("this machine knows no user called \"{user}\"");
            Failure::new(Exit::Failed, message).hint("give the number with `--uid N`; `id -u NAME` tells it")
        }),
    }
}

/// Asked of id(1), which asks all that a system knows users by.
fn uid_of(user: &str) -> Option<u32> {
    let output =
        Command::new("id").args(["-u", "--", user]).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    if !output.status.success() {
        return None;
    }
    std::str::from_utf8(&output.stdout).ok()?.trim().parse().ok()
}
