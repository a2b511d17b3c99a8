//! The bin: removed entries that can come back, for a while and as long as there are not too many.

use fob_ambient::UnixTime;
use fob_cbor::{Cursor, Key, ReadError, Value};
use zeroize::Zeroizing;

use super::members::{Item, Member, kept, members, with_map};
use crate::entry::Found;
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
    /// Reads the list that stands under `bin` and has at most `depth` levels.
    pub(super) fn read(cursor: &mut Cursor<'_>, depth: usize) -> Result<Self, ReadError> {
        let mut bin = Self::default();
        for _ in 0..cursor.array()? {
            let (thrown, whole) = with_map(cursor, depth - 1, Thrown::take)?;
            match thrown.and_then(Thrown::removed) {
                Some(removed) => bin.removed.push(removed),
                None => bin.odd.push(Wiped(whole.value())),
            }
        }
        Ok(bin)
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

    /// Forgets what has lain here too long, and the oldest of too many: each with its place, to be put back in this order.
    pub(crate) fn forget(&mut self, now: UnixTime) -> Vec<(usize, Removed)> {
        let stays = |removed: &Removed| removed.forgotten() > now;
        let mut surplus = self.removed.iter().filter(|removed| stays(removed)).count().saturating_sub(MAX);
        let mut is_surplus = || {
            let is_one = surplus > 0;
            surplus = surplus.saturating_sub(1);
            is_one
        };
        let all = std::mem::take(&mut self.removed).into_iter().enumerate();
        let (gone, stay): (Vec<_>, Vec<_>) = all.partition(|(_, removed)| !stays(removed) || is_surplus());
        self.removed = stay.into_iter().map(|(_, removed)| removed).collect();
        gone
    }
}

/// One item of the bin, where it lies.
#[derive(Default)]
struct Thrown<'a> {
    entry: Option<Found<'a>>,
    time: Option<Item<'a>>,
    place: Option<Item<'a>>,
    other: Vec<Member<'a>>,
}

impl<'a> Thrown<'a> {
    /// Steps over the map that begins here.
    fn take(cursor: &mut Cursor<'a>, depth: usize) -> Result<Self, ReadError> {
        let mut thrown = Self::default();
        members(cursor, depth, |key, cursor| {
            if key == Key::Text("entry") {
                thrown.entry = Some(Found::take(cursor, depth - 1)?);
                return Ok(());
            }
            let value = Item::take(cursor, depth - 1)?;
            match key {
                Key::Text("time") => thrown.time = Some(value),
                Key::Text("place") => thrown.place = Some(value),
                _ => thrown.other.push((key, value)),
            }
            Ok(())
        })?;
        Ok(thrown)
    }

    /// The removed entry, if it can be read.
    fn removed(self) -> Option<Removed> {
        let time = UnixTime(self.time?.number()?);
        let entry = self.entry?.entry().ok()?;
        // Without a place it goes behind the others when it comes back.
        let place = self.place.and_then(Item::number).and_then(|place| usize::try_from(place).ok());
        let other = OtherMap((!self.other.is_empty()).then(|| kept(self.other)));
        Some(Removed { entry, time, place: place.unwrap_or(usize::MAX), other })
    }
}
