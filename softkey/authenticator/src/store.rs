//! Where the state lies: the trait, and a store for keys that forget with their process.

mod disk;
mod error;
mod file;
mod format;
mod key;

pub use disk::{Disk, FolderDisk, Found};
pub use error::{FileFault, StoreError};
pub use file::FileStore;
pub use format::read_state_file;
pub use key::{StateKey, StateKeyError};

use crate::{Changes, State};

/// The law: once `create` or `commit` has returned `Ok`, `load` gives that state, also after a crash and on another day.
/// After an error, or a crash before it returned, `load` gives that state or the one before, whole, and never anything
/// else. `load` gives none only where nothing has ever been kept; what is there and cannot be read is an error.
pub trait Store {
    /// What was kept last.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn load(&mut self) -> Result<Option<State>, StoreError>;

    /// Keeps a whole state; what was there before is no more.
    ///
    /// # Errors
    /// Why it may not have been kept.
    fn create(&mut self, state: &State) -> Result<(), StoreError>;

    /// Keeps the changes of one command, all of them or none. `before` is the state they change: what `load` gave, with
    /// the changes of every `commit` that returned `Ok` since.
    ///
    /// # Errors
    /// Why they may not have been kept. The next call may be made with the same `before`.
    fn commit(&mut self, before: &State, changes: &Changes) -> Result<(), StoreError>;
}

/// Keeps nothing: the state lives and dies with its [`Authenticator`](crate::Authenticator), power cycles included.
#[derive(Debug, Clone, Copy, Default)]
pub struct RamStore;

impl Store for RamStore {
    fn load(&mut self) -> Result<Option<State>, StoreError> {
        Ok(None)
    }

    fn create(&mut self, _: &State) -> Result<(), StoreError> {
        Ok(())
    }

    fn commit(&mut self, _: &State, _: &Changes) -> Result<(), StoreError> {
        Ok(())
    }
}
