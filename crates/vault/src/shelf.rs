//! Shelves of an open vault: what fobd keeps sealed beside the entries, about the programs that ask it.
//!
//! To the vault each is a string of bytes and nothing more; what is in it is the daemon's matter. They are other
//! programs' permissions, so a restored version comes back with empty ones, a merge takes none of theirs, and a new
//! vault key keeps them.

use fob_cbor::Value;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::undo::Undo;
use crate::{Part, UnlockedVault, VaultError};

/// Most bytes on one shelf: some thousands of grants, and three full shelves are a twentieth of what a vault holds.
pub const SHELF_LIMIT: usize = 256 * 1024;

/// A place for a string of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// What was allowed for longer than once.
    Grants,
    /// Programs that the person has listed.
    Programs,
    /// Programs that were paired.
    Clients,
}

impl Shelf {
    /// The body's key for it.
    const fn key(self) -> &'static str {
        match self {
            Self::Grants => "grants",
            Self::Programs => "programs",
            Self::Clients => "clients",
        }
    }
}

impl UnlockedVault {
    /// What lies on a shelf. Something of another type than bytes, which a later fob may have put there, is not seen
    /// and stays until something is put in its place.
    #[must_use]
    pub fn shelf(&self, shelf: Shelf) -> Option<Zeroizing<Vec<u8>>> {
        let others = self.opened.body.other();
        let bytes = others.0.as_map()?.get_text(shelf.key())?.as_bytes()?;
        Some(Zeroizing::new(bytes.to_vec()))
    }

    /// Puts these bytes in the place of what lies on a shelf, or clears it. Nothing is written when it stands so
    /// already.
    ///
    /// # Errors
    /// [`VaultError::Full`] above [`SHELF_LIMIT`], or what kept the vault from being written: the shelf is then as
    /// it was, unless the new file already is in place.
    pub fn put_on_shelf(&mut self, shelf: Shelf, bytes: Option<&[u8]>) -> Result<(), VaultError> {
        if bytes.is_some_and(|bytes| bytes.len() > SHELF_LIMIT) {
            return Err(VaultError::Full { part: Part::Shelf, limit: SHELF_LIMIT });
        }
        if self.lies_there(shelf, bytes) {
            return Ok(());
        }
        let former = self.opened.body.set_other(shelf.key(), bytes.map(|bytes| Value::Bytes(bytes.to_vec())));
        self.commit(Undo::Others(former))
    }

    fn lies_there(&self, shelf: Shelf, bytes: Option<&[u8]>) -> bool {
        let others = self.opened.body.other();
        match (others.0.as_map().and_then(|map| map.get_text(shelf.key())), bytes) {
            (None, None) => true,
            (Some(Value::Bytes(there)), Some(bytes)) => there.ct_eq(bytes).into(),
            _ => false,
        }
    }
}
