//! Merging two vaults' entries, one by one: two machines that went on with copies of one vault, or two vaults.
//!
//! [`merge`] is a pure function over two bodies. An entry is known by its id. Of two states of one entry the one that
//! was changed last wins; a counter is never lower than either side's; a removal wins over a state that is older than
//! it, and puts ours into the bin: the other side's clock may be wrong. Where the same entry has two seeds, or two contents of one second, both are kept, ours under the id and theirs
//! under a new one. An entry of theirs that gives the codes of one of ours under another id is not taken twice.
//! Labels, grants and whatever else the body has stay ours.

use std::collections::HashMap;

use fob_ambient::UnixTime;
use fob_cbor::{Map, Value};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::EntryId;
use crate::plain::{Plain, counter, field, id, number, set, text};
use crate::unlocked::UnlockedVault;
use crate::wipe::{Wiped, encode};
use crate::{Occasion, VaultError};

/// What became of one entry that the two vaults did not have alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Only theirs had it: it was added.
    Added,
    /// Both had it, theirs was changed later: it is now as theirs.
    Updated,
    /// Both had it, ours was changed later, or theirs was removed before: it stays as ours.
    Kept,
    /// Both had it, and neither can be given up: theirs was added under this id.
    KeptBoth(EntryId),
    /// Theirs removed it after ours was last changed: it lies in the bin.
    Removed,
    /// Ours removed it after theirs was last changed: it stays gone.
    StaysRemoved,
    /// Theirs gives the codes of this one of ours: it was not added.
    Duplicate(EntryId),
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The entry, if it has an id.
    pub id: Option<EntryId>,
    /// Its issuer. Text from outside.
    pub issuer: String,
    /// Its name. Text from outside.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What a merge did. Entries that both had alike are only counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MergeReport {
    /// Every entry that differed.
    pub entries: Vec<Merged>,
    /// How many were the same on both sides.
    pub same: usize,
}

impl MergeReport {
    /// Whether anything changed on our side.
    #[must_use]
    pub fn changed(&self) -> bool {
        let changes =
            |outcome| matches!(outcome, Outcome::Added | Outcome::Updated | Outcome::KeptBoth(_) | Outcome::Removed);
        self.entries.iter().any(|merged| changes(merged.outcome))
    }

    fn note(&mut self, entry: &Value, outcome: Outcome) {
        let (issuer, name) = (text(entry, "issuer"), text(entry, "name"));
        self.entries.push(Merged { id: id(entry), issuer, name, outcome });
    }
}

impl UnlockedVault {
    /// Takes in what another vault has. The version before is kept for [`Occasion::Merge`]; all of it is written, or
    /// nothing. With `dry_run` nothing changes and the report says what would.
    ///
    /// # Errors
    /// What kept the vault from being written: it is then as before.
    pub fn merge(&mut self, theirs: &Self, dry_run: bool) -> Result<MergeReport, VaultError> {
        let context = self.place.context.clone();
        let mut ours = Plain::of(&self.opened.body);
        let fresh = || EntryId::from(context.random());
        let report = merge(&mut ours, Plain::of(&theirs.opened.body), context.now(), fresh);
        let merged = ours.into_body(self.opened.body.memory().clone());
        if !dry_run && *merged.to_bytes() != *self.opened.body.to_bytes() {
            self.replace_body(merged, Some(Occasion::Merge))?;
        }
        Ok(report)
    }
}

/// Merges `theirs` into `ours`, at the time `now`. `fresh` gives an id that nobody has.
pub(crate) fn merge(
    ours: &mut Plain,
    mut theirs: Plain,
    now: UnixTime,
    mut fresh: impl FnMut() -> EntryId,
) -> MergeReport {
    let mut report = MergeReport::default();
    let (our_traces, their_traces) = (traces(ours.list("removed")), traces(theirs.list("removed")));
    let mut entries = ours.take_list("entries");
    let gone = removed_by_them(&mut entries, &their_traces, &mut report);
    put_into_bin(ours, gone, now);
    let places: HashMap<EntryId, usize> =
        entries.iter().enumerate().filter_map(|(place, entry)| Some((id(entry)?, place))).collect();
    for mut entry in theirs.take_list("entries") {
        let outcome = match id(&entry).and_then(|id| Some((id, *places.get(&id)?))) {
            Some((_, place)) => match entries.get_mut(place) {
                Some(our) => both(our, &mut entry, &mut fresh),
                None => continue,
            },
            None => only_theirs(&mut entries, &entry, &our_traces),
        };
        match outcome {
            None => report.same += 1,
            Some(outcome) => {
                let stays_theirs = matches!(outcome, Outcome::Added | Outcome::KeptBoth(_));
                report.note(&entry, outcome);
                if stays_theirs {
                    entries.push(entry);
                    continue;
                }
            }
        }
        entry.zeroize();
    }
    ours.put_list("entries", entries);
    let mut removed = ours.take_list("removed");
    join_traces(&mut removed, theirs.take_list("removed"));
    ours.put_list("removed", removed);
    report
}

/// When each id was removed last.
fn traces(removed: &[Value]) -> HashMap<EntryId, u64> {
    let mut traces = HashMap::new();
    for trace in removed {
        if let Some(id) = id(trace) {
            let time = traces.entry(id).or_insert(0);
            *time = number(trace, "time").max(*time);
        }
    }
    traces
}

/// Takes out what they removed after it was last changed here; each with the place where it stood.
fn removed_by_them(
    entries: &mut Vec<Value>,
    traces: &HashMap<EntryId, u64>,
    report: &mut MergeReport,
) -> Vec<(usize, Value)> {
    let is_removed =
        |entry: &Value| id(entry).and_then(|id| traces.get(&id)).is_some_and(|&time| time >= number(entry, "modified"));
    let (gone, stay): (Vec<_>, Vec<_>) =
        std::mem::take(entries).into_iter().enumerate().partition(|(_, entry)| is_removed(entry));
    entries.extend(stay.into_iter().map(|(_, entry)| entry));
    gone.iter().for_each(|(_, entry)| report.note(entry, Outcome::Removed));
    gone
}

/// As if they had been removed here and now: the time of the trace may be any.
fn put_into_bin(ours: &mut Plain, gone: Vec<(usize, Value)>, now: UnixTime) {
    if gone.is_empty() {
        return;
    }
    let mut bin = ours.take_list("bin");
    bin.extend(gone.into_iter().map(|(place, entry)| {
        let mut item = Map::new();
        item.insert("time", now.0);
        item.insert("place", place as u64);
        item.insert("entry", entry);
        Value::Map(item)
    }));
    ours.put_list("bin", bin);
}

/// Two states of one entry. What is decided is in `our` afterwards, or stays in `their` to be added.
fn both(our: &mut Value, their: &mut Value, fresh: &mut impl FnMut() -> EntryId) -> Option<Outcome> {
    if *encode(our) == *encode(their) {
        return None;
    }
    let (our_time, their_time) = (number(our, "modified"), number(their, "modified"));
    if !same_seed(our, their) || (our_time == their_time && !differ_by_counter_alone(our, their)) {
        let id = fresh();
        set(their, "id", id.bytes());
        return Some(Outcome::KeptBoth(id));
    }
    let higher = counter(our).max(counter(their));
    let theirs_is_newer = their_time > our_time || (their_time == our_time && counter(their) > counter(our));
    if theirs_is_newer {
        std::mem::swap(our, their);
    }
    if let Some(higher) = higher.filter(|_| counter(our).is_some()) {
        set(our, "counter", higher);
    }
    Some(if theirs_is_newer { Outcome::Updated } else { Outcome::Kept })
}

fn only_theirs(entries: &mut [Value], entry: &Value, our_traces: &HashMap<EntryId, u64>) -> Option<Outcome> {
    let removed = id(entry).and_then(|id| our_traces.get(&id));
    if removed.is_some_and(|&time| time >= number(entry, "modified")) {
        return Some(Outcome::StaysRemoved);
    }
    // An entry without an id that we have to the letter.
    if id(entry).is_none() && entries.contains(entry) {
        return None;
    }
    let Some(double) = entries.iter_mut().find(|our| gives_the_codes_of(our, entry)) else {
        return Some(Outcome::Added);
    };
    if let Some(higher) = counter(double).max(counter(entry)) {
        set(double, "counter", higher);
    }
    id(double).map(Outcome::Duplicate)
}

fn seed(entry: &Value) -> Option<&[u8]> {
    field(entry, "seed")?.as_bytes()
}

fn same_seed(one: &Value, other: &Value) -> bool {
    match (seed(one), seed(other)) {
        (Some(one), Some(other)) => one.ct_eq(other).into(),
        (None, None) => true,
        _ => false,
    }
}

fn gives_the_codes_of(one: &Value, other: &Value) -> bool {
    let alike = |name| field(one, name) == field(other, name);
    seed(one).is_some_and(|seed| !seed.is_empty())
        && ["kind", "algorithm", "digits", "period", "pin"].into_iter().all(alike)
        && same_seed(one, other)
}

/// Whether two states differ only in how far their counter went, and in what is noted of that.
fn differ_by_counter_alone(one: &Value, other: &Value) -> bool {
    let rest = |entry: &Value| {
        let mut map = entry.as_map().cloned().unwrap_or_else(Map::new);
        for name in ["counter", "history"] {
            map.remove(&Value::from(name));
        }
        encode(&Wiped(Value::Map(map)).0)
    };
    counter(one).is_some() && counter(other).is_some() && *rest(one) == *rest(other)
}

/// Their traces beside ours: of one id the latest, with whatever else stands in it.
fn join_traces(ours: &mut Vec<Value>, theirs: Vec<Value>) {
    let mut places: HashMap<EntryId, usize> =
        ours.iter().enumerate().filter_map(|(place, trace)| Some((id(trace)?, place))).collect();
    for trace in theirs {
        let Some(id) = id(&trace) else { continue };
        match places.get(&id).and_then(|place| ours.get_mut(*place)) {
            Some(our) if number(our, "time") < number(&trace, "time") => *our = trace,
            Some(_) => {}
            None => {
                places.insert(id, ours.len());
                ours.push(trace);
            }
        }
    }
}

#[cfg(test)]
mod tests;
