//! How things stand with the vault, for `Manager1.Status`.

use std::sync::Arc;

use fob_bus::CallError;
use fob_bus::types::vault_state;
use fob_vault::{FileSystem, LockedVault, VaultError};

use super::Keeper;
use crate::errors;
use crate::thread::blocking;

/// How things stand.
#[derive(Debug)]
pub(crate) enum Standing {
    /// There is no vault.
    None,
    /// There is one, as sound as that shows without its key.
    Locked,
    /// It is open.
    Unlocked {
        /// How many entries it has, odd ones included.
        entries: u32,
        /// What somebody should know, as sentences.
        warnings: Vec<String>,
    },
    /// There is one, and it cannot be used.
    Unusable(CallError),
}

impl Standing {
    /// The word for it on the bus.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::None => vault_state::NONE,
            Self::Locked => vault_state::LOCKED,
            Self::Unlocked { .. } => vault_state::UNLOCKED,
            Self::Unusable(_) => vault_state::UNUSABLE,
        }
    }
}

impl Keeper {
    /// Looks how things stand: at the open vault, or at the file as it is now. Not a use.
    pub(crate) async fn standing(self: &Arc<Self>) -> Standing {
        if let Some(open) = self.standing_open().await {
            return open;
        }
        let _turn = self.looking.lock().await;
        let keeper = self.clone();
        let looked = blocking(move || {
            Ok(match LockedVault::open(&keeper.path, &keeper.context) {
                Ok(_) => Standing::Locked,
                Err(VaultError::Missing { .. }) => Standing::None,
                Err(error) => Standing::Unusable(errors::vault(&error)),
            })
        });
        looked.await.unwrap_or_else(Standing::Unusable)
    }

    /// What somebody should know about where the vault lies: on another machine, in memory, or in the hands of a program.
    /// The file system may take its time to answer, so it is asked on a thread of its own.
    pub(crate) async fn place_warning(self: &Arc<Self>) -> Option<String> {
        let _turn = self.looking.lock().await;
        let keeper = self.clone();
        let looked = blocking(move || {
            // Before there is a vault it is its folder that tells.
            let places = [Some(keeper.path()), keeper.path().parent()];
            Ok(places.into_iter().flatten().find_map(|place| FileSystem::of(place).ok()))
        });
        let warning = looked.await.ok().flatten().and_then(FileSystem::warning)?;
        Some(format!("the vault is not safe where it is: {warning}"))
    }

    async fn standing_open(&self) -> Option<Standing> {
        let mut open = self.open.lock().await;
        self.close_if_due(&mut open);
        let vault = &open.as_ref()?.vault;
        let entries = vault.entries().len() + vault.unreadable().len();
        let warnings = vault.warnings().iter().map(sentence).collect();
        Some(Standing::Unlocked { entries: u32::try_from(entries).unwrap_or(u32::MAX), warnings })
    }
}

/// An error and what is behind it, in one sentence.
fn sentence(error: &impl std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
