//! The bin: removed entries that can come back, for a while and as long as there are not too many.

use fob_ambient::UnixTime;
use fob_cbor::Value;
use zeroize::Zeroizing;

use crate::wipe::{Wiped, encode, encode_with};
use crate::{Entry, EntryId};

/// How long a removed entry lies in the bin, in seconds: 30 days.
const LIFE: u64 = 30 * 24 * 60 * 60;
/// Most entries in the bin.
const MAX: usize = 100;

/// A removed entry.
#[derive(Debug)]
pub struct Removed {
    /// The entry as it was.
    pub entry: Entry,
    /// When it was removed.
    pub time: UnixTime,
    /// Where it stood.
    pub(crate) place: usize,
    /// What a later fob has noted beside it.
    other: OtherMap,
}

/// Wiped like everything of the body.
#[derive(Default)]
struct OtherMap(Option<Wiped>);

impl std::fmt::Debug for OtherMap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("..")
    }
}

impl Removed {
    /// When the bin forgets it.
    #[must_use]
    pub const fn forgotten(&self) -> UnixTime {
        UnixTime(self.time.0.saturating_add(LIFE))
    }

    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut map = self.other.0.as_ref().and_then(|other| other.0.as_map()).cloned().unwrap_or_default();
        map.insert("time", self.time.0);
        map.insert("place", self.place as u64);
        map.insert("entry", Value::Null);
        encode_with(&map, "entry", self.entry.to_bytes())
    }
}

/// The removed entries, the oldest first.
#[derive(Default)]
pub(crate) struct Bin {
    removed: Vec<Removed>,
    /// What this fob cannot read, kept as it is.
    odd: Vec<Wiped>,
}

impl Bin {
    /// Reads what stands under `bin`.
    pub(super) fn of(values: Vec<Value>) -> Self {
        let mut bin = Self::default();
        for value in values {
            match removed(value) {
                Ok(removed) => bin.removed.push(removed),
                Err(odd) => bin.odd.push(Wiped(odd)),
            }
        }
        bin
    }

    pub(super) fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.odd.is_empty()
    }

    pub(super) fn to_bytes(&self) -> Vec<Zeroizing<Vec<u8>>> {
        self.removed.iter().map(Removed::to_bytes).chain(self.odd.iter().map(|odd| encode(&odd.0))).collect()
    }

    pub(crate) fn removed(&self) -> &[Removed] {
        &self.removed
    }

    pub(crate) fn place(&self, id: EntryId) -> Option<usize> {
        self.removed.iter().position(|removed| removed.entry.id == id)
    }

    pub(crate) fn push(&mut self, entry: Entry, place: usize, time: UnixTime) {
        self.put(self.removed.len(), entry, place, time);
    }

    /// Puts an entry at this place of the bin; `place` is where it stood among the entries.
    pub(crate) fn put(&mut self, bin_place: usize, entry: Entry, place: usize, time: UnixTime) {
        self.insert(bin_place, Removed { entry, time, place, other: OtherMap::default() });
    }

    pub(crate) fn insert(&mut self, place: usize, removed: Removed) {
        self.removed.insert(place.min(self.removed.len()), removed);
    }

    pub(crate) fn take(&mut self, place: usize) -> Option<Removed> {
        (place < self.removed.len()).then(|| self.removed.remove(place))
    }

    /// Forgets what has lain here too long, and the oldest of too many.
    pub(crate) fn forget(&mut self, now: UnixTime) {
        self.removed.retain(|removed| removed.forgotten() > now);
        let surplus = self.removed.len().saturating_sub(MAX);
        self.removed.drain(..surplus);
    }
}

/// One item of the bin, or the value as it was.
fn removed(value: Value) -> Result<Removed, Value> {
    let number = |name| value.as_map()?.get_text(name)?.as_u64();
    let (Some(time), place) = (number("time"), number("place")) else { return Err(value) };
    let Value::Map(mut map) = value else { return Err(value) };
    let Some(entry) = map.remove_text("entry") else { return Err(Value::Map(map)) };
    let entry = match Entry::from_value(entry) {
        Ok(entry) => entry,
        Err(mut unreadable) => {
            map.insert("entry", std::mem::replace(&mut unreadable.value.0, Value::Null));
            return Err(Value::Map(map));
        }
    };
    map.remove_text("time");
    map.remove_text("place");
    // Without a place it goes behind the others when it comes back.
    let place = place.and_then(|place| usize::try_from(place).ok()).unwrap_or(usize::MAX);
    let other = OtherMap((!map.is_empty()).then(|| Wiped(Value::Map(map))));
    Ok(Removed { entry, time: UnixTime(time), place, other })
}
