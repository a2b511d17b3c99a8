//! The one owner of the vault: closed or open, and nothing else has it.
//!
//! An open vault lies behind an asynchronous lock: reading it is done at once on the serving thread, writing on a
//! thread of its own that takes the lock along. Each lock of the vault begins a new epoch, and an unlock that began in
//! an older one is thrown away, so "lock" means locked whatever is under way.

mod merge;
mod restore;
mod standing;
#[cfg(test)]
mod tests;

use std::fs::DirBuilder;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as PlainMutex, PoisonError};

use fob_ambient::{Clock, Millis};
use fob_bus::types::vault_state;
use fob_bus::{CallError, ErrorKind, pipe};
use fob_vault::{Context, LockedVault, UnlockedVault, VaultError};
use tokio::sync::{Mutex, watch};
use tokio::task::AbortHandle;

use crate::idle::{IdleTimer, Wake};
use crate::shield::{self, Secrets};
use crate::thread::blocking;
use crate::{errors, secret};

pub(crate) use standing::Standing;

/// The keeper of the vault.
pub(crate) struct Keeper {
    path: PathBuf,
    state_folder: PathBuf,
    context: Context,
    clock: Arc<dyn Clock + Send + Sync>,
    open: Arc<Mutex<Option<Open>>>,
    /// One unlock at a time: Argon2 takes much memory.
    opening: Mutex<()>,
    /// One look at the file at a time: anybody may ask for it, and as often as they like.
    looking: Mutex<()>,
    epoch: AtomicU64,
    idle: IdleTimer,
    timer: PlainMutex<Option<AbortHandle>>,
    changes: watch::Sender<&'static str>,
}

/// An open vault. The fields are dropped in this order: first the secrets, then what protects them.
struct Open {
    vault: UnlockedVault,
    _secrets: Secrets,
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
            state_folder: place.state_folder,
            context,
            clock,
            open: Arc::default(),
            opening: Mutex::default(),
            looking: Mutex::default(),
            epoch: AtomicU64::new(0),
            idle: IdleTimer::new(place.idle_lock),
            timer: PlainMutex::default(),
            changes: watch::Sender::new(vault_state::LOCKED),
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
        let _turn = self.opening.lock().await;
        let keeper = self.clone();
        let opened = blocking(move || keeper.create(&passphrase, &recovery)).await?;
        // The vault is made and its code is out, whoever locked meanwhile: it stays locked then, and is no failure.
        self.admit(opened, epoch, Instead::OfOlder).await;
        Ok(())
    }

    fn create(&self, passphrase: &OwnedFd, recovery: &OwnedFd) -> Result<Open, CallError> {
        let secrets = Secrets::held();
        let passphrase = secret::passphrase(passphrase)?;
        for folder in self.path.parent().into_iter().chain([self.state_folder.as_path()]) {
            make_folder(folder)?;
        }
        let (vault, code) =
            LockedVault::create(&self.path, &passphrase, &self.context).map_err(|error| errors::vault(&error))?;
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
        // Before the turn is awaited: a lock that comes meanwhile means this unlock too.
        let epoch = self.epoch();
        let _turn = self.opening.lock().await;
        let keeper = self.clone();
        let opened = blocking(move || keeper.open(&secret, by_recovery)).await?;
        if self.admit(opened, epoch, Instead::OfOlder).await {
            return Ok(());
        }
        Err(CallError::new(ErrorKind::Cancelled, "the vault was locked while it was being unlocked"))
    }

    fn open(&self, secret: &OwnedFd, by_recovery: bool) -> Result<Open, CallError> {
        let secrets = Secrets::held();
        if let Err(error) = make_folder(&self.state_folder) {
            tracing::warn!(%error, "the newest version of the vault cannot be remembered");
        }
        let locked = || LockedVault::open(&self.path, &self.context).map_err(|error| errors::vault(&error));
        let opened = if by_recovery {
            let code = secret::recovery_code(secret)?;
            locked()?.unlock_with_recovery(&code)
        } else {
            let passphrase = secret::passphrase(secret)?;
            locked()?.unlock(&passphrase)
        };
        let vault = opened.map_err(|(_, error)| errors::vault(&error))?;
        shield::settle_unlocked();
        Ok(Open { vault, _secrets: secrets })
    }

    /// Lets an opened vault in, unless it was locked meanwhile; whether it did.
    async fn admit(self: &Arc<Self>, opened: Open, epoch: u64, instead: Instead) -> bool {
        let mut open = self.open.lock().await;
        if self.epoch() != epoch {
            tracing::info!("the vault was locked while it was being opened");
            return false;
        }
        // What is open already stays, unless the file has moved on without it: it may have just been written.
        let older = |open: &Open| open.vault.generation() < opened.vault.generation();
        if matches!(instead, Instead::OfAny) || open.as_ref().is_none_or(older) {
            *open = Some(opened);
        }
        // Still under the lock, so that nobody finds it open and unused for long.
        self.idle.used(self.clock.boottime());
        drop(open);
        self.arm_timer();
        self.changes.send_replace(vault_state::UNLOCKED);
        tracing::info!("the vault is unlocked");
        true
    }

    /// How often it was locked. What is remembered about a caller on the bus ends with each lock.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    /// Forgets the vault's key and every seed. A write that is under way comes to its end first.
    pub(crate) async fn lock(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        let mut open = self.open.lock().await;
        self.close(&mut open);
    }

    /// Locks a vault whose time is up though nobody rang: the machine slept.
    fn close_if_due(&self, open: &mut Option<Open>) {
        if open.is_some() && self.idle.on_wake(self.clock.boottime()) == Some(Wake::Lock) {
            self.epoch.fetch_add(1, Ordering::SeqCst);
            self.close(open);
        }
    }

    fn close(&self, open: &mut Option<Open>) {
        let was_open = open.take().is_some();
        // Nothing is awaited from here on: the timer may be who locks, and this ends it.
        if let Some(timer) = self.timer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            timer.abort();
        }
        if was_open {
            shield::settle_locked();
            self.changes.send_replace(vault_state::LOCKED);
            tracing::info!("the vault is locked");
        }
    }

    fn arm_timer(self: &Arc<Self>) {
        if self.idle.limit().is_none() {
            return;
        }
        let keeper = Arc::downgrade(self);
        let task = tokio::spawn(async move {
            loop {
                let Some(keeper) = keeper.upgrade() else { return };
                match keeper.idle.on_wake(keeper.clock.boottime()) {
                    None => return,
                    Some(Wake::Lock) => return keeper.lock().await,
                    Some(Wake::SleepFor(length)) => {
                        drop(keeper);
                        tokio::time::sleep(length.duration()).await;
                    }
                }
            }
        });
        let former = self.timer.lock().unwrap_or_else(PoisonError::into_inner).replace(task.abort_handle());
        if let Some(former) = former {
            former.abort();
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
        let mut open = self.open.lock().await;
        self.close_if_due(&mut open);
        let open = open.as_ref().ok_or_else(|| self.closed())?;
        self.idle.used(self.clock.boottime());
        look(&open.vault)
    }

    /// Changes the open vault, on a thread of its own: when this returns, the change is on the disk.
    ///
    /// # Errors
    /// As [`Keeper::read`].
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut UnlockedVault) -> Result<T, CallError> + Send + 'static,
    ) -> Result<T, CallError> {
        let mut open = self.open.clone().lock_owned().await;
        self.close_if_due(&mut open);
        if open.is_none() {
            return Err(self.closed());
        }
        self.idle.used(self.clock.boottime());
        blocking(move || {
            let open = open.as_mut().ok_or_else(|| CallError::new(ErrorKind::Locked, LOCKED))?;
            change(&mut open.vault)
        })
        .await
    }

    /// The same with Argon2 in it: one at a time, and no unlock meanwhile.
    ///
    /// # Errors
    /// As [`Keeper::read`].
    pub(crate) async fn change_by_passphrase<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut UnlockedVault) -> Result<T, CallError> + Send + 'static,
    ) -> Result<T, CallError> {
        let _turn = self.opening.lock().await;
        self.change(change).await
    }

    fn closed(&self) -> CallError {
        if std::fs::symlink_metadata(&self.path).is_ok() {
            CallError::new(ErrorKind::Locked, LOCKED)
        } else {
            errors::vault(&VaultError::Missing { path: self.path.clone() })
        }
    }
}

const LOCKED: &str = "the vault is locked";

fn make_folder(folder: &Path) -> Result<(), CallError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| {
        let folder = fob_otp::printable(&folder.to_string_lossy()).into_owned();
        let mut failed = CallError::new(ErrorKind::VaultUnusable, format!("cannot make the folder {folder}"));
        failed.details.causes = Some(vec![error.to_string()]);
        failed
    })
}
