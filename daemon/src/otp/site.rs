//! Sites: which of them may have the codes of an entry. A code is worth a sign-in, so it goes to a site only after a
//! person has bound the entry to it; what a server calls itself binds nothing.

use fob_bus::types::EntryInfo;
use fob_bus::{CallError, ErrorKind};
use fob_otp::printable;
use fob_vault::{Entry, UnlockedVault};
use fob_webauthn::Origin;

use super::{lookup, shown};
use crate::errors;

/// A site as the browser writes it. Entries are bound to these, letter by letter.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for what is no origin, or one over a network without TLS.
pub(super) fn parse(text: &str) -> Result<Origin, CallError> {
    Origin::parse(text).map_err(|error| {
        let message = format!("{} is no site that can have codes: {error}", printable(text));
        CallError::new(ErrorKind::InvalidInput, message)
    })
}

/// The one entry that `query` names among those bound to this site.
///
/// # Errors
/// [`ErrorKind::Denied`] when none of them is meant; [`ErrorKind::AmbiguousEntry`] with the candidates.
pub(super) fn bound<'a>(vault: &'a UnlockedVault, query: &str, site: &Origin) -> Result<&'a Entry, CallError> {
    let is_bound = |entry: &&Entry| entry.is_for(site.as_str());
    if let Some(entry) = query.parse().ok().and_then(|id| vault.entry(id)).filter(is_bound) {
        return Ok(entry);
    }
    lookup::among(query, vault.entries().iter().filter(is_bound)).map_err(|error| match error.kind {
        ErrorKind::UnknownEntry => {
            let message =
                format!("no account that matches {} is bound to {site}, so it gets no code", printable(query));
            CallError::new(ErrorKind::Denied, message)
        }
        _ => error,
    })
}

/// Binds the entry that `query` names, or lets go of it; `confirm` is its id, so that nothing else is bound by a slip.
///
/// # Errors
/// Those of the lookup and the vault; [`ErrorKind::InvalidInput`].
pub(super) fn bind(
    vault: &mut UnlockedVault,
    query: &str,
    confirm: &str,
    site: &Origin,
    bound: bool,
) -> Result<EntryInfo, CallError> {
    let id = lookup::confirmed(lookup::one(vault, query)?, confirm)?;
    vault.bind(id, site.as_str(), bound).map_err(|error| errors::vault(&error))?;
    vault.entry(id).map(shown::entry).ok_or_else(|| lookup::unknown(query))
}
