//! From what a caller wrote to the one entry that is meant: an id, or words that `fob_otp::search` understands.

use fob_bus::{CallError, ErrorKind};
use fob_otp::{Found, Unusable, printable, search};
use fob_vault::{Entry, EntryId, Record, UnlockedVault};

/// Most candidates that an error lists.
const LISTED: usize = 20;

/// The one entry that `query` names.
///
/// # Errors
/// [`ErrorKind::UnknownEntry`]; [`ErrorKind::AmbiguousEntry`] with the candidates.
pub(super) fn one<'a>(vault: &'a UnlockedVault, query: &str) -> Result<&'a Entry, CallError> {
    if let Some(entry) = query.parse().ok().and_then(|id| vault.entry(id)) {
        return Ok(entry);
    }
    among(query, vault.entries().iter())
}

/// The one of these entries that the words of `query` name.
///
/// # Errors
/// As [`one`].
pub(super) fn among<'a>(query: &str, entries: impl Iterator<Item = &'a Entry> + Clone) -> Result<&'a Entry, CallError> {
    let entries = entries.map(|entry| (entry, entry.issuer.as_str(), entry.name.as_str()));
    match search(query, entries) {
        Found::One(entry) => Ok(entry),
        Found::Nothing => Err(unknown(query)),
        Found::Several(entries) => {
            let message = format!("{} accounts match {}", entries.len(), printable(query));
            let candidates = told_apart(&entries);
            Err(CallError::new(ErrorKind::AmbiguousEntry, message).with_candidates(candidates))
        }
    }
}

/// The entry with its secrets, for as long as they are needed.
///
/// # Errors
/// [`ErrorKind::UnknownEntry`] for an entry of another vault.
pub(super) fn revealed(vault: &UnlockedVault, entry: &Entry) -> Result<Record, CallError> {
    vault.reveal(entry.id).ok_or_else(|| unknown(&entry.id.to_string()))
}

/// Makes sure that the caller means this entry: it has to say its id.
///
/// # Errors
/// [`ErrorKind::InvalidInput`].
pub(super) fn confirmed(entry: &Entry, id: &str) -> Result<EntryId, CallError> {
    if entry.id.to_string() == id {
        return Ok(entry.id);
    }
    Err(CallError::new(ErrorKind::InvalidInput, format!("{} was not confirmed by its id", of(entry))))
}

/// Nothing matches.
pub(super) fn unknown(query: &str) -> CallError {
    CallError::new(ErrorKind::UnknownEntry, format!("no account matches {}", printable(query)))
}

/// The entry gives no code.
pub(super) fn unusable(entry: &Entry, reason: &Unusable) -> CallError {
    CallError::new(ErrorKind::EntryUnusable, format!("{} gives no code: {}", of(entry), printable(&reason.to_string())))
}

/// How they are called; an id behind a label that several have, which can be typed instead.
fn told_apart(entries: &[&Entry]) -> Vec<String> {
    let labels: Vec<String> = entries.iter().map(|entry| of(entry)).collect();
    let candidates = entries.iter().zip(&labels).take(LISTED).map(|(entry, label)| {
        let alone = labels.iter().filter(|other| *other == label).count() == 1;
        if alone { label.clone() } else { format!("{label} (id {})", entry.id) }
    });
    candidates.collect()
}

/// How an entry is called in a sentence.
pub(super) fn of(entry: &Entry) -> String {
    label(&entry.issuer, &entry.name)
}

/// `issuer:name`, or the one of them that there is.
pub(crate) fn label(issuer: &str, name: &str) -> String {
    let (issuer, name) = (printable(issuer), printable(name));
    match (issuer.is_empty(), name.is_empty()) {
        (true, true) => "an account without a name".to_owned(),
        (true, false) => name.into_owned(),
        (false, true) => issuer.into_owned(),
        (false, false) => format!("{issuer}:{name}"),
    }
}
