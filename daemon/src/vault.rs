//! The one owner of the vault: closed, softly locked or open, and nothing else has it.
//!
//! An open vault lies behind an asynchronous lock: reading it is done at once on the serving thread, writing on a
//! thread of its own that takes the lock along. Each lock of the vault begins a new epoch, and an unlock that began in
//! an older one is thrown away, so "lock" means locked whatever is under way.

mod diary;
mod gone;
mod locking;
mod merge;
mod price;
mod proof;
mod restore;
mod soft;
mod standing;
mod state;
mod tenant;
#[cfg(test)]
mod tests;
mod ways;

use std::fs::DirBuilder;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as PlainMutex};

use fob_ambient::{Clock, Millis};
use fob_bus::types::vault_state;
use fob_bus::{CallError, ErrorKind, pipe};
use fob_vault::{Context, LockedVault, Passphrase, UnlockedVault};
use tokio::sync::{Mutex, watch};
use tokio::task::AbortHandle;

use crate::errors;
use crate::idle::IdleTimer;
use crate::secret::{self, Proof};
use crate::shield::{self, Secrets};
use crate::thread::blocking;

use diary::Pen;
use price::Price;
use state::{Open, State};

pub(crate) use proof::Proven;
pub(crate) use standing::Standing;
pub(crate) use tenant::Tenant;

/// The keeper of the vault.
pub(crate) struct Keeper {
    path: PathBuf,
    state_folder: PathBuf,
    context: Context,
    clock: Arc<dyn Clock + Send + Sync>,
    state: Arc<Mutex<State>>,
    price: Price,
    /// One unlock at a time: Argon2 takes much memory.
    opening: Mutex<()>,
    /// One look at the file at a time: anybody may ask for it, and as often as they like.
    looking: Mutex<()>,
    epoch: watch::Sender<u64>,
    /// Set from the moment the machine is about to sleep or to go down until it is back: nothing is opened meanwhile.
    barred: AtomicBool,
    idle: IdleTimer,
    timer: PlainMutex<Option<AbortHandle>>,
    /// Who waits for the keyring that opened the vault to lock.
    keyring: PlainMutex<Option<AbortHandle>>,
    /// What is to be in the diary.
    pen: Arc<Pen>,
    changes: watch::Sender<&'static str>,
    /// What leaves memory with the accounts.
    tenants: PlainMutex<Vec<Arc<dyn Tenant>>>,
}

/// Which open vault makes way for one that was just opened.
#[derive(Debug, Clone, Copy)]
enum Instead {
    /// One of an earlier generation.
    OfOlder,
    /// Whichever there is: the file is another one now.
    OfAny,
}

/// Where a keeper finds its vault, and for how long it may lie unused.
pub(crate) struct Place {
    /// The vault's file.
    pub(crate) path: PathBuf,
    /// The folder of what is remembered apart from it.
    pub(crate) state_folder: PathBuf,
    /// How long an open vault may lie unused.
    pub(crate) idle_lock: Option<Millis>,
}

impl Keeper {
    /// Keeps the vault at this place. Nothing is read yet.
    pub(crate) fn new(place: Place, context: Context, clock: Arc<dyn Clock + Send + Sync>) -> Arc<Self> {
        Arc::new(Self {
            path: place.path,
            price: Price::new(&context, &place.state_folder),
            state_folder: place.state_folder,
            context,
            clock,
            state: Arc::default(),
            opening: Mutex::default(),
            looking: Mutex::default(),
            epoch: watch::Sender::new(0),
            barred: AtomicBool::new(false),
            idle: IdleTimer::new(place.idle_lock),
            timer: PlainMutex::default(),
            keyring: PlainMutex::default(),
            pen: Arc::default(),
            changes: watch::Sender::new(vault_state::LOCKED),
            tenants: PlainMutex::default(),
        })
    }

    /// The vault's file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// How long an open vault may lie unused.
    pub(crate) fn idle_lock(&self) -> Option<Millis> {
        self.idle.limit()
    }

    /// Tells of every lock and unlock, by the words of [`vault_state`].
    pub(crate) fn changes(&self) -> watch::Receiver<&'static str> {
        self.changes.subscribe()
    }

    /// Makes a vault and opens it, unless somebody locks meanwhile. `passphrase` is read, the recovery code goes into
    /// `recovery`.
    pub(crate) async fn init(self: &Arc<Self>, passphrase: OwnedFd, recovery: OwnedFd) -> Result<(), CallError> {
        let epoch = self.epoch();
        self.may_open()?;
        let (secrets, passphrase) = read(move || secret::passphrase(&passphrase)).await?;
        let _turn = self.opening.lock().await;
        self.may_open()?;
        let keeper = self.clone();
        let opened = blocking(move || keeper.create(secrets, passphrase, &recovery)).await?;
        // The vault is made and its code is out, whoever locked meanwhile: it stays locked then, and is no failure.
        self.admit(opened, epoch, Instead::OfOlder).await;
        Ok(())
    }

    fn create(&self, secrets: Secrets, passphrase: Passphrase, recovery: &OwnedFd) -> Result<Open, CallError> {
        for folder in self.path.parent().into_iter().chain([self.state_folder.as_path()]) {
            make_folder(folder)?;
        }
        if let Some(gone) = self.gone() {
            return Err(gone);
        }
        let context = self.context_to_write()?;
        let (vault, code) =
            LockedVault::create(&self.path, &passphrase, &context).map_err(|error| errors::vault(&error))?;
        if let Err(error) = pipe::put(recovery, code.expose().as_bytes()) {
            // Without its code this vault would lack a way in, for ever and unseen. It is empty: away with it.
            drop(vault);
            if let Err(error) = std::fs::remove_file(&self.path) {
                tracing::error!(%error, "cannot remove the vault whose recovery code was not taken");
            }
            return Err(errors::pipe(&error));
        }
        drop((passphrase, code));
        shield::settle_unlocked();
        Ok(Open { vault, _secrets: secrets })
    }

    /// Opens the vault with what comes through the pipe: a passphrase, or a recovery code.
    pub(crate) async fn unlock(self: &Arc<Self>, secret: OwnedFd, by_recovery: bool) -> Result<(), CallError> {
        // Before anything is awaited: a lock that comes meanwhile means this unlock too.
        let epoch = self.epoch();
        self.may_open()?;
        let (_secrets, proof) = read(move || Proof::read(&secret, by_recovery)).await?;
        self.unlock_by(proof, epoch).await
    }

    /// Opens the vault with what was presented since this epoch.
    ///
    /// # Errors
    /// Those of the vault, and [`ErrorKind::Cancelled`] if it was locked meanwhile.
    pub(crate) async fn unlock_by(self: &Arc<Self>, proof: Proof, epoch: u64) -> Result<(), CallError> {
        let _turn = self.opening.lock().await;
        self.may_open()?;
        let keeper = self.clone();
        let secrets = Secrets::held();
        let opened = blocking(move || keeper.open(&proof, secrets)).await?;
        self.admit_unless_locked(opened, epoch).await
    }

    async fn admit_unless_locked(self: &Arc<Self>, opened: Open, epoch: u64) -> Result<(), CallError> {
        if self.admit(opened, epoch, Instead::OfOlder).await {
            return Ok(());
        }
        Err(CallError::new(ErrorKind::Cancelled, "the vault was locked while it was being unlocked"))
    }

    fn open(&self, proof: &Proof, secrets: Secrets) -> Result<Open, CallError> {
        if let Err(error) = make_folder(&self.state_folder) {
            tracing::warn!(%error, "the newest version of the vault cannot be remembered");
        }
        let opened = LockedVault::open(&self.path, &self.context_now())
            .and_then(|locked| locked.unlock_with(&proof.opening()).map_err(|(_, error)| error));
        let vault = opened.map_err(|error| errors::vault(&error))?;
        self.price.learn(&self.context);
        shield::settle_unlocked();
        Ok(Open { vault, _secrets: secrets })
    }

    /// Lets an opened vault in, unless it was locked meanwhile; whether it did.
    async fn admit(self: &Arc<Self>, opened: Open, epoch: u64, instead: Instead) -> bool {
        let mut state = self.state.lock().await;
        if self.epoch() != epoch || self.barred.load(Ordering::SeqCst) {
            tracing::info!("the vault was locked while it was being opened");
            return false;
        }
        // What is open already stays, unless the file has moved on without it: it may have just been written.
        let older = |open: &Open| open.vault.generation() < opened.vault.generation();
        if matches!(instead, Instead::OfAny) || state.open().is_none_or(older) {
            self.move_in(&opened.vault);
            *state = State::Open(Box::new(opened));
        }
        self.tell_open(state);
        true
    }

    /// After the vault was opened.
    fn tell_open(self: &Arc<Self>, state: impl Drop) {
        // Still under the lock, so that nobody finds it open and unused for long.
        self.idle.used(self.clock.boottime());
        drop(state);
        self.arm_timer();
        self.changes.send_replace(vault_state::UNLOCKED);
        tracing::info!("the vault is unlocked");
        if !self.waiting().is_empty() {
            self.write_soon();
        }
    }

    /// Looks into the open vault, at once.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`] or [`ErrorKind::NoVault`] when it is not open, and those of `look`.
    pub(crate) async fn read<T>(
        &self,
        look: impl FnOnce(&UnlockedVault) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let mut state = self.state.lock().await;
        self.close_if_due(&mut state);
        let open = state.open().ok_or_else(|| self.closed(&state))?;
        self.idle.used(self.clock.boottime());
        look(&open.vault)
    }

    /// The same for somebody who is not let in yet, or has no part in it: it does not count as use, so it never keeps
    /// the vault from locking itself.
    ///
    /// # Errors
    /// As [`Keeper::read`].
    pub(crate) async fn peek<T>(
        &self,
        look: impl FnOnce(&UnlockedVault) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let mut state = self.state.lock().await;
        self.close_if_due(&mut state);
        look(&state.open().ok_or_else(|| self.closed(&state))?.vault)
    }

    /// Changes the open vault, on a thread of its own: when this returns, the change is on the disk.
    ///
    /// # Errors
    /// As [`Keeper::read`].
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut UnlockedVault) -> Result<T, CallError> + Send + 'static,
    ) -> Result<T, CallError> {
        let mut state = self.state.clone().lock_owned().await;
        self.close_if_due(&mut state);
        if state.open().is_none() {
            return Err(self.closed(&state));
        }
        self.idle.used(self.clock.boottime());
        blocking(move || {
            let open = state.open_mut().ok_or_else(|| CallError::new(ErrorKind::Locked, LOCKED))?;
            change(&mut open.vault)
        })
        .await
    }

    fn closed(&self, state: &State) -> CallError {
        if let State::Soft(_) = state {
            return CallError::new(ErrorKind::Locked, SOFTLY_LOCKED);
        }
        if std::fs::symlink_metadata(&self.path).is_ok() {
            CallError::new(ErrorKind::Locked, LOCKED)
        } else {
            self.no_vault()
        }
    }
}

/// What came through a pipe, and before it what protects it: whoever takes both apart wipes the secret first.
///
/// To be awaited before a turn is: who sends it may take ten seconds, and nobody else waits for them.
async fn read<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, CallError> + Send + 'static,
) -> Result<(Secrets, T), CallError> {
    blocking(move || {
        let secrets = Secrets::held();
        Ok((secrets, read()?))
    })
    .await
}

const LOCKED: &str = "the vault is locked";
const SOFTLY_LOCKED: &str = "the vault is locked, and the quick PIN opens it";

fn make_folder(folder: &Path) -> Result<(), CallError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| {
        let folder = fob_otp::printable(&folder.to_string_lossy()).into_owned();
        let mut failed = CallError::new(ErrorKind::VaultUnusable, format!("cannot make the folder {folder}"));
        failed.details.causes = Some(vec![error.to_string()]);
        failed
    })
}
