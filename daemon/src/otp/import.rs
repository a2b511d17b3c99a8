//! New accounts: one from a URI, or a whole list, all or none.

use fob_bus::types::{Added, ImportReport, Refused};
use fob_bus::{CallError, ErrorKind};
use fob_otp::{Account, Kind, ListLine, Parsed, Warning, printable};
use fob_vault::{Entry, UnlockedVault};
use subtle::ConstantTimeEq;

use super::lookup;
use crate::errors;

/// Adds one account.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] when the vault gives its codes already: twice the same counter would fall apart.
pub(super) fn add(vault: &mut UnlockedVault, parsed: Parsed) -> Result<Added, CallError> {
    if let Some(entry) = vault.duplicate_of(&parsed.account).and_then(|id| vault.entry(id)) {
        let message = format!("the vault gives these codes already, as {}", lookup::of(entry));
        return Err(CallError::new(ErrorKind::InvalidInput, message));
    }
    let mut added = described(&parsed);
    let twin = vault.entries().iter().any(|entry| has_name_of(entry, &parsed.account));
    if twin {
        added.warnings.push("another account has the same name".to_owned());
    }
    added.id = vault.add(parsed.account).map_err(|error| errors::vault(&error))?.to_string();
    Ok(added)
}

/// Takes a list over: nothing of it if one line was refused, and only what is new.
///
/// # Errors
/// The vault's.
pub(super) fn import(
    vault: &mut UnlockedVault,
    lines: Vec<ListLine>,
    dry_run: bool,
) -> Result<ImportReport, CallError> {
    let mut report = ImportReport::default();
    let mut accounts: Vec<Account> = Vec::new();
    for line in lines {
        match line.outcome {
            Err(error) => report.refused.push(Refused {
                line: u32::try_from(line.number).unwrap_or(u32::MAX),
                reason: printable(&error.to_string()).into_owned(),
            }),
            Ok(parsed) if is_known(vault, &accounts, &parsed.account) => {
                report.duplicates.push(lookup::label(&parsed.account.issuer, &parsed.account.name));
            }
            Ok(parsed) => {
                report.taken.push(described(&parsed));
                accounts.push(parsed.account);
            }
        }
    }
    if dry_run || !report.refused.is_empty() || accounts.is_empty() {
        return Ok(report);
    }
    let ids = vault.add_all(accounts).map_err(|error| errors::vault(&error))?;
    for (added, id) in report.taken.iter_mut().zip(ids) {
        added.id = id.to_string();
    }
    report.written = true;
    Ok(report)
}

fn described(parsed: &Parsed) -> Added {
    Added {
        id: String::new(),
        issuer: printable(&parsed.account.issuer).into_owned(),
        name: printable(&parsed.account.name).into_owned(),
        warnings: parsed.warnings.iter().map(Warning::to_string).collect(),
    }
}

fn has_name_of(entry: &Entry, account: &Account) -> bool {
    (&entry.account.issuer, &entry.account.name) == (&account.issuer, &account.name)
}

/// Whether the vault, or a line before this one, gives the same codes.
fn is_known(vault: &UnlockedVault, before: &[Account], account: &Account) -> bool {
    vault.duplicate_of(account).is_some() || before.iter().any(|other| give_the_same(other, account))
}

fn give_the_same(one: &Account, other: &Account) -> bool {
    let same_kind = match (&one.kind, &other.kind) {
        (Kind::Hotp { .. }, Kind::Hotp { .. }) => true,
        (one, other) => one == other,
    };
    same_kind
        && (one.algorithm, one.digits) == (other.algorithm, other.digits)
        && bool::from(one.seed.expose().ct_eq(other.seed.expose()))
}
