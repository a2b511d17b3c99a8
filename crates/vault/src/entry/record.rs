//! All of an entry in the clear, for as long as somebody needs it: a code, an edit, an export.

use std::fmt;

use fob_ambient::UnixTime;
use fob_cbor::{Map, Value};
use fob_otp::{Account, Extras, Item};

use super::{Entry, EntryId, Event, Found, History};
use crate::memory::{MemoryKey, wipe_stack};
use crate::wipe::Wiped;

/// An entry with its secrets. They are wiped on drop.
pub struct Record {
    /// Its name for ever.
    pub id: EntryId,
    /// What gives the codes.
    pub account: Account,
    /// What a person keeps beside it.
    pub extras: Extras,
    /// When it was added.
    pub created: UnixTime,
    /// When it was last changed; a counter's step is a change.
    pub modified: UnixTime,
    /// Its counter may lag behind what the site has seen, since it came out of an older version of the vault.
    pub resync: bool,
    /// What happened to it.
    pub(crate) history: History,
    /// Fields that this fob does not know.
    pub(super) other: Wiped,
}

impl Record {
    pub(crate) fn new(id: EntryId, item: Item, now: UnixTime) -> Self {
        let Item { account, extras } = item;
        let other = Wiped(Value::Map(Map::new()));
        Self { id, account, extras, created: now, modified: now, resync: false, history: History::default(), other }
    }

    /// What happened to it, the oldest first; when it was added is in [`Record::created`].
    pub fn events(&self) -> impl DoubleEndedIterator<Item = Event<'_>> {
        self.history.events()
    }

    /// The entry as it is kept in memory. It is read as it will be read from the file, so that nothing gets into a vault
    /// that does not come out again; `None` if it would not.
    pub(crate) fn seal(&self, memory: &MemoryKey) -> Option<Entry> {
        Found::of(&self.to_bytes())?.entry(memory).ok().filter(|entry| entry.id == self.id)
    }

    /// Another copy, its secrets included.
    pub(crate) fn duplicate(&self) -> Self {
        Self {
            id: self.id,
            account: self.account.duplicate(),
            extras: self.extras.duplicate(),
            created: self.created,
            modified: self.modified,
            resync: self.resync,
            history: self.history.clone(),
            other: Wiped(self.other.0.clone()),
        }
    }
}

impl Entry {
    /// All of it in the clear.
    pub(crate) fn record(&self, memory: &MemoryKey) -> Record {
        let bytes = memory.open(&self.whole);
        let found = Found::of(&bytes).and_then(Found::record);
        found.expect("it was read when it was sealed")
    }
}

impl Drop for Record {
    /// The members wipe themselves; what HMAC and ring left of them on the stack does not.
    fn drop(&mut self) {
        wipe_stack();
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Record").field(&self.id).finish()
    }
}
