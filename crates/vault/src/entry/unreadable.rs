//! Entries that this fob cannot read: kept as they are, and shown with the reason.

use std::fmt;

use fob_cbor::Value;

use super::EntryId;
use crate::wipe::Wiped;

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
    pub(crate) value: Wiped,
}

impl Unreadable {
    pub(crate) fn new(value: Value, reason: String) -> Self {
        let text = |name: &str| value.as_map()?.get_text(name)?.as_text();
        Self {
            id: value.as_map().and_then(|map| map.get_text("id")).and_then(EntryId::from_value),
            issuer: text("issuer").unwrap_or_default().to_owned(),
            name: text("name").unwrap_or_default().to_owned(),
            reason,
            value: Wiped(value),
        }
    }
}

impl fmt::Debug for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unreadable").field("id", &self.id).field("reason", &self.reason).finish_non_exhaustive()
    }
}
