//! The body in the clear: entries, what was removed, labels of slots.
//!
//! One map in canonical CBOR, then zeros up to a multiple of 4096 bytes, so that the file's length tells little of
//! what is in it. Keys and fields that a later fob adds are kept and written back; one odd entry never keeps a vault
//! shut. The seal, and what it is bound to, is in `envelope`.

use std::collections::HashMap;

use fob_ambient::UnixTime;
use fob_cbor::{Limits, Map, Value};
use zeroize::Zeroizing;

use crate::wipe::{Wiped, encode, encode_array, encode_with_all, joined};
use crate::{Entry, EntryId, Unreadable};

mod bin;

pub(crate) use bin::Bin;
pub use bin::Removed;

/// The body's length is a multiple of this many bytes.
pub(crate) const STEP: usize = 4096;
/// Maps and arrays inside one another: body, entries, entry, and room for what later fobs add.
pub(crate) const DEPTH: usize = 16;

/// All that a vault holds, decrypted.
#[derive(Default)]
pub(crate) struct Body {
    entries: Vec<Entry>,
    /// Where each entry stands.
    places: HashMap<EntryId, usize>,
    unreadable: Vec<Unreadable>,
    /// What stands under `removed`: maps of id and time.
    removed: Vec<Value>,
    bin: Bin,
    /// Names of slots, by their ids.
    pub(crate) labels: Map,
    /// Keys that this fob does not know.
    other: Option<Wiped>,
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
    traces: Vec<Value>,
}

impl Body {
    /// Reads a padded body; `None` if it is none.
    pub(crate) fn from_bytes(plain: &[u8]) -> Option<Self> {
        let (value, length) = fob_cbor::decode_prefix(plain, Limits::deep(DEPTH)).ok()?;
        if !plain.len().is_multiple_of(STEP) || plain.get(length..)?.iter().any(|&byte| byte != 0) {
            return None;
        }
        let Value::Map(mut map) = value else { return None };
        let mut body = Self::default();
        let entries = match map.remove_text("entries") {
            Some(Value::Array(entries)) => entries,
            None => Vec::new(),
            Some(_) => return None,
        };
        // Traces and labels of another type than ours are worth less than a vault that opens.
        if let Some(Value::Array(removed)) = map.remove_text("removed") {
            body.removed = removed;
        }
        if let Some(Value::Map(labels)) = map.remove_text("labels") {
            body.labels = labels;
        }
        if map.get_text("bin").is_some_and(|bin| bin.as_array().is_some())
            && let Some(Value::Array(bin)) = map.remove_text("bin")
        {
            body.bin = Bin::of(bin);
        }
        body.other = Some(Wiped(Value::Map(map)));
        for entry in entries {
            body.read(entry);
        }
        Some(body)
    }

    fn read(&mut self, value: Value) {
        let id = value.as_map().and_then(|map| map.get_text("id")).and_then(EntryId::from_value);
        if id.is_some_and(|id| self.places.contains_key(&id)) {
            return self.unreadable.push(Unreadable::new(value, "another entry has its id".to_owned()));
        }
        match Entry::from_value(value) {
            Ok(entry) => self.push(entry),
            Err(unreadable) => self.unreadable.push(*unreadable),
        }
    }

    /// The body in canonical CBOR, padded.
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let readable = self.entries.iter().map(Entry::to_bytes);
        let odd = self.unreadable.iter().map(|odd| encode(&odd.value.0));
        let entries: Vec<_> = readable.chain(odd).collect();
        let mut map = self.other.as_ref().and_then(|other| other.0.as_map()).cloned().unwrap_or_else(Map::new);
        map.insert("entries", Value::Null);
        map.insert("removed", Value::Array(self.removed.clone()));
        map.insert("labels", self.labels.clone());
        let mut encoded = vec![("entries", encode_array(&entries))];
        if !self.bin.is_empty() {
            map.insert("bin", Value::Null);
            encoded.push(("bin", encode_array(&self.bin.to_bytes())));
        }
        let map = Wiped(Value::Map(map));
        let encoded = encode_with_all(map.0.as_map().unwrap_or(&Map::new()), &encoded);
        joined(&[encoded], STEP)
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

    pub(crate) fn entry_mut(&mut self, place: usize) -> Option<&mut Entry> {
        self.entries.get_mut(place)
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
        let mut trace = Map::new();
        trace.insert("id", id.bytes());
        trace.insert("time", time.0);
        self.removed.push(Value::Map(trace));
        self.bin.push(entry, place, time);
        self.count_places();
        true
    }

    /// Undoes the last [`Body::remove`].
    pub(crate) fn put_back(&mut self) {
        self.removed.pop();
        if let Some(last) = self.bin.take(self.bin.removed().len().wrapping_sub(1)) {
            self.insert(last.place, last.entry);
        }
    }

    /// Takes an entry out of the bin, to where it stood; its trace goes, so that no merge removes it again.
    pub(crate) fn restore(&mut self, id: EntryId) -> Option<Restored> {
        let bin_place = self.bin.place(id).filter(|_| self.place(id).is_none())?;
        let Removed { entry, time, place, .. } = self.bin.take(bin_place)?;
        let traces = self.removed.clone();
        let is_its = |trace: &Value| trace.as_map()?.get_text("id").and_then(EntryId::from_value);
        self.removed.retain(|trace| is_its(trace) != Some(id));
        let before = entry.duplicate();
        let place = self.insert(place, entry);
        Some(Restored { removed: time, bin_place, place, entry: before, traces })
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

#[cfg(test)]
mod tests;
