//! Entries as they may be shown: everything but secrets, and no text that could move a cursor.

use fob_bus::types::{EntryInfo, HistoryEvent, event};
use fob_otp::printable;
use fob_vault::{Entry, Event, Removed, UnlockedVault, Unreadable};

/// What `kind` says of an entry that this fob cannot read.
const OTHER: &str = "other";

/// All entries, odd ones last.
pub(super) fn all(vault: &UnlockedVault) -> Vec<EntryInfo> {
    vault.entries().iter().map(entry).chain(vault.unreadable().iter().map(odd)).collect()
}

/// One entry.
pub(super) fn entry(entry: &Entry) -> EntryInfo {
    let (account, extras) = (&entry.account, &entry.extras);
    let left = extras.unused_codes();
    EntryInfo {
        id: entry.id.to_string(),
        issuer: text(&account.issuer),
        name: text(&account.name),
        kind: text(account.kind.name()),
        digits: Some(account.digits.into()),
        algorithm: Some(text(account.algorithm.name())),
        period: account.kind.period(),
        counter: account.kind.counter(),
        pin: account.kind.wants_pin().then(|| account.kind.pin().is_some()),
        unusable: account.usable().err().map(|reason| text(&reason.to_string())),
        resync: entry.resync.then_some(true),
        sites: Some(texts(&extras.sites)),
        tags: Some(texts(&extras.tags)),
        favourite: Some(extras.favourite),
        icon: extras.icon.as_deref().map(text),
        note: Some(extras.note.is_some()),
        recovery_codes: Some(number(left)),
        recovery_codes_used: Some(number(extras.recovery_codes.len() - left)),
        created: Some(entry.created.0),
        changed: Some(entry.modified.0),
        removed: None,
        forgotten: None,
    }
}

/// One entry in the bin.
pub(super) fn removed(removed: &Removed) -> EntryInfo {
    EntryInfo { removed: Some(removed.time.0), forgotten: Some(removed.forgotten().0), ..entry(&removed.entry) }
}

fn odd(unreadable: &Unreadable) -> EntryInfo {
    EntryInfo {
        id: unreadable.id.map(|id| id.to_string()).unwrap_or_default(),
        issuer: text(&unreadable.issuer),
        name: text(&unreadable.name),
        kind: OTHER.to_owned(),
        unusable: Some(text(&unreadable.reason)),
        ..EntryInfo::default()
    }
}

/// What happened to an entry, the latest first.
pub(super) fn history(entry: &Entry) -> Vec<HistoryEvent> {
    let added = HistoryEvent { time: entry.created.0, what: event::ADDED.to_owned(), ..HistoryEvent::default() };
    entry.events().rev().map(|event| happened(&event)).chain([added]).collect()
}

fn happened(event: &Event<'_>) -> HistoryEvent {
    let fields: Vec<_> = event.fields().into_iter().map(text).collect();
    HistoryEvent {
        time: event.time().0,
        what: text(event.what()),
        fields: (!fields.is_empty()).then_some(fields),
        issuer: event.issuer().map(text),
        name: event.name().map(text),
        counter: event.counter(),
    }
}

/// A count as it travels.
pub(super) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn text(text: &str) -> String {
    printable(text).into_owned()
}

fn texts(list: &[String]) -> Vec<String> {
    list.iter().map(|item| text(item)).collect()
}
