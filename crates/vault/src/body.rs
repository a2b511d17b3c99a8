//! The body of an open vault: entries, what was removed, labels of slots.
//!
//! One map in canonical CBOR, then zeros up to a multiple of 4096 bytes, so that the file's length tells little of
//! what is in it. Keys and fields that a later fob adds are kept and written back; one odd entry never keeps a vault
//! shut. The seal of the file, and what it is bound to, is in `envelope`; the one that lies on everything here in memory,
//! but for what is shown of an entry and the slots' names, in `memory`.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;
use std::sync::Arc;

use fob_ambient::UnixTime;
use fob_cbor::{Cursor, Key, Limits, Map, ReadError, Value};
use zeroize::{Zeroize, Zeroizing};

use crate::borrowed::{Borrowed, Fields};
use crate::entry::Found;
use crate::memory::{MemoryKey, Sealed};
use crate::wipe::{Wiped, encode};
use crate::{Entry, EntryId, Unreadable};

mod bin;
pub(crate) mod members;

pub(crate) use bin::Bin;
pub use bin::Removed;
use members::{Item, is_list, is_map, kept, members};

/// The body's length is a multiple of this many bytes.
pub(crate) const STEP: usize = 4096;
/// Maps and arrays inside one another: body, entries, entry, and room for what later fobs add.
pub(crate) const DEPTH: usize = 16;
/// The same for an entry by itself, among the others or in the bin.
pub(crate) const ENTRY_DEPTH: usize = DEPTH - 2;
/// The same for a body with what is in its bin: an entry lies a level deeper there than among the others, and must not
/// become too deep by being removed.
pub(crate) const BIN_DEPTH: usize = DEPTH + 1;
/// No entry takes fewer bytes: the names of the fields that it must have, and its id, take more. It bounds what is
/// reserved for entries, whatever number a body says that it has.
const LEAST: usize = 64;

/// All that a vault holds, decrypted and sealed again under a key of its own.
pub(crate) struct Body {
    memory: Arc<MemoryKey>,
    entries: Vec<Entry>,
    /// Where each entry stands.
    places: HashMap<EntryId, usize>,
    unreadable: Vec<Unreadable>,
    /// What stands under `removed`: a list of maps of id and time.
    removed: Option<Sealed>,
    bin: Bin,
    /// Names of slots, by their ids.
    pub(crate) labels: Map,
    /// A map of the keys that this fob does not know.
    other: Option<Sealed>,
}

/// How to put a restored entry back into the bin.
pub(crate) struct Restored {
    removed: UnixTime,
    /// Where it stood in the bin.
    bin_place: usize,
    /// Where it had stood among the entries, and stands again.
    place: usize,
    /// The entry as it lay in the bin.
    entry: Entry,
    /// All traces of removed entries, its own included.
    traces: Option<Sealed>,
}

/// How to bring discarded entries back.
pub(crate) struct Discarded {
    /// Each with the place where it stood, in the order in which they go back.
    odd: Vec<(usize, Unreadable)>,
    traces: Option<Sealed>,
}

impl Discarded {
    pub(crate) fn len(&self) -> usize {
        self.odd.len()
    }
}

impl Body {
    /// Of a new vault.
    pub(crate) fn empty(memory: Arc<MemoryKey>) -> Self {
        let (entries, places, unreadable, labels) = (Vec::new(), HashMap::new(), Vec::new(), Map::new());
        Self { memory, entries, places, unreadable, removed: None, bin: Bin::default(), labels, other: None }
    }

    /// Reads a padded body; `None` if it is none. Ten thousand entries are read where they lie, each in one go: there
    /// never is a tree of them all.
    pub(crate) fn from_bytes(plain: &[u8], memory: Arc<MemoryKey>) -> Option<Self> {
        let mut cursor = Cursor::new(plain);
        let mut body = Self::empty(memory);
        body.read(&mut cursor).ok()?;
        is_padded(plain, &cursor).then_some(body)
    }

    /// Whether [`Body::from_bytes`] reads this. Nothing is kept of it.
    pub(crate) fn is_one(plain: &[u8]) -> bool {
        let mut cursor = Cursor::new(plain);
        let looked = members(&mut cursor, DEPTH, |key, cursor| {
            let depth = match key {
                Key::Text("entries") if !is_list(cursor) => return Err(ReadError::Type),
                Key::Text("bin") if is_list(cursor) => BIN_DEPTH,
                _ => DEPTH,
            };
            Item::take(cursor, depth - 1)?;
            Ok(())
        });
        looked.is_ok() && is_padded(plain, &cursor)
    }

    fn read(&mut self, cursor: &mut Cursor<'_>) -> Result<(), ReadError> {
        let mut other = Vec::new();
        members(cursor, DEPTH, |key, cursor| {
            // Traces and labels of another type than ours are worth less than a vault that opens.
            match key {
                Key::Text("entries") => self.read_entries(cursor)?,
                Key::Text("bin") if is_list(cursor) => self.bin = Bin::read(cursor, &self.memory)?,
                Key::Text("removed") if is_list(cursor) => {
                    self.removed = Some(self.memory.seal(Item::take(cursor, DEPTH - 1)?.raw()));
                }
                Key::Text("labels") if is_map(cursor) => self.labels = Item::take(cursor, DEPTH - 1)?.map(),
                _ => other.push((key, Item::take(cursor, DEPTH - 1)?)),
            }
            Ok(())
        })?;
        self.other = (!other.is_empty()).then(|| self.memory.seal(&encode(&kept(other).0)));
        Ok(())
    }

    fn read_entries(&mut self, cursor: &mut Cursor<'_>) -> Result<(), ReadError> {
        let count = cursor.array()?;
        let likely = usize::try_from(count).unwrap_or(usize::MAX).min(cursor.rest().len() / LEAST);
        self.entries.reserve(likely);
        self.places.reserve(likely);
        for _ in 0..count {
            self.put(Found::take(cursor)?);
        }
        Ok(())
    }

    fn put(&mut self, found: Found<'_>) {
        let place = found.id().map(|id| self.places.entry(id));
        if matches!(place, Some(Place::Occupied(_))) {
            return self.unreadable.push(found.unreadable("another entry has its id", &self.memory));
        }
        match (found.entry(&self.memory), place) {
            (Ok(entry), Some(Place::Vacant(place))) => {
                place.insert(self.entries.len());
                self.entries.push(entry);
            }
            (Ok(entry), _) => self.push(entry),
            (Err(unreadable), _) => self.unreadable.push(*unreadable),
        }
    }

    /// The body in canonical CBOR, padded. Nothing is encoded anew but what is not in the entries.
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let readable = self.entries.iter().map(Entry::whole);
        let odd = self.unreadable.iter().map(|odd| &odd.whole);
        self.with_entries(readable.chain(odd).map(|whole| self.sealed(whole)).collect())
    }

    /// Whether [`Body::from_bytes`] will read what [`Body::to_bytes`] gives. Each entry was read when it was sealed, as deep
    /// as an entry may be, so what they stand in is all that is left to look at: ten thousand need not be read for a change of
    /// one.
    pub(crate) fn is_readable(&self) -> bool {
        Self::is_one(&self.with_entries(Vec::new()))
    }

    fn with_entries<'a>(&'a self, entries: Vec<Borrowed<'a>>) -> Zeroizing<Vec<u8>> {
        let (other, beside) = (self.other(), self.bin.others(&self.memory));
        let nothing = Map::new();
        let mut fields = Fields::beside(other.0.as_map().unwrap_or(&nothing));
        fields.put("entries", Borrowed::List(entries));
        let no_traces = Borrowed::List(Vec::new());
        fields.put("removed", self.removed.as_ref().map_or(no_traces, |removed| self.sealed(removed)));
        fields.put("labels", Borrowed::Kept(&self.labels));
        fields.put_list("bin", self.bin.items(&beside, &self.memory).into_iter());
        fields.padded(STEP)
    }

    fn sealed<'a>(&'a self, sealed: &'a Sealed) -> Borrowed<'a> {
        Borrowed::Sealed(sealed, &self.memory)
    }

    /// What all of it is sealed with.
    pub(crate) const fn memory(&self) -> &Arc<MemoryKey> {
        &self.memory
    }

    /// The keys that this fob does not know, or that only a part of it does.
    pub(crate) fn other(&self) -> Wiped {
        self.other.as_ref().map_or_else(|| Wiped(Value::Map(Map::new())), |other| self.value(other))
    }

    /// Sets one of those keys, or takes it away; what [`Body::put_others`] undoes it with.
    pub(crate) fn set_other(&mut self, name: &str, value: Option<Value>) -> Option<Sealed> {
        let mut other = self.other();
        if let Value::Map(map) = &mut other.0 {
            match value {
                Some(value) => map.insert(name, value).zeroize(),
                None => map.remove(&Value::from(name)).zeroize(),
            }
        }
        self.other.replace(self.memory.seal(&encode(&other.0)))
    }

    /// Undoes a [`Body::set_other`].
    pub(crate) fn put_others(&mut self, others: Option<Sealed>) {
        self.other = others;
    }

    /// Traces of removed entries.
    fn traces(&self) -> Wiped {
        self.removed.as_ref().map_or_else(|| Wiped(Value::Array(Vec::new())), |removed| self.value(removed))
    }

    /// Changes the traces.
    fn with_traces(&mut self, change: impl FnOnce(&mut Vec<Value>)) {
        let mut traces = self.traces();
        if let Value::Array(list) = &mut traces.0 {
            change(list);
        }
        self.removed = Some(self.memory.seal(&encode(&traces.0)));
    }

    fn value(&self, sealed: &Sealed) -> Wiped {
        let bytes = self.memory.open(sealed);
        Wiped(fob_cbor::decode(&bytes, Limits::deep(DEPTH)).expect("it was read when it was sealed"))
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }

    pub(crate) fn label(&self, slot: &[u8]) -> Option<&str> {
        self.labels.get(&Value::from(slot))?.as_text()
    }

    pub(crate) fn place(&self, id: EntryId) -> Option<usize> {
        self.places.get(&id).copied()
    }

    pub(crate) fn entry(&self, id: EntryId) -> Option<&Entry> {
        self.entries.get(self.place(id)?)
    }

    /// Puts an entry in the place of another state of it, which comes back.
    pub(crate) fn replace(&mut self, place: usize, entry: Entry) -> Option<Entry> {
        self.entries.get_mut(place).map(|there| std::mem::replace(there, entry))
    }

    /// Adds an entry whose id no other has.
    pub(crate) fn push(&mut self, entry: Entry) {
        self.places.insert(entry.id, self.entries.len());
        self.entries.push(entry);
    }

    /// Takes the last `count` entries away again.
    pub(crate) fn pop(&mut self, count: usize) {
        self.entries.truncate(self.entries.len().saturating_sub(count));
        self.count_places();
    }

    /// The removed entries.
    pub(crate) const fn bin(&self) -> &Bin {
        &self.bin
    }

    pub(crate) const fn bin_mut(&mut self) -> &mut Bin {
        &mut self.bin
    }

    /// Puts an entry into the bin and leaves its trace; whether it was there.
    pub(crate) fn remove(&mut self, id: EntryId, time: UnixTime) -> bool {
        let Some(place) = self.place(id) else { return false };
        let entry = self.entries.remove(place);
        self.leave_trace(id, time);
        self.bin.push(entry, place, time);
        self.count_places();
        true
    }

    fn leave_trace(&mut self, id: EntryId, time: UnixTime) {
        let mut trace = Map::new();
        trace.insert("id", id.bytes());
        trace.insert("time", time.0);
        self.with_traces(|traces| traces.push(Value::Map(trace)));
    }

    /// Takes entries that this fob cannot read away for good, by their ids, and leaves their traces. One that shares its id
    /// with a good entry stays: it is not the one that is meant.
    pub(crate) fn discard(&mut self, ids: &[EntryId], time: UnixTime) -> Discarded {
        let mut discarded = Discarded { odd: Vec::new(), traces: self.removed.clone() };
        for place in (0..self.unreadable.len()).rev() {
            let id = self.unreadable.get(place).and_then(|odd| odd.id);
            if let Some(id) = id.filter(|id| ids.contains(id) && self.place(*id).is_none()) {
                discarded.odd.push((place, self.unreadable.remove(place)));
                self.leave_trace(id, time);
            }
        }
        discarded.odd.reverse();
        discarded
    }

    /// Undoes a [`Body::discard`].
    pub(crate) fn bring_back(&mut self, discarded: Discarded) {
        // In the order in which they stood: each place is right once those before it are there.
        discarded
            .odd
            .into_iter()
            .for_each(|(place, odd)| self.unreadable.insert(place.min(self.unreadable.len()), odd));
        self.removed = discarded.traces;
    }

    /// Undoes the last [`Body::remove`].
    pub(crate) fn put_back(&mut self) {
        self.with_traces(|traces| drop(traces.pop()));
        if let Some(last) = self.bin.take(self.bin.removed().len().wrapping_sub(1)) {
            self.insert(last.place, last.entry);
        }
    }

    /// Takes an entry out of the bin, to where it stood, in its state of now; its trace goes, so that no merge removes it
    /// again.
    pub(crate) fn restore(&mut self, id: EntryId, now: Entry) -> Option<Restored> {
        let bin_place = self.bin.place(id).filter(|_| self.place(id).is_none())?;
        let Removed { entry, time, place, .. } = self.bin.take(bin_place)?;
        let traces = self.removed.clone();
        let is_its = |trace: &Value| trace.as_map()?.get_text("id").and_then(EntryId::from_value);
        self.with_traces(|traces| traces.retain(|trace| is_its(trace) != Some(id)));
        let place = self.insert(place, now);
        Some(Restored { removed: time, bin_place, place, entry, traces })
    }

    /// Undoes a [`Body::restore`].
    pub(crate) fn throw_back(&mut self, restored: Restored) {
        let Restored { removed, bin_place, place, entry, traces } = restored;
        if place < self.entries.len() {
            self.entries.remove(place);
        }
        self.bin.put(bin_place, entry, place, removed);
        self.removed = traces;
        self.count_places();
    }

    /// Puts an entry at this place or behind all others; where that is.
    fn insert(&mut self, place: usize, entry: Entry) -> usize {
        let place = place.min(self.entries.len());
        self.entries.insert(place, entry);
        self.count_places();
        place
    }

    fn count_places(&mut self) {
        self.places = self.entries.iter().enumerate().map(|(place, entry)| (entry.id, place)).collect();
    }
}

/// Whether nothing but padding is left.
fn is_padded(plain: &[u8], cursor: &Cursor<'_>) -> bool {
    plain.len().is_multiple_of(STEP) && cursor.rest().iter().all(|&byte| byte == 0)
}

#[cfg(test)]
mod tests;
