//! How to take a change of the entries back when it could not be written.

use crate::Entry;
use crate::body::{Body, Discarded, Removed, Restored};
use crate::memory::Sealed;

/// The way back from one change.
pub(crate) enum Undo {
    /// Drop the last `n` entries.
    Add(usize),
    /// Put the entry that stood here back.
    Entry(usize, Box<Entry>),
    /// Take the entry that was removed last out of the bin again.
    Remove,
    /// Put the restored entry back into the bin.
    Restore(Box<Restored>),
    /// Put removed entries back into the bin, where they lay.
    Purge(Vec<(usize, Removed)>),
    /// Put entries that nobody could read back to where they were.
    Discard(Discarded),
    /// Give the keys that are not the entries' the state they had.
    Others(Option<Sealed>),
    /// One after another.
    Both(Box<Self>, Box<Self>),
}

impl Undo {
    pub(crate) fn take_back(self, body: &mut Body) {
        match self {
            Self::Add(count) => body.pop(count),
            Self::Entry(place, before) => drop(body.replace(place, *before)),
            Self::Remove => body.put_back(),
            Self::Restore(restored) => body.throw_back(*restored),
            // In the order in which they lay: each place is right once those before it are there.
            Self::Purge(purged) => {
                purged.into_iter().for_each(|(place, removed)| body.bin_mut().insert(place, removed));
            }
            Self::Discard(discarded) => body.bring_back(discarded),
            Self::Others(former) => body.put_others(former),
            Self::Both(one, other) => {
                one.take_back(body);
                other.take_back(body);
            }
        }
    }
}
