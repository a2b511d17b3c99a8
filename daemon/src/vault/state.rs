//! What of the vault is in memory.

use fob_vault::{SlotId, SoftLocked, UnlockedVault};

use crate::shield::Secrets;

/// Nothing, its key, or all of it.
#[derive(Default)]
pub(super) enum State {
    /// Nothing.
    #[default]
    Closed,
    /// The key, behind the quick PIN.
    Soft(Box<Soft>),
    /// All of it.
    Open(Box<Open>),
}

/// An open vault. The fields are dropped in this order: first the secrets, then what protects them.
pub(super) struct Open {
    pub(super) vault: UnlockedVault,
    pub(super) _secrets: Secrets,
}

/// A softly locked vault. The fields are dropped as those of [`Open`].
pub(super) struct Soft {
    pub(super) lock: SoftLocked,
    pub(super) secrets: Secrets,
}

impl State {
    /// The vault, if it is open.
    pub(super) fn open(&self) -> Option<&Open> {
        match self {
            Self::Open(open) => Some(open),
            Self::Closed | Self::Soft(_) => None,
        }
    }

    /// The way in that its key came by, if that has an id.
    pub(super) fn opened_by(&self) -> Option<SlotId> {
        match self {
            Self::Closed => None,
            Self::Soft(soft) => soft.lock.opened_by(),
            Self::Open(open) => open.vault.opened_by(),
        }
    }

    /// The same to be changed.
    pub(super) fn open_mut(&mut self) -> Option<&mut Open> {
        match self {
            Self::Open(open) => Some(open),
            Self::Closed | Self::Soft(_) => None,
        }
    }
}
