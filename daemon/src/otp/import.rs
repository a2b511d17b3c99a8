//! New accounts: one from a URI, or a whole list, all or none.

use fob_bus::types::{Added, ImportReport, Refused};
use fob_bus::{CallError, ErrorKind};
use fob_otp::{Account, Kind, ListLine, Parsed, Warning, printable};
use fob_vault::{Entry, UnlockedVault};
use fob_webauthn::Origin;
use subtle::ConstantTimeEq;

use super::lookup;
use crate::errors;

/// What comes with a new account.
#[derive(Debug, Default)]
pub(super) struct Terms {
    /// The site that may have its codes.
    pub(super) site: Option<Origin>,
    /// Whether it must not share its name: a stranger chose it, and could pass for another account.
    pub(super) unique: bool,
}

/// Adds one account.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] when the vault gives its codes already (twice the same counter would fall apart), or
/// has its name against the terms.
pub(super) fn add(vault: &mut UnlockedVault, parsed: Parsed, terms: Terms) -> Result<Added, CallError> {
    if let Some(entry) = vault.duplicate_of(&parsed.account).and_then(|id| vault.entry(id)) {
        let message = format!("the vault gives these codes already, as {}", lookup::of(entry));
        return Err(CallError::new(ErrorKind::InvalidInput, message));
    }
    let mut added = described(&parsed);
    match vault.entries().iter().find(|entry| has_name_of(entry, &parsed.account)) {
        Some(twin) if terms.unique => {
            let name = lookup::of(twin);
            let message = format!("the vault has {name} already, and one name for two accounts would mislead");
            return Err(CallError::new(ErrorKind::InvalidInput, message));
        }
        Some(_) => added.warnings.push("another account has the same name".to_owned()),
        None => {}
    }
    let sites = terms.site.iter().map(|site| site.as_str().to_owned()).collect();
    added.id = vault.add_for(parsed.account, sites).map_err(|error| errors::vault(&error))?.to_string();
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

/// Whether a person could take one for the other: the same letters, whatever the case and whatever does not show.
fn has_name_of(entry: &Entry, account: &Account) -> bool {
    let seen = |text: &str| printable(text).trim().to_lowercase();
    let ours = &entry.account;
    (seen(&ours.issuer), seen(&ours.name)) == (seen(&account.issuer), seen(&account.name))
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
