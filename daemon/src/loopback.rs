//! `dev.fob.Loopback1`: programs that speak HTTP to the loopback listener (`fob-loopback`), paired here and known here.
//!
//! The listener is trusted with passing on what it read and what the kernel told it, and with nothing else: it cannot ask
//! for anything in its own name. What it shows is a token; from then on the connection is the paired program's, and
//! `policy` lets it have what its scopes name.

mod asked;
mod clients;
mod digits;
mod kept;
mod scope;
mod token;

use std::sync::Arc;

use fob_asking::Answer;
use fob_bus::types::{ClientInfo, PairOptions, PresentOptions};
use fob_bus::{CallError, ErrorKind, pipe};
use fob_vault::{EntryId, UnlockedVault};
use zbus::message::Header;
use zbus::{Connection, OwnedFd, interface};

use self::asked::Asked;
use self::clients::Presence;
use self::digits::OneTry;
use self::token::Token;
use crate::caller::Caller;
use crate::daemon::Daemon;
use crate::diary::{Event, Outcome};
use crate::errors;
use crate::guest::{Guest, Owner};
use crate::policy::{self, Operation};
use crate::thread::blocking;

pub(crate) use clients::Clients;
pub(crate) use scope::Scopes;

/// What the id of a paired program begins with.
const PREFIX: &str = "paired-";
/// Whatever is wrong with a token: whoever has a stolen one learns nothing from the answer.
const NOT_PAIRED: &str = "the token, the user or the page is not the one that was paired";

/// The object.
pub(crate) struct Loopback(pub(crate) Guest);

#[interface(name = "dev.fob.Loopback1", introspection_docs = false)]
impl Loopback {
    #[zbus(out_args("client"))]
    async fn pair(
        &self,
        options: PairOptions,
        code: OwnedFd,
        token: OwnedFd,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<ClientInfo, CallError> {
        let owner = self.listener(connection, &header).await?;
        let asked = Asked::parse(&options)?;
        let daemon = &self.0.daemon;
        let mut turn = daemon.clients.turn(asked.uid, asked.is_foreign())?;
        let looked = daemon.vault.peek(|vault| Ok((asked.words(vault), asked.missing(vault)))).await;
        let (words, missing) = looked.map_err(|error| for_whom(&asked, error))?;
        let digits = daemon.clients.digits();
        pipe::put(&code.into(), digits.expose().as_bytes()).map_err(|error| errors::pipe(&error))?;
        let mut judge = OneTry::of(digits);
        turn.is_asked_about();
        // The programs of each user have a place of their own in the line.
        let program = Caller { uid: asked.uid, ..Caller::clone(&owner.caller) };
        let asking = policy::ask(daemon, &program, asked.question(words), Some(&mut judge));
        let answer = match owner.while_there(asking).await {
            Ok(Answer::Secret { .. }) if judge.was_right() && missing.is_none() => Ok(()),
            Ok(_) => Err(policy::unheard()),
            Err(error) => Err(for_whom(&asked, error)),
        };
        turn.ended(&answer);
        self.decide(&owner, &asked, token, answer).await
    }

    #[zbus(out_args("client"))]
    async fn present(
        &self,
        token: OwnedFd,
        options: PresentOptions,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<ClientInfo, CallError> {
        self.listener(connection, &header).await?;
        let daemon = &self.0.daemon;
        let epoch = daemon.vault.epoch();
        let end = token.into();
        let token = blocking(move || Token::read(&end)).await?;
        // Locked or not is said before right or wrong: what is no token at all is no different from a wrong one.
        let is_open = daemon.vault.peek(|_| Ok(())).await;
        let token = is_open.and_then(|()| token.ok_or_else(|| CallError::new(ErrorKind::Denied, NOT_PAIRED)))?;
        let client = daemon.clients.by_token(&token, options.uid, options.origin.as_deref()).await?;
        let info = client.info();
        if !self.0.become_paired(client.id.as_str().into(), client.uid) {
            return Err(CallError::new(ErrorKind::Denied, "this connection has shown a token already"));
        }
        let presence = daemon.clients.enter(client);
        tokio::spawn(accompany(daemon.clone(), connection.clone(), presence, epoch));
        Ok(info)
    }

    #[zbus(out_args("welcome"))]
    async fn welcome(
        &self,
        origin: &str,
        uid: u32,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<bool, CallError> {
        self.listener(connection, &header).await?;
        self.0.daemon.clients.welcomes(origin, uid).await
    }

    #[zbus(out_args("client"))]
    async fn issue(
        &self,
        options: PairOptions,
        token: OwnedFd,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<ClientInfo, CallError> {
        let owner = self.0.admit(connection, &header, Operation::Policy).await?;
        let asked = Asked::parse(&options)?;
        let daemon = &self.0.daemon;
        let look = |vault: &UnlockedVault| asked.missing(vault).map_or_else(|| Ok(asked.words(vault)), not_there);
        let words = daemon.vault.peek(look).await?;
        let asking = policy::ask(daemon, &owner.caller, asked.question_of_fob(words), None);
        let answer = match owner.while_there(asking).await {
            Ok(Answer::Granted { .. }) => Ok(()),
            Ok(_) => Err(policy::unheard()),
            Err(error) => Err(error),
        };
        self.decide(&owner, &asked, token, answer).await
    }
}

impl Loopback {
    /// Lets the listener pass, and nobody else.
    async fn listener(&self, connection: &Connection, header: &Header<'_>) -> Result<Owner, CallError> {
        self.0.admit(connection, header, Operation::Loopback).await
    }

    /// Asks the person about a program; takes it up if they said yes.
    async fn decide(
        &self,
        owner: &Owner,
        asked: &Asked,
        token: OwnedFd,
        answer: Result<(), CallError>,
    ) -> Result<ClientInfo, CallError> {
        let daemon = &self.0.daemon;
        let taken_up = match answer {
            Ok(()) => daemon.clients.add(asked, token.into()).await,
            Err(refusal) => Err(refusal),
        };
        let outcome =
            taken_up.as_ref().map_or_else(|error| Outcome::Refused(error.message.clone()), |_| Outcome::Given("asked"));
        daemon.diary.note(Event { caller: &owner.caller, kind: "pair", what: Some(asked.in_the_diary()), outcome });
        let client = taken_up?;
        daemon.consent.tell();
        Ok(client.info())
    }
}

/// What a program that is not paired is told. One of another user does not hear whether the vault is open.
fn for_whom(asked: &Asked, error: CallError) -> CallError {
    let of_the_vault = matches!(error.kind, ErrorKind::Locked | ErrorKind::NoVault);
    if asked.is_foreign() && of_the_vault { policy::unheard() } else { error }
}

/// What a companion is told, which may see the accounts.
fn not_there<T>(id: EntryId) -> Result<T, CallError> {
    let message = format!("the vault has no account {id}: `fob otp list --json` has the ids");
    Err(CallError::new(ErrorKind::InvalidInput, message))
}

/// For as long as a paired program's connection lasts. It ends when the program is forgotten, and when the vault is
/// locked, with everything that is under way on it.
async fn accompany(daemon: Arc<Daemon>, connection: Connection, mut presence: Presence, epoch: u64) {
    tokio::select! {
        () = connection.closed() => return,
        () = presence.ended() => {}
        () = daemon.vault.locked_since(epoch) => {}
    }
    // First of all nothing more is allowed.
    drop(presence);
    if let Err(error) = connection.close().await {
        tracing::debug!(%error, "a paired program was gone already");
    }
}
