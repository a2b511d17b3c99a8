//! Secrets on their way out, after a fresh proof of who is there.

use std::collections::HashSet;

use fob_bus::types::{ExportInfo, FreshOptions, UriInfo};
use fob_bus::{CallError, ErrorKind};
use fob_otp::{Extras, Kind, printable, write_json};
use fob_vault::{Entry, EntryId, UnlockedVault};
use zeroize::Zeroizing;

use super::{lookup, shown};
use crate::errors;
use crate::secret::Proof;

/// The URI of the entry that `query` names, and what is said about it.
pub(super) fn uri(
    vault: &UnlockedVault,
    query: &str,
    proof: &Proof,
) -> Result<(UriInfo, Zeroizing<Vec<u8>>), CallError> {
    let entry = lookup::one(vault, query)?;
    if let Kind::Other { name } = &entry.account.kind {
        let message = format!("{} has no URI: its kind is {}", lookup::of(entry), printable(name));
        return Err(CallError::new(ErrorKind::EntryUnusable, message));
    }
    check(proof, vault)?;
    let info = UriInfo {
        id: entry.id.to_string(),
        issuer: printable(&entry.account.issuer).into_owned(),
        name: printable(&entry.account.name).into_owned(),
        lost: lost(entry),
    };
    // The text itself becomes the bytes, so no copy of the secret stays behind.
    Ok((info, Zeroizing::new(std::mem::take(&mut *entry.account.to_uri()).into_bytes())))
}

/// What a URI has no place for.
fn lost(entry: &Entry) -> Vec<String> {
    let Extras { note, tags, favourite, icon, recovery_codes, sites } = &entry.extras;
    let parts = [
        (note.is_some(), "a URI has no place for its note"),
        (!tags.is_empty(), "a URI has no place for its tags"),
        (*favourite, "a URI has no place for its mark as a favourite"),
        (icon.is_some(), "a URI has no place for its icon"),
        (!recovery_codes.is_empty(), "a URI has no place for its recovery codes"),
        (!sites.is_empty(), "a URI has no place for its sites"),
    ];
    let parts = parts.into_iter().filter_map(|(there, what)| there.then_some(what));
    entry.account.lost_in_uri().into_iter().chain(parts).map(str::to_owned).collect()
}

/// All accounts, or those of these ids, as fob's own JSON.
pub(super) fn export(
    vault: &UnlockedVault,
    proof: &Proof,
    options: &FreshOptions,
) -> Result<(ExportInfo, Zeroizing<Vec<u8>>), CallError> {
    let entries = wanted(vault, options.ids.as_deref())?;
    check(proof, vault)?;
    let json = write_json(entries.iter().map(|entry| (&entry.account, &entry.extras)));
    let unreadable = match options.ids {
        Some(_) => Vec::new(),
        None => vault.unreadable().iter().map(|odd| lookup::label(&odd.issuer, &odd.name)).collect(),
    };
    Ok((ExportInfo { written: shown::number(entries.len()), unreadable }, json))
}

fn wanted<'a>(vault: &'a UnlockedVault, ids: Option<&[String]>) -> Result<Vec<&'a Entry>, CallError> {
    let Some(ids) = ids else { return Ok(vault.entries().iter().collect()) };
    let known = |id: &String| {
        let id = id.parse().ok().filter(|&id: &EntryId| vault.entry(id).is_some());
        id.ok_or_else(|| CallError::new(ErrorKind::UnknownEntry, "no account has one of these ids"))
    };
    let ids = ids.iter().map(known).collect::<Result<HashSet<EntryId>, _>>()?;
    Ok(vault.entries().iter().filter(|entry| ids.contains(&entry.id)).collect())
}

/// Holds what was presented against the open vault. Takes as long as Argon2 takes.
fn check(proof: &Proof, vault: &UnlockedVault) -> Result<(), CallError> {
    vault.prove(&proof.opening()).map_err(|error| errors::vault(&error))
}
