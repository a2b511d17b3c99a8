//! Events that are not written yet. Bounded: the oldest refusals go first, and are counted.
//!
//! Anybody may have as much refused as it likes, and what was given must not be pushed out of the log by it. So what
//! happens again is counted, whatever happens between, and refusals are `rationed`.

use std::collections::VecDeque;

use fob_bus::types::LogEntry;

use super::rations::Rations;
use super::words::{REFUSED, about_the_log};

/// Most events that wait: at most 4 KiB each.
const ROOM: usize = 256;
/// Among so many of the latest the same event is looked for.
const LOOKED_AT: usize = 32;
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
    rations: Rations,
}

impl Waiting {
    /// Lets an event wait, or counts it with one that is the same; whether it is time to write.
    pub(crate) fn note(&mut self, entry: LogEntry, now: u64) -> bool {
        if self.is_counted(&entry, now) {
            return false;
        }
        let entry = if entry.result == REFUSED { self.rations.rationed(entry) } else { entry };
        // One that stands for several may be there.
        if self.is_counted(&entry, now) {
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

    /// Counts an event with the latest that is the same, if there is one.
    fn is_counted(&mut self, entry: &LogEntry, now: u64) -> bool {
        let mut latest = self.entries.iter_mut().rev().take(LOOKED_AT);
        let Some(same) = latest.find(|earlier| is_again(earlier, entry)) else { return false };
        same.times = Some(same.times.unwrap_or(1).saturating_add(1));
        same.last = Some(now);
        same.pid = same.pid.filter(|pid| entry.pid == Some(*pid));
        true
    }

    /// What was given is there for longer than what was refused: nobody has it without leave.
    fn make_room(&mut self) {
        while self.entries.len() > ROOM {
            let oldest = self.entries.iter().position(|entry| entry.result == REFUSED).unwrap_or(0);
            let gone = self.entries.remove(oldest).and_then(|entry| entry.times).unwrap_or(1);
            self.lost = self.lost.saturating_add(gone);
        }
    }
}

/// Whether an event is an earlier one once more. A process of the same program is the same: it may be a new one each time.
fn is_again(earlier: &LogEntry, entry: &LogEntry) -> bool {
    // A clock that was set back begins a new one.
    is_soon(earlier.time, entry.time) && entry.time >= earlier.last.unwrap_or(0) && what(earlier) == what(entry)
}

/// Whether this is less than [`SAME`] after that.
pub(super) fn is_soon(earlier: u64, now: u64) -> bool {
    now.checked_sub(earlier).is_some_and(|passed| passed < SAME)
}

fn what(entry: &LogEntry) -> ([&str; 6], Option<&str>) {
    let LogEntry { door, program, tier, kind, what, result, why, .. } = entry;
    ([door, program, tier, kind, result, why], what.as_deref())
}
