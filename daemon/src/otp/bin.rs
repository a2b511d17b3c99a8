//! Removed accounts, and their way back.

use fob_bus::types::EntryInfo;
use fob_bus::{CallError, ErrorKind};
use fob_otp::printable;
use fob_vault::{EntryId, Removed, UnlockedVault};

use super::{add, lookup, shown};
use crate::errors;

/// Puts the entry that `query` names into the bin; `confirm` is its id.
pub(super) fn remove(vault: &mut UnlockedVault, query: &str, confirm: &str) -> Result<EntryInfo, CallError> {
    let id = lookup::confirmed(lookup::one(vault, query)?, confirm)?;
    vault.remove(id).map_err(|error| errors::vault(&error))?;
    in_bin(vault, id).map(shown::removed).ok_or_else(|| lookup::unknown(query))
}

/// What lies in the bin, the latest first.
pub(super) fn all(vault: &UnlockedVault) -> Vec<EntryInfo> {
    vault.bin().rev().map(shown::removed).collect()
}

/// Takes the entry that `query` names out of the bin again, or the last one that was removed.
///
/// # Errors
/// Those of the lookup and the vault; [`ErrorKind::InvalidInput`] when the vault gives its codes by now.
pub(super) fn restore(vault: &mut UnlockedVault, query: &str) -> Result<EntryInfo, CallError> {
    let id = wanted(vault, query)?;
    if let Some(removed) = vault.reveal_removed(id) {
        add::no_duplicate(vault, &removed.account)?;
    }
    vault.restore(id).map_err(|error| errors::vault(&error))?;
    vault.entry(id).map(shown::entry).ok_or_else(|| lookup::unknown(query))
}

fn wanted(vault: &UnlockedVault, query: &str) -> Result<EntryId, CallError> {
    if query.trim().is_empty() {
        let nothing = || CallError::new(ErrorKind::UnknownEntry, "there is nothing in the bin");
        return vault.bin().next_back().map(|removed| removed.entry.id).ok_or_else(nothing);
    }
    if let Some(removed) = query.parse().ok().and_then(|id| in_bin(vault, id)) {
        return Ok(removed.entry.id);
    }
    lookup::among(query, vault.bin().map(|removed| &removed.entry)).map(|entry| entry.id)
}

/// Forgets removed entries for good, and entries that this fob cannot read, which no bin takes: all of them or none; how
/// many.
///
/// # Errors
/// [`ErrorKind::UnknownEntry`] for an id of neither.
pub(super) fn purge(vault: &mut UnlockedVault, ids: &[String]) -> Result<u32, CallError> {
    let in_it = |id: &String| {
        let odd = |id: EntryId| vault.entry(id).is_none() && vault.unreadable().iter().any(|odd| odd.id == Some(id));
        let found = id.parse().ok().filter(|&id| in_bin(vault, id).is_some() || odd(id));
        let message = || format!("no account in the bin has the id {}", printable(id));
        found.ok_or_else(|| CallError::new(ErrorKind::UnknownEntry, message()))
    };
    let ids = ids.iter().map(in_it).collect::<Result<Vec<EntryId>, _>>()?;
    vault.purge(&ids).map(shown::number).map_err(|error| errors::vault(&error))
}

fn in_bin(vault: &UnlockedVault, id: EntryId) -> Option<&Removed> {
    vault.bin().find(|removed| removed.entry.id == id)
}
