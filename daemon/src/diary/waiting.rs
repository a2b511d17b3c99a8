//! Events that are not written yet. Bounded: the oldest go first, and are counted.

use std::collections::VecDeque;

use fob_bus::types::LogEntry;

use super::words::about_the_log;

/// Most events that wait: at most 4 KiB each.
const ROOM: usize = 256;
/// New events after which it is time to write.
const ENOUGH: usize = 32;
/// How long after its first time an event that happens again is only counted, in seconds.
const SAME: u64 = 60;
/// Why an entry says that others are missing.
const NO_ROOM: &str = "there was no room for earlier events before they could be written";

/// The queue.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    entries: VecDeque<LogEntry>,
    /// How many came since the last look at whether to write.
    fresh: usize,
    /// How many events there was no room for.
    lost: u32,
}

impl Waiting {
    /// Lets an event wait, or counts it with the one before if that is the same; whether it is time to write.
    pub(crate) fn note(&mut self, entry: LogEntry, now: u64) -> bool {
        if let Some(last) = self.entries.back_mut().filter(|last| is_again(last, &entry)) {
            last.times = Some(last.times.unwrap_or(1).saturating_add(1));
            last.last = Some(now);
            last.pid = last.pid.filter(|pid| entry.pid == Some(*pid));
            return false;
        }
        self.entries.push_back(entry);
        self.make_room();
        self.fresh += 1;
        let due = self.fresh >= ENOUGH;
        if due {
            // Whatever becomes of the writing, the next try is after as many again.
            self.fresh = 0;
        }
        due
    }

    /// All of it, to be written; before it, that some are missing.
    pub(crate) fn take(&mut self) -> Vec<LogEntry> {
        self.fresh = 0;
        let first = self.entries.front().map_or(0, |entry| entry.time);
        let lost = std::mem::take(&mut self.lost);
        let gap = (lost > 0).then(|| about_the_log(first, Some(lost), NO_ROOM));
        gap.into_iter().chain(self.entries.drain(..)).collect()
    }

    /// What could not be written waits again, before whatever came meanwhile.
    pub(crate) fn put_back(&mut self, entries: Vec<LogEntry>) {
        entries.into_iter().rev().for_each(|entry| self.entries.push_front(entry));
        self.make_room();
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn make_room(&mut self) {
        while self.entries.len() > ROOM {
            let gone = self.entries.pop_front().and_then(|entry| entry.times).unwrap_or(1);
            self.lost = self.lost.saturating_add(gone);
        }
    }
}

/// Whether an event is the one before once more. A process of the same program is the same: it may be a new one each time.
fn is_again(last: &LogEntry, entry: &LogEntry) -> bool {
    let what = |entry: &LogEntry| {
        let LogEntry { door, program, tier, kind, what, result, why, .. } = entry.clone();
        (door, program, tier, kind, what, result, why)
    };
    // A clock that was set back begins a new one.
    let soon = entry.time.checked_sub(last.time).is_some_and(|passed| passed < SAME);
    soon && entry.time >= last.last.unwrap_or(0) && what(last) == what(entry)
}
