//! The bin: removed entries that can come back, for a while and as long as there are not too many.

use fob_ambient::UnixTime;
use fob_cbor::{Cursor, Key, Limits, Map, ReadError};

use super::BIN_DEPTH;
use super::members::{Item, Member, kept, members, with_map};
use crate::borrowed::{Borrowed, Fields};
use crate::entry::Found;
use crate::memory::{MemoryKey, Sealed};
use crate::wipe::{Wiped, encode};
use crate::{Entry, EntryId};

/// How long a removed entry lies in the bin, in seconds: 30 days.
const LIFE: u64 = 30 * 24 * 60 * 60;
/// Most entries in the bin.
const MAX: usize = 100;

/// A removed entry.
pub struct Removed {
    /// The entry as it was.
    pub entry: Entry,
    /// When it was removed.
    pub time: UnixTime,
    /// Where it stood.
    pub(crate) place: usize,
    /// What a later fob has noted beside it, a map.
    other: Option<Sealed>,
}

impl std::fmt::Debug for Removed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Removed").field("entry", &self.entry).field("time", &self.time).finish_non_exhaustive()
    }
}

impl Removed {
    /// When the bin forgets it.
    #[must_use]
    pub const fn forgotten(&self) -> UnixTime {
        UnixTime(self.time.0.saturating_add(LIFE))
    }

    /// The item of the bin; `other` is what a later fob has noted beside it.
    fn fields<'a>(&'a self, other: &'a Map, memory: &'a MemoryKey) -> Fields<'a> {
        let mut fields = Fields::beside(other);
        fields.put("time", self.time.0);
        fields.put("place", self.place as u64);
        fields.put("entry", Borrowed::Sealed(self.entry.whole(), memory));
        fields
    }
}

/// The removed entries, the oldest first.
#[derive(Default)]
pub(crate) struct Bin {
    removed: Vec<Removed>,
    /// What this fob cannot read, kept as it is.
    odd: Vec<Sealed>,
}

static NOTHING: Map = Map::new();

impl Bin {
    /// Reads the list that stands under `bin`.
    pub(super) fn read(cursor: &mut Cursor<'_>, memory: &MemoryKey) -> Result<Self, ReadError> {
        let mut bin = Self::default();
        for _ in 0..cursor.array()? {
            let (thrown, whole) = Thrown::or_else(cursor)?;
            match thrown.and_then(|thrown| thrown.removed(memory)) {
                Some(removed) => bin.removed.push(removed),
                None => bin.odd.push(memory.seal(whole.raw())),
            }
        }
        Ok(bin)
    }

    /// What later fobs have noted beside each removed entry.
    pub(super) fn others(&self, memory: &MemoryKey) -> Vec<Option<Wiped>> {
        let other = |other: &Sealed| {
            let value = fob_cbor::decode(&memory.open(other), Limits::deep(BIN_DEPTH));
            Wiped(value.expect("it was read when it was sealed"))
        };
        self.removed.iter().map(|removed| removed.other.as_ref().map(other)).collect()
    }

    /// The items of the list; `others` are those of [`Bin::others`].
    pub(super) fn items<'a>(&'a self, others: &'a [Option<Wiped>], memory: &'a MemoryKey) -> Vec<Borrowed<'a>> {
        let map = |other: &'a Option<Wiped>| other.as_ref().and_then(|other| other.0.as_map()).unwrap_or(&NOTHING);
        let removed = self.removed.iter().zip(others);
        let removed = removed.map(|(removed, other)| Borrowed::Map(removed.fields(map(other), memory)));
        removed.chain(self.odd.iter().map(|odd| Borrowed::Sealed(odd, memory))).collect()
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
        self.insert(bin_place, Removed { entry, time, place, other: None });
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
    /// Steps over what begins here; its parts if it is a map.
    fn or_else(cursor: &mut Cursor<'a>) -> Result<(Option<Self>, Item<'a>), ReadError> {
        with_map(cursor, BIN_DEPTH - 2, Self::take)
    }

    /// Steps over the map that begins here.
    fn take(cursor: &mut Cursor<'a>, depth: usize) -> Result<Self, ReadError> {
        let mut thrown = Self::default();
        members(cursor, depth, |key, cursor| {
            if key == Key::Text("entry") {
                thrown.entry = Some(Found::take(cursor)?);
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
    fn removed(self, memory: &MemoryKey) -> Option<Removed> {
        let time = UnixTime(self.time?.number()?);
        let entry = self.entry?.entry(memory).ok()?;
        // Without a place it goes behind the others when it comes back.
        let place = self.place.and_then(Item::number).and_then(|place| usize::try_from(place).ok());
        let other = (!self.other.is_empty()).then(|| memory.seal(&encode(&kept(self.other).0)));
        Some(Removed { entry, time, place: place.unwrap_or(usize::MAX), other })
    }
}
