//! One entry of an open vault, as it lies in memory: what is looked for and shown in the clear, all of it sealed.
//!
//! Reading never fails a whole vault. An entry that is no account for this fob (a missing seed, say) is kept as it is,
//! with the reason; one that is an account but cannot give a code is an ordinary entry, and says so when it is asked for
//! one. How it stands in the body is in `read` and `write`, what it is with its secrets in `record`, what happened to it
//! in `history`.

use std::fmt;

use fob_ambient::UnixTime;
use fob_otp::{Algorithm, Kind, Unusable};
use zeroize::Zeroize;

use crate::memory::Sealed;

mod differences;
mod history;
mod id;
mod read;
mod record;
mod unreadable;
mod write;

pub(crate) use differences::differences;
pub use history::Event;
pub(crate) use history::History;
pub(crate) use history::What;
pub use id::{EntryId, EntryIdError};
pub(crate) use read::{Found, seed_of};
pub use record::Record;
pub use unreadable::Unreadable;

/// An account in a vault, without its secrets: [`crate::UnlockedVault::reveal`] has those.
pub struct Entry {
    /// Its name for ever.
    pub id: EntryId,
    /// Who issued it, perhaps nobody. Text from outside.
    pub issuer: String,
    /// Whose it is, perhaps empty. Text from outside.
    pub name: String,
    /// What moves from one code to the next. The PIN is a secret, so it never has one here.
    pub kind: Kind,
    /// The hash function.
    pub algorithm: Algorithm,
    /// Length of a code.
    pub digits: u8,
    /// When it was added.
    pub created: UnixTime,
    /// When it was last changed; a counter's step is a change.
    pub modified: UnixTime,
    /// Its counter may lag behind what the site has seen, since it came out of an older version of the vault.
    pub resync: bool,
    /// Whether it is marked.
    pub favourite: bool,
    /// Whether there is a note.
    pub has_note: bool,
    /// Whether a PIN is known.
    pub has_pin: bool,
    /// Recovery codes that are left.
    pub unused_codes: usize,
    /// Recovery codes that were taken.
    pub used_codes: usize,
    beside: Option<Box<Beside>>,
    unusable: Option<Box<Unusable>>,
    /// The entry as it stands in the body.
    whole: Sealed,
}

/// What few entries have.
#[derive(Default, PartialEq, Eq)]
struct Beside {
    tags: Vec<String>,
    icon: Option<String>,
    sites: Vec<String>,
}

impl Entry {
    /// Groups, in the person's order.
    #[must_use]
    pub fn tags(&self) -> &[String] {
        self.beside.as_ref().map_or(&[], |beside| &beside.tags)
    }

    /// The name of an icon.
    #[must_use]
    pub fn icon(&self) -> Option<&str> {
        self.beside.as_ref()?.icon.as_deref()
    }

    /// The sites that may have its codes: origins as the browser writes them.
    #[must_use]
    pub fn sites(&self) -> &[String] {
        self.beside.as_ref().map_or(&[], |beside| &beside.sites)
    }

    /// Whether this very origin may have its codes.
    #[must_use]
    pub fn is_for(&self, site: &str) -> bool {
        self.sites().iter().any(|bound| bound == site)
    }

    /// Whether it gives codes at all.
    ///
    /// # Errors
    /// Says why not.
    pub fn usable(&self) -> Result<(), &Unusable> {
        self.unusable.as_deref().map_or(Ok(()), Err)
    }

    /// The entry as it stands in the body.
    pub(crate) const fn whole(&self) -> &Sealed {
        &self.whole
    }
}

impl Drop for Entry {
    /// Not secrets, yet nobody's business once the vault is locked.
    fn drop(&mut self) {
        self.issuer.zeroize();
        self.name.zeroize();
        if let Some(Beside { tags, icon, sites }) = self.beside.as_deref_mut() {
            tags.zeroize();
            icon.zeroize();
            sites.zeroize();
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
