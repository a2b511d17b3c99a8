//! A whole body as one CBOR value: for work that goes over all entries at once, whatever fob wrote them.
//!
//! Restoring and merging look at an entry's id, dates, seed and counter, and carry everything else along as it is. They
//! know no more of the model of an entry than the format's page says, and so they treat entries of a later fob like
//! their own.

use std::collections::HashMap;
use std::sync::Arc;

use fob_cbor::{Limits, Map, Value};

use crate::EntryId;
use crate::body::{BIN_DEPTH, Body, STEP};
use crate::borrowed::Fields;
use crate::memory::MemoryKey;
use crate::wipe::Wiped;

/// What the body keeps of other programs' rights (the shelves, and what later fobs may call so). None of it comes back
/// with an older version.
const RIGHTS: [&str; 5] = ["grants", "programs", "clients", "pairings", "pin_tokens"];
/// The field of an entry whose counter may lag behind what its site has seen.
const RESYNC: &str = "resync";

/// A body's map. Wiped on drop.
pub(crate) struct Plain(pub(crate) Wiped);

impl Plain {
    pub(crate) fn of(body: &Body) -> Self {
        let bytes = body.to_bytes();
        let (value, _) = fob_cbor::decode_prefix(&bytes, Limits::deep(BIN_DEPTH)).expect("it was just encoded");
        Self(Wiped(value))
    }

    pub(crate) fn into_body(self, memory: Arc<MemoryKey>) -> Body {
        let nothing = Map::new();
        let padded = Fields::beside(self.map().unwrap_or(&nothing)).padded(STEP);
        Body::from_bytes(&padded, memory).expect("entries, traces and labels have the types they had")
    }

    pub(crate) fn map(&self) -> Option<&Map> {
        self.0.0.as_map()
    }

    fn map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.0.0 {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Sets one of the body's own keys, or takes it away.
    pub(crate) fn set(&mut self, name: &str, value: Option<Value>) {
        let Some(map) = self.map_mut() else { return };
        match value {
            Some(value) => drop(map.insert(name, value)),
            None => drop(map.remove(&Value::from(name))),
        }
    }

    pub(crate) fn list(&self, name: &str) -> &[Value] {
        self.map().and_then(|map| map.get_text(name)).and_then(Value::as_array).unwrap_or_default()
    }

    /// Takes a list out; [`Plain::put_list`] puts it back.
    pub(crate) fn take_list(&mut self, name: &str) -> Vec<Value> {
        match self.map_mut().and_then(|map| map.remove(&Value::from(name))) {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        }
    }

    pub(crate) fn put_list(&mut self, name: &str, list: Vec<Value>) {
        if let Some(map) = self.map_mut() {
            map.insert(name, list);
        }
    }

    /// Makes an older body fit to be used again: counters keep the higher value, and every entry that has one is marked;
    /// rights of other programs are gone. How many entries were marked.
    pub(crate) fn for_restoring<'a>(&mut self, now: Option<&'a Self>) -> usize {
        if let Some(map) = self.map_mut() {
            for right in RIGHTS {
                map.remove(&Value::from(right));
            }
        }
        let binned = |now: &'a Self| now.list("bin").iter().filter_map(|item| field(item, "entry"));
        let newer: HashMap<EntryId, u64> = now
            .map(|now| {
                let entries = now.list("entries").iter().chain(binned(now));
                entries.filter_map(|entry| Some((id(entry)?, counter(entry)?))).collect()
            })
            .unwrap_or_default();
        let mut entries = self.take_list("entries");
        let marked = entries.iter_mut().filter_map(|entry| for_resync(entry, &newer)).count();
        self.put_list("entries", entries);
        self.binned_for_restoring(&newer);
        marked
    }

    /// The same for what lies in the bin: it may come back later.
    fn binned_for_restoring(&mut self, newer: &HashMap<EntryId, u64>) {
        let mut bin = self.take_list("bin");
        for item in &mut bin {
            let Value::Map(map) = item else { continue };
            if let Some(mut entry) = map.remove(&Value::from("entry")) {
                for_resync(&mut entry, newer);
                map.insert("entry", entry);
            }
        }
        if !bin.is_empty() {
            self.put_list("bin", bin);
        }
    }
}

/// Marks an entry that has a counter, and gives it the higher one; `None` without.
fn for_resync(entry: &mut Value, newer: &HashMap<EntryId, u64>) -> Option<()> {
    let old = counter(entry)?;
    let newer = id(entry).and_then(|id| newer.get(&id)).copied().unwrap_or(0);
    set(entry, "counter", old.max(newer));
    set(entry, RESYNC, true);
    Some(())
}

pub(crate) fn field<'a>(entry: &'a Value, name: &str) -> Option<&'a Value> {
    entry.as_map()?.get_text(name)
}

pub(crate) fn id(entry: &Value) -> Option<EntryId> {
    field(entry, "id").and_then(EntryId::from_value)
}

pub(crate) fn number(entry: &Value, name: &str) -> u64 {
    field(entry, name).and_then(Value::as_u64).unwrap_or_default()
}

pub(crate) fn text(entry: &Value, name: &str) -> String {
    field(entry, name).and_then(Value::as_text).unwrap_or_default().to_owned()
}

/// The counter of the next code, if codes come by counter.
pub(crate) fn counter(entry: &Value) -> Option<u64> {
    let by_counter = field(entry, "kind").and_then(Value::as_text) == Some("hotp");
    field(entry, "counter").and_then(Value::as_u64).filter(|_| by_counter)
}

pub(crate) fn set(entry: &mut Value, name: &str, value: impl Into<Value>) {
    if let Value::Map(map) = entry {
        map.insert(name, value);
    }
}
