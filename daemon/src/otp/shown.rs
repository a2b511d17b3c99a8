//! Entries as they may be shown: everything but secrets, and no text that could move a cursor.

use fob_bus::types::{EntryInfo, HistoryEvent, event};
use fob_otp::printable;
use fob_vault::{Entry, Event, Record, Removed, UnlockedVault, Unreadable};

/// What `kind` says of an entry that this fob cannot read.
const OTHER: &str = "other";

/// All entries, odd ones last.
pub(super) fn all(vault: &UnlockedVault) -> Vec<EntryInfo> {
    vault.entries().iter().map(entry).chain(vault.unreadable().iter().map(odd)).collect()
}

/// One entry.
pub(super) fn entry(entry: &Entry) -> EntryInfo {
    EntryInfo {
        id: entry.id.to_string(),
        issuer: text(&entry.issuer),
        name: text(&entry.name),
        kind: text(entry.kind.name()),
        digits: Some(entry.digits.into()),
        algorithm: Some(text(entry.algorithm.name())),
        period: entry.kind.period(),
        counter: entry.kind.counter(),
        pin: entry.kind.wants_pin().then_some(entry.has_pin),
        unusable: entry.usable().err().map(|reason| text(&reason.to_string())),
        resync: entry.resync.then_some(true),
        sites: Some(texts(entry.sites())),
        tags: Some(texts(entry.tags())),
        favourite: Some(entry.favourite),
        icon: entry.icon().map(text),
        note: Some(entry.has_note),
        recovery_codes: Some(number(entry.unused_codes)),
        recovery_codes_used: Some(number(entry.used_codes)),
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
pub(super) fn history(entry: &Record) -> Vec<HistoryEvent> {
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
