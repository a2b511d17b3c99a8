//! How things stand with the vault, for `Manager1.Status`.

use fob_bus::CallError;
use fob_bus::types::vault_state;
use fob_vault::{LockedVault, VaultError};

use super::Keeper;
use crate::errors;

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
    pub(crate) async fn standing(&self) -> Standing {
        if let Some(open) = self.open.lock().await.as_ref() {
            let entries = open.vault.entries().len() + open.vault.unreadable().len();
            let warnings = open.vault.warnings().iter().map(sentence).collect();
            return Standing::Unlocked { entries: u32::try_from(entries).unwrap_or(u32::MAX), warnings };
        }
        match LockedVault::open(&self.path, &self.context) {
            Ok(_) => Standing::Locked,
            Err(VaultError::Missing { .. }) => Standing::None,
            Err(error) => Standing::Unusable(errors::vault(&error)),
        }
    }
}

/// An error and what is behind it, in one sentence.
fn sentence(error: &impl std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
