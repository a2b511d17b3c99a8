//! The diary's pen: what waits is written while the vault's key is in memory.
//!
//! A write holds the vault's lock, so that no new vault key comes between; when the vault locks it has the diary's own key
//! for as long as it takes, and the vault's goes at once. Nothing waits for the disk itself.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fob_bus::types::{LogEntry, vault_state};
use fob_bus::{CallError, ErrorKind};
use fob_vault::{Diary, UnlockedVault};
use futures_util::future::OptionFuture;
use tokio::task::JoinHandle;

use super::Keeper;
use crate::diary::{Waiting, from_lines, to_record};
use crate::shield::Secrets;
use crate::thread::blocking;

/// What the keeper of a vault has for its diary.
#[derive(Default)]
pub(super) struct Pen {
    waiting: Mutex<Waiting>,
    /// Whether a task is about to write.
    soon: AtomicBool,
    /// Why the last write did not succeed.
    trouble: Mutex<Option<String>>,
    /// The write that a lock left behind.
    last: Mutex<Option<JoinHandle<()>>>,
}

/// What is still to be written of a vault that locks. The fields are dropped in this order: first the key.
pub(super) struct LastWords {
    diary: Diary,
    entries: Vec<LogEntry>,
    _secrets: Secrets,
}

impl Keeper {
    /// The events that wait to be written.
    pub(crate) fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.pen.waiting()
    }

    /// Has what waits written, if the vault is open.
    pub(crate) fn write_soon(self: &Arc<Self>) {
        if *self.changes.borrow() != vault_state::UNLOCKED || self.pen.soon.swap(true, Ordering::SeqCst) {
            return;
        }
        let keeper = self.clone();
        tokio::spawn(async move {
            let mut state = keeper.state.clone().lock_owned().await;
            keeper.pen.soon.store(false, Ordering::SeqCst);
            keeper.close_if_due(&mut state);
            let Some(diary) = state.open().and_then(|open| open.vault.diary()) else { return };
            let pen = keeper.pen.clone();
            let written = blocking(move || {
                let entries = pen.waiting().take();
                pen.write(&diary, entries);
                drop((diary, state));
                Ok(())
            });
            if let Err(error) = written.await {
                tracing::warn!(%error, "the log was not written");
            }
        });
    }

    /// All of the diary, what waits included. A use.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`] or [`ErrorKind::NoVault`] when the vault is not open; the disk's.
    pub(crate) async fn read_diary(self: &Arc<Self>) -> Result<Vec<LogEntry>, CallError> {
        let mut state = self.state.clone().lock_owned().await;
        self.close_if_due(&mut state);
        let open = state.open().ok_or_else(|| self.closed(&state))?;
        self.idle.used(self.clock.boottime());
        let Some(diary) = open.vault.diary() else { return Ok(Vec::new()) };
        let pen = self.pen.clone();
        blocking(move || {
            let entries = pen.waiting().take();
            let unwritten = pen.write(&diary, entries);
            let lines = diary.read();
            drop((diary, state));
            let mut all = from_lines(lines.map_err(|error| unreadable(&error))?);
            all.extend(unwritten);
            Ok(all)
        })
        .await
    }

    /// What somebody should know about the diary.
    pub(super) fn diary_warning(&self) -> Option<String> {
        self.pen.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is to be written although this vault locks.
    pub(super) fn last_words(&self, vault: &UnlockedVault) -> Option<LastWords> {
        if self.waiting().is_empty() {
            return None;
        }
        let (secrets, diary) = (Secrets::held(), vault.diary()?);
        Some(LastWords { diary, entries: self.waiting().take(), _secrets: secrets })
    }

    /// Has them written, on a thread of their own.
    pub(super) fn say(&self, last_words: Option<LastWords>) {
        let Some(LastWords { diary, entries, _secrets }) = last_words else { return };
        let pen = self.pen.clone();
        let task = tokio::task::spawn_blocking(move || {
            pen.write(&diary, entries);
            drop((diary, _secrets));
        });
        *self.pen.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }

    /// Waits until they are.
    pub(super) async fn said(&self) {
        let task = self.pen.last.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(error)) = OptionFuture::from(task).await {
            tracing::warn!(%error, "the log was not written");
        }
    }
}

impl Pen {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes entries; what could not be written waits again and comes back, to be shown.
    fn write(&self, diary: &Diary, entries: Vec<LogEntry>) -> Vec<LogEntry> {
        if entries.is_empty() {
            return entries;
        }
        let records: Vec<_> = entries.iter().map(to_record).collect();
        let written = diary.write(&records);
        let trouble = written.as_ref().err().map(|error| format!("the log cannot be written: {error}"));
        let mut known = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Err(error), None) = (&written, &*known) {
            tracing::warn!(%error, "the log cannot be written; what is to be in it waits in memory");
        }
        *known = trouble;
        drop(known);
        match written {
            Ok(()) => Vec::new(),
            Err(_) => {
                self.waiting().put_back(entries.clone());
                entries
            }
        }
    }
}

fn unreadable(error: &io::Error) -> CallError {
    let mut failed = CallError::new(ErrorKind::Failed, "the log cannot be read");
    failed.details.causes = Some(vec![error.to_string()]);
    failed
}
