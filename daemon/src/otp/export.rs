//! Secrets on their way out. Whoever calls has held a fresh proof of who is there against the vault.

use std::collections::HashSet;

use fob_bus::types::{ExportInfo, FreshOptions, UriInfo};
use fob_bus::{CallError, ErrorKind};
use fob_otp::{Extras, Kind, printable, write_json};
use fob_vault::{Entry, EntryId, Record, UnlockedVault};
use zeroize::Zeroizing;

use super::{lookup, shown};

/// The URI of the entry that `query` names, and what is said about it.
pub(super) fn uri(vault: &UnlockedVault, query: &str) -> Result<(UriInfo, Zeroizing<Vec<u8>>), CallError> {
    let entry = lookup::one(vault, query)?;
    if let Kind::Other { name } = &entry.kind {
        let message = format!("{} has no URI: its kind is {}", lookup::of(entry), printable(name));
        return Err(CallError::new(ErrorKind::EntryUnusable, message));
    }
    let record = lookup::revealed(vault, entry)?;
    let info = UriInfo {
        id: entry.id.to_string(),
        issuer: printable(&entry.issuer).into_owned(),
        name: printable(&entry.name).into_owned(),
        lost: lost(&record),
    };
    // The text itself becomes the bytes, so no copy of the secret stays behind.
    Ok((info, Zeroizing::new(std::mem::take(&mut *record.account.to_uri()).into_bytes())))
}

/// What a URI has no place for.
fn lost(record: &Record) -> Vec<String> {
    let Extras { note, tags, favourite, icon, recovery_codes, sites } = &record.extras;
    let parts = [
        (note.is_some(), "a URI has no place for its note"),
        (!tags.is_empty(), "a URI has no place for its tags"),
        (*favourite, "a URI has no place for its mark as a favourite"),
        (icon.is_some(), "a URI has no place for its icon"),
        (!recovery_codes.is_empty(), "a URI has no place for its recovery codes"),
        (!sites.is_empty(), "a URI has no place for its sites"),
    ];
    let parts = parts.into_iter().filter_map(|(there, what)| there.then_some(what));
    record.account.lost_in_uri().into_iter().chain(parts).map(str::to_owned).collect()
}

/// All accounts, or those of these ids, as fob's own JSON.
pub(super) fn export(
    vault: &UnlockedVault,
    options: &FreshOptions,
) -> Result<(ExportInfo, Zeroizing<Vec<u8>>), CallError> {
    let entries = wanted(vault, options.ids.as_deref())?;
    let records = entries.iter().map(|entry| lookup::revealed(vault, entry)).collect::<Result<Vec<Record>, _>>()?;
    let json = write_json(records.iter().map(|record| (&record.account, &record.extras)));
    let unreadable = match options.ids {
        Some(_) => Vec::new(),
        None => vault.unreadable().iter().map(|odd| lookup::label(&odd.issuer, &odd.name)).collect(),
    };
    Ok((ExportInfo { written: shown::number(entries.len()), unreadable }, json))
}

/// The accounts that are meant.
pub(super) fn wanted<'a>(vault: &'a UnlockedVault, ids: Option<&[String]>) -> Result<Vec<&'a Entry>, CallError> {
    let Some(ids) = ids else { return Ok(vault.entries().iter().collect()) };
    let known = |id: &String| {
        let id = id.parse().ok().filter(|&id: &EntryId| vault.entry(id).is_some());
        id.ok_or_else(|| CallError::new(ErrorKind::UnknownEntry, "no account has one of these ids"))
    };
    let ids = ids.iter().map(known).collect::<Result<HashSet<EntryId>, _>>()?;
    Ok(vault.entries().iter().filter(|entry| ids.contains(&entry.id)).collect())
}
