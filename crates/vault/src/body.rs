//! The body in the clear: entries, what was removed, labels of slots.
//!
//! One map in canonical CBOR, then zeros up to a multiple of 4096 bytes, so that the file's length tells little of
//! what is in it. Keys and fields that a later fob adds are kept and written back; one odd entry never keeps a vault
//! shut. The seal, and what it is bound to, is in `envelope`.

use std::collections::HashMap;

use fob_ambient::UnixTime;
use fob_cbor::{Cursor, Key, Map, ReadError, Value};
use zeroize::Zeroizing;

use crate::entry::Found;
use crate::wipe::{Wiped, encode, encode_array, encode_with_all, joined};
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
/// No entry takes fewer bytes: the names of the fields that it must have, and its id, take more. It bounds what is
/// reserved for entries, whatever number a body says that it has.
const LEAST: usize = 64;

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
    /// Reads a padded body; `None` if it is none. Ten thousand entries are read where they lie, each in one go: there
    /// never is a tree of them all.
    pub(crate) fn from_bytes(plain: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(plain);
        let body = Self::read(&mut cursor).ok()?;
        let padded = plain.len().is_multiple_of(STEP) && cursor.rest().iter().all(|&byte| byte == 0);
        padded.then_some(body)
    }

    fn read(cursor: &mut Cursor<'_>) -> Result<Self, ReadError> {
        let (mut body, mut other) = (Self::default(), Vec::new());
        members(cursor, DEPTH, |key, cursor| {
            // Traces and labels of another type than ours are worth less than a vault that opens.
            match key {
                Key::Text("entries") => body.read_entries(cursor)?,
                Key::Text("bin") if is_list(cursor) => body.bin = Bin::read(cursor, DEPTH - 1)?,
                Key::Text("removed") if is_list(cursor) => body.removed = Item::take(cursor, DEPTH - 1)?.values(),
                Key::Text("labels") if is_map(cursor) => body.labels = Item::take(cursor, DEPTH - 1)?.map(),
                _ => other.push((key, Item::take(cursor, DEPTH - 1)?)),
            }
            Ok(())
        })?;
        body.other = Some(kept(other));
        Ok(body)
    }

    fn read_entries(&mut self, cursor: &mut Cursor<'_>) -> Result<(), ReadError> {
        let count = cursor.array()?;
        let likely = usize::try_from(count).unwrap_or(usize::MAX).min(cursor.rest().len() / LEAST);
        self.entries.reserve(likely);
        self.places.reserve(likely);
        for _ in 0..count {
            self.put(Found::take(cursor, DEPTH - 2)?);
        }
        Ok(())
    }

    fn put(&mut self, found: Found<'_>) {
        if found.id().is_some_and(|id| self.places.contains_key(&id)) {
            return self.unreadable.push(found.unreadable("another entry has its id"));
        }
        match found.entry() {
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
