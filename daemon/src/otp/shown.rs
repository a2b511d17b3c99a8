//! Entries as they may be shown: everything but the seed, and no text that could move a cursor.

use fob_bus::types::EntryInfo;
use fob_otp::{Kind, printable};
use fob_vault::{Entry, UnlockedVault, Unreadable};

/// What `kind` says of an entry that this fob cannot read.
const OTHER: &str = "other";

/// All entries, odd ones last.
pub(super) fn all(vault: &UnlockedVault) -> Vec<EntryInfo> {
    vault.entries().iter().map(entry).chain(vault.unreadable().iter().map(odd)).collect()
}

/// One entry.
pub(super) fn entry(entry: &Entry) -> EntryInfo {
    let account = &entry.account;
    let (period, counter) = match account.kind {
        Kind::Totp { period } => (Some(period), None),
        Kind::Hotp { counter } => (None, Some(counter)),
    };
    EntryInfo {
        id: entry.id.to_string(),
        issuer: printable(&account.issuer).into_owned(),
        name: printable(&account.name).into_owned(),
        kind: account.kind.name().to_owned(),
        digits: Some(account.digits.into()),
        algorithm: Some(account.algorithm.name().to_owned()),
        period,
        counter,
        unusable: account.usable().err().map(|reason| reason.to_string()),
        sites: Some(entry.sites.iter().map(|site| printable(site).into_owned()).collect()),
    }
}

fn odd(unreadable: &Unreadable) -> EntryInfo {
    EntryInfo {
        id: unreadable.id.map(|id| id.to_string()).unwrap_or_default(),
        issuer: printable(&unreadable.issuer).into_owned(),
        name: printable(&unreadable.name).into_owned(),
        kind: OTHER.to_owned(),
        unusable: Some(printable(&unreadable.reason).into_owned()),
        ..EntryInfo::default()
    }
}
