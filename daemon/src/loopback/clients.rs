//! The paired programs: those in the vault, and those that speak right now.
//!
//! Locked, the vault tells of none of them, so nobody can be known by a token. Whoever has shown one is remembered beside
//! it for as long as the connection lasts; forgetting a program or locking the vault ends that too.

use std::collections::{HashMap, HashSet};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fob_ambient::{Clock, Millis, Rng, SystemRng};
use fob_bus::types::ClientInfo;
use fob_bus::{CallError, ErrorKind, pipe};
use fob_vault::UnlockedVault;
use tokio::sync::watch;

use super::asked::Asked;
use super::digits::Digits;
use super::kept::{self, Client};
use super::scope::Scopes;
use super::token::Token;
use super::{NOT_PAIRED, PREFIX};
use crate::errors;
use crate::vault::{Keeper, Tenant};

/// How long nobody is asked for another user again who was refused.
const SILENCE: Millis = Millis(600_000);
/// Other users that may be refused within that time, before all of them have to wait.
const BARRED: usize = 4;

/// The paired programs.
pub(crate) struct Clients {
    vault: Arc<Keeper>,
    clock: Arc<dyn Clock + Send + Sync>,
    rng: Mutex<Box<dyn Rng + Send>>,
    present: Mutex<HashMap<String, Present>>,
    serial: AtomicU64,
    /// The users for whom a pairing is under way.
    pairing: Mutex<HashSet<u32>>,
    /// Other users of this machine for whom the person was asked in vain, and until when nobody is asked for them again.
    barred: Mutex<HashMap<u32, Millis>>,
}

/// A program that speaks, on one connection or several.
struct Present {
    client: Arc<Client>,
    /// Told from whoever had the same id before it was forgotten.
    serial: u64,
    connections: usize,
    /// Dropped with this, which ends them all.
    end: watch::Sender<()>,
}

impl Clients {
    /// Those of this vault.
    pub(crate) fn new(vault: Arc<Keeper>, clock: Arc<dyn Clock + Send + Sync>) -> Arc<Self> {
        let clients = Arc::new(Self {
            vault: vault.clone(),
            clock,
            rng: Mutex::new(Box::new(SystemRng::new())),
            present: Mutex::default(),
            serial: AtomicU64::new(0),
            pairing: Mutex::default(),
            barred: Mutex::default(),
        });
        vault.house(clients.clone());
        clients
    }

    /// A program that speaks now. `None` once it was forgotten or the vault was locked.
    pub(crate) fn present(&self, id: &str) -> Option<Arc<Client>> {
        held(&self.present).get(id).map(|present| present.client.clone())
    }

    /// What it may do.
    pub(crate) fn scopes_of(&self, id: &str) -> Option<Scopes> {
        self.present(id).map(|client| client.scopes.clone())
    }

    /// All of them.
    ///
    /// # Errors
    /// Those of reading the vault.
    pub(crate) async fn all(&self) -> Result<Vec<ClientInfo>, CallError> {
        self.vault.read(|vault| Ok(kept::all(vault)?.iter().map(Client::info).collect())).await
    }

    /// Forgets one for good, and ends what it does; whether it was there.
    ///
    /// # Errors
    /// Those of writing the vault; then nothing has changed.
    pub(crate) async fn forget(&self, id: &str) -> Result<bool, CallError> {
        let named = id.to_owned();
        let was_there = self.vault.change(move |vault| kept::remove(vault, &named)).await?;
        held(&self.present).remove(id);
        Ok(was_there)
    }

    /// Takes one up and writes its token into this pipe. If nobody takes the token, nothing has changed.
    pub(super) async fn add(&self, asked: &Asked, end: OwnedFd) -> Result<Client, CallError> {
        let (token, id) = {
            let mut rng = held(&self.rng);
            let mut id = [0; 4];
            rng.fill(&mut id);
            (Token::fresh(&mut **rng), format!("{PREFIX}{:08x}", u32::from_be_bytes(id)))
        };
        let client = asked.client(id, token.hash(), self.clock.wall());
        let (added, unused) = (client.clone(), client.id.clone());
        self.vault.change(move |vault| kept::add(vault, added)).await?;
        if let Err(error) = pipe::put(&end, token.expose().as_bytes()) {
            self.forget(&unused).await?;
            return Err(errors::pipe(&error));
        }
        Ok(client)
    }

    /// The program that this token belongs to, if it runs as this user and this page may use it.
    ///
    /// # Errors
    /// Those of reading the vault; [`ErrorKind::Denied`], in the same words whatever is wrong.
    pub(super) async fn by_token(&self, token: &Token, uid: u32, origin: Option<&str>) -> Result<Client, CallError> {
        let hash = token.hash();
        // A wrong token must not keep the vault from locking itself.
        let clients = self.vault.peek(kept::all).await?;
        // Each of them is looked at, whichever it is.
        let found =
            clients.into_iter().fold(None, |found, client| if client.token.is(&hash) { Some(client) } else { found });
        let is_its_own = |client: &Client| {
            client.uid == uid
                && origin.is_none_or(|origin| client.origin.as_ref().is_some_and(|own| own.as_str() == origin))
        };
        found.filter(is_its_own).ok_or_else(|| CallError::new(ErrorKind::Denied, NOT_PAIRED))
    }

    /// Whether pages of this origin may speak for a program of this user.
    pub(super) async fn welcomes(&self, origin: &str, uid: u32) -> Result<bool, CallError> {
        let clients = self.vault.peek(kept::all).await?;
        let is_welcome =
            |client: &Client| client.uid == uid && client.origin.as_ref().is_some_and(|own| own.as_str() == origin);
        Ok(clients.iter().any(is_welcome))
    }

    /// Notes that a program speaks, until what is returned is dropped.
    pub(super) fn enter(self: &Arc<Self>, client: Client) -> Presence {
        let id = client.id.clone();
        let mut all = held(&self.present);
        let present = all.entry(id.clone()).or_insert_with(|| Present {
            client: Arc::new(client),
            serial: self.serial.fetch_add(1, Ordering::Relaxed),
            connections: 0,
            end: watch::Sender::new(()),
        });
        present.connections += 1;
        Presence { clients: self.clone(), id, serial: present.serial, end: present.end.subscribe() }
    }

    /// Six fresh digits.
    pub(super) fn digits(&self) -> Digits {
        Digits::fresh(&mut **held(&self.rng))
    }

    /// The turn of this user's programs to be paired. Another user's have one question in ten minutes, unless the person
    /// says yes: whoever may log in here must not be able to wear the person down.
    ///
    /// # Errors
    /// [`ErrorKind::TooManyRequests`] while one is, and after one of another user's was not.
    pub(super) fn turn(self: &Arc<Self>, uid: u32, is_foreign: bool) -> Result<Turn, CallError> {
        if is_foreign && self.is_barred(uid) {
            let message = "a program of this user was not paired: the person is asked again ten minutes later";
            return Err(CallError::new(ErrorKind::TooManyRequests, message));
        }
        if !held(&self.pairing).insert(uid) {
            let message = "another program of this user is being paired: try again when it is";
            return Err(CallError::new(ErrorKind::TooManyRequests, message));
        }
        Ok(Turn { clients: self.clone(), uid, is_foreign, is_in_vain: false })
    }

    fn is_barred(&self, uid: u32) -> bool {
        let now = self.clock.boottime();
        let mut barred = held(&self.barred);
        barred.retain(|_, until| *until > now);
        // A user may have thousands of others' numbers (newuidmap(1)).
        barred.len() >= BARRED || barred.contains_key(&uid)
    }
}

/// Whoever has shown a token of one vault has none of another's: nobody speaks on when it closes, or when a version or
/// another file takes its place.
impl Tenant for Clients {
    fn moves_in(&self, _: &UnlockedVault) {
        held(&self.present).clear();
    }

    fn moves_out(&self) {
        held(&self.present).clear();
    }
}

/// A program that speaks on one connection.
pub(super) struct Presence {
    clients: Arc<Clients>,
    id: String,
    serial: u64,
    end: watch::Receiver<()>,
}

impl Presence {
    /// Waits until the program is forgotten.
    pub(super) async fn ended(&mut self) {
        while self.end.changed().await.is_ok() {}
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut all = held(&self.clients.present);
        let Some(present) = all.get_mut(&self.id).filter(|present| present.serial == self.serial) else { return };
        present.connections -= 1;
        if present.connections == 0 {
            all.remove(&self.id);
        }
    }
}

/// The turn to be paired; over when it is dropped.
pub(super) struct Turn {
    clients: Arc<Clients>,
    uid: u32,
    is_foreign: bool,
    /// Whether the person is asked, and has not said yes so far.
    is_in_vain: bool,
}

impl Turn {
    /// The person is asked from now on. Whoever takes the question back has asked it.
    pub(super) const fn is_asked_about(&mut self) {
        self.is_in_vain = true;
    }

    /// What came of it.
    pub(super) fn ended(&mut self, answer: &Result<(), CallError>) {
        // A question for which there was no room in the line was not shown.
        let was_asked = !answer.as_ref().is_err_and(|error| error.kind == ErrorKind::TooManyRequests);
        self.is_in_vain = answer.is_err() && was_asked;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.is_foreign && self.is_in_vain {
            let until = self.clients.clock.boottime().plus(SILENCE);
            held(&self.clients.barred).insert(self.uid, until);
        }
        held(&self.clients.pairing).remove(&self.uid);
    }
}

fn held<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
