//! The recovery sheet as text: for the drawer, typed in again on the day on which everything else is lost.

use fob_ambient::UnixTime;
use fob_exchange::{Exported, NotWritten, Record};
use zeroize::Zeroizing;

use crate::text::{account, moment, shown};

/// Letters of a secret that stand together: people type them again in groups.
const GROUP: usize = 4;

/// The sheet.
pub(super) fn text(records: &[Record], now: UnixTime) -> Exported {
    let mut sheet = Zeroizing::new(String::with_capacity(records.len() * 512 + 512));
    sheet.push_str(&format!("One-time codes, written by fob on {}\n", moment(now.0)));
    sheet.push_str("Keep it where you keep your passport: whoever reads it has the codes.\n");
    sheet.push_str("Any program for one-time codes takes a secret by hand.\n");
    for record in records {
        sheet.push_str(&format!("\n{}\n", account(&record.issuer, &record.account)));
        for (what, value) in facts(record) {
            sheet.push_str(&format!("  {what:9} {}\n", *value));
        }
    }
    written(&sheet, records)
}

/// A sheet that is done. Notes are left out, which is said: they would make it too long.
pub(super) fn written(sheet: &str, records: &[Record]) -> Exported {
    let with_notes = records.iter().filter(|record| !record.notes.is_empty());
    let lost = |record: &Record| NotWritten { entry: record.label(), what: "the sheet has no room for its notes" };
    let changed = with_notes.map(lost).collect();
    let bytes = Zeroizing::new(sheet.as_bytes().to_vec());
    Exported { bytes, written: records.len(), changed, refused: Vec::new() }
}

/// What has to be typed in again.
pub(super) fn facts(record: &Record) -> Vec<(&'static str, Zeroizing<String>)> {
    let mut facts = vec![("secret", grouped(&record.secret.to_base32())), ("codes", Zeroizing::new(codes(record)))];
    facts.extend(record.kind.pin().map(|pin| ("PIN", Zeroizing::new(shown(pin)))));
    let codes = record.recovery_codes.iter().map(|code| ("recovery", Zeroizing::new(shown(code.expose()))));
    facts.extend(codes);
    facts
}

fn codes(record: &Record) -> String {
    let algorithm = record.algorithm.name();
    let mut words = format!("{}, {} digits, {}", shown(record.kind.name()), record.digits, shown(algorithm));
    words.extend(record.kind.period().map(|period| format!(", every {period} s")));
    words.extend(record.kind.counter().map(|counter| format!(", counter {counter}")));
    words
}

fn grouped(secret: &str) -> Zeroizing<String> {
    let mut grouped = Zeroizing::new(String::with_capacity(secret.len() * 2));
    for (place, letter) in secret.chars().enumerate() {
        if place > 0 && place.is_multiple_of(GROUP) {
            grouped.push(' ');
        }
        grouped.push(letter);
    }
    grouped
}
