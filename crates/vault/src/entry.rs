//! One entry of a vault: an account, what is kept beside it, its id and its dates.
//!
//! Reading never fails a whole vault. An entry that is no account for this fob (a missing seed, say) is kept as it is,
//! with the reason; one that is an account but cannot give a code is an ordinary entry, and says so when it is asked for
//! one. How it stands in the body is in `read` and `write`, what happened to it in `history`.

use std::fmt;

use fob_ambient::UnixTime;
use fob_cbor::{Map, Value};
use fob_otp::{Account, Extras, Item};

use crate::wipe::Wiped;

mod differences;
mod history;
mod id;
mod read;
mod unreadable;
mod write;

pub(crate) use differences::differences;
pub use history::Event;
pub(crate) use history::History;
pub(crate) use history::What;
pub use id::{EntryId, EntryIdError};
pub(crate) use read::Found;
pub use unreadable::Unreadable;

/// An account in a vault.
pub struct Entry {
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
    other: Wiped,
}

impl Entry {
    pub(crate) fn new(id: EntryId, item: Item, now: UnixTime) -> Self {
        let Item { account, extras } = item;
        let other = Wiped(Value::Map(Map::new()));
        Self { id, account, extras, created: now, modified: now, resync: false, history: History::default(), other }
    }

    /// Whether this very origin may have its codes.
    #[must_use]
    pub fn is_for(&self, site: &str) -> bool {
        self.extras.sites.iter().any(|bound| bound == site)
    }

    /// What happened to it, the oldest first; when it was added is in [`Entry::created`].
    pub fn events(&self) -> impl DoubleEndedIterator<Item = Event<'_>> {
        self.history.events()
    }

    /// Another copy, its secrets included: what memory goes back to if a write fails.
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

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.id).finish()
    }
}

#[cfg(test)]
mod tests;
