//! Entries that this fob cannot read: kept as they are, and shown with the reason.

use std::fmt;

use super::EntryId;
use crate::memory::Sealed;

/// An entry that this fob cannot read, kept as it is.
pub struct Unreadable {
    /// Its id, if it has one.
    pub id: Option<EntryId>,
    /// Its issuer, as far as there is one. Text from outside.
    pub issuer: String,
    /// Its name, as far as there is one. Text from outside.
    pub name: String,
    /// What is odd about it, as the end of a sentence. May quote text from outside.
    pub reason: String,
    /// All of it: it may have a seed.
    pub(crate) whole: Sealed,
}

impl fmt::Debug for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unreadable").field("id", &self.id).field("reason", &self.reason).finish_non_exhaustive()
    }
}
