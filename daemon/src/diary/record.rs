//! An entry of the log as a record: a map in canonical CBOR. Fields of a later fob are passed over.

use fob_bus::types::LogEntry;
use fob_cbor::{Limits, Map, Value, encode};
use fob_vault::Line;
use zeroize::Zeroizing;

use super::words::about_the_log;

/// Maps inside one another that a record may have, of a later fob.
const DEPTH: usize = 4;

/// The record of an entry.
pub(crate) fn to_record(entry: &LogEntry) -> Zeroizing<Vec<u8>> {
    let mut map = Map::new();
    map.insert("time", entry.time);
    let numbers = [("last", entry.last), ("times", entry.times.map(u64::from))];
    for (name, number) in numbers {
        number.map(|number| map.insert(name, number));
    }
    if let Some(pid) = entry.pid {
        map.insert("pid", Value::int(pid.into()));
    }
    let texts = [
        ("door", Some(&entry.door)),
        ("program", Some(&entry.program)),
        ("tier", Some(&entry.tier)),
        ("kind", Some(&entry.kind)),
        ("what", entry.what.as_ref()),
        ("result", Some(&entry.result)),
        ("why", Some(&entry.why)),
    ];
    for (name, text) in texts {
        text.map(|text| map.insert(name, text.as_str()));
    }
    Zeroizing::new(encode(&Value::Map(map)))
}

/// The entries of what was read. What does not make sense is one that says so, with the time of the one before.
pub(crate) fn from_lines(lines: Vec<Line>) -> Vec<LogEntry> {
    let mut entries: Vec<LogEntry> = Vec::with_capacity(lines.len());
    for line in lines {
        let (read, why) = match line {
            Line::Record(record) => (from_record(&record), "an entry was written by another fob"),
            Line::Damaged => (None, "a part of the log is damaged"),
        };
        let before = entries.last().map_or(0, |entry| entry.time);
        entries.push(read.unwrap_or_else(|| about_the_log(before, None, why)));
    }
    entries
}

fn from_record(record: &[u8]) -> Option<LogEntry> {
    let value = fob_cbor::decode(record, Limits::deep(DEPTH)).ok()?;
    let map = value.as_map()?;
    let number = |name| map.get_text(name).and_then(Value::as_u64);
    let text = |name| map.get_text(name).and_then(Value::as_text).map(str::to_owned);
    Some(LogEntry {
        time: number("time")?,
        last: number("last"),
        times: number("times").and_then(|times| times.try_into().ok()),
        door: text("door")?,
        program: text("program")?,
        pid: map.get_text("pid").and_then(Value::as_i64).and_then(|pid| pid.try_into().ok()),
        tier: text("tier")?,
        kind: text("kind")?,
        what: text("what"),
        result: text("result")?,
        why: text("why")?,
    })
}
