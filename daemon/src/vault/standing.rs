//! How things stand with the vault, for `Manager1.Status`.

use std::sync::Arc;

use fob_bus::CallError;
use fob_bus::types::vault_state;
use fob_vault::{FileSystem, LockedVault, VaultError};

use super::Keeper;
use super::state::State;
use crate::errors;
use crate::thread::blocking;

/// How things stand.
#[derive(Debug)]
pub(crate) enum Standing {
    /// There is no vault.
    None,
    /// There is one, as sound as that shows without its key.
    Locked,
    /// Its key is in memory, behind the quick PIN.
    SoftLocked {
        /// In how many seconds it becomes a full lock.
        until: u64,
    },
    /// It is open.
    Unlocked {
        /// How many entries it has, odd ones included.
        entries: u32,
        /// What somebody should know, as sentences.
        warnings: Vec<String>,
        /// Whether there is a PIN for the soft lock.
        quick_pin: bool,
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
            Self::SoftLocked { .. } => vault_state::SOFT_LOCKED,
            Self::Unlocked { .. } => vault_state::UNLOCKED,
            Self::Unusable(_) => vault_state::UNUSABLE,
        }
    }
}

impl Keeper {
    /// Looks how things stand: at the open vault, or at the file as it is now. Not a use.
    pub(crate) async fn standing(self: &Arc<Self>) -> Standing {
        if let Some(standing) = self.standing_in_memory().await {
            return standing;
        }
        let _turn = self.looking.lock().await;
        let keeper = self.clone();
        let looked = blocking(move || {
            Ok(match LockedVault::open(&keeper.path, &keeper.context) {
                Ok(_) => Standing::Locked,
                Err(VaultError::Missing { .. }) => keeper.gone().map_or(Standing::None, Standing::Unusable),
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

    async fn standing_in_memory(&self) -> Option<Standing> {
        let mut state = self.state.lock().await;
        self.close_if_due(&mut state);
        let vault = match &*state {
            State::Closed => return None,
            State::Soft(soft) => {
                let left = soft.lock.until().since(self.clock.boottime());
                return Some(Standing::SoftLocked { until: left.0.div_ceil(1_000) });
            }
            State::Open(open) => &open.vault,
        };
        let entries = vault.entries().len() + vault.unreadable().len();
        let warnings = vault.warnings().iter().map(sentence).chain(self.diary_warning()).collect();
        let quick_pin = vault.has_quick_pin();
        Some(Standing::Unlocked { entries: u32::try_from(entries).unwrap_or(u32::MAX), warnings, quick_pin })
    }
}

/// An error and what is behind it, in one sentence.
fn sentence(error: &impl std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
