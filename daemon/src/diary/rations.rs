//! How many entries of their own a caller's refusals get. What is beyond that is one entry, which counts the rest.

use fob_bus::types::LogEntry;

use super::waiting::is_soon;
use super::words::ABOUT_THE_LOG;

/// Entries of one caller's refusals within a minute.
const EACH: usize = 8;
/// Most callers that are counted apart. A program can be copied as often as somebody likes.
const CALLERS: usize = 16;
/// What all others are named by.
const OTHERS: &str = "(several programs)";
/// Why an entry stands for more than one refusal.
const MORE: &str = "more was refused to it than has entries of its own";

/// What has been used up.
#[derive(Debug, Default)]
pub(super) struct Rations(Vec<Ration>);

/// That of one caller.
#[derive(Debug)]
struct Ration {
    door: String,
    program: String,
    tier: String,
    since: u64,
    used: usize,
}

impl Rations {
    /// The entry of a refusal: itself, or the one that counts its caller's further ones.
    pub(super) fn rationed(&mut self, entry: LogEntry) -> LogEntry {
        // Also after a clock was set back.
        self.0.retain(|ration| is_soon(ration.since, entry.time));
        let is_full = self.0.len() >= CALLERS;
        let known = self.0.iter_mut().find(|ration| ration.is_of(&entry));
        match known {
            Some(ration) if ration.used >= EACH => more(entry),
            Some(ration) => {
                ration.used += 1;
                entry
            }
            None if is_full => more(LogEntry { program: OTHERS.to_owned(), pid: None, ..entry }),
            None => {
                self.0.push(Ration::begun_by(&entry));
                entry
            }
        }
    }
}

impl Ration {
    fn begun_by(entry: &LogEntry) -> Self {
        let LogEntry { door, program, tier, time, .. } = entry.clone();
        Self { door, program, tier, since: time, used: 1 }
    }

    fn is_of(&self, entry: &LogEntry) -> bool {
        self.program == entry.program && self.door == entry.door && self.tier == entry.tier
    }
}

/// The entry that counts this caller's further refusals.
fn more(entry: LogEntry) -> LogEntry {
    LogEntry { kind: ABOUT_THE_LOG.to_owned(), what: None, why: MORE.to_owned(), ..entry }
}
