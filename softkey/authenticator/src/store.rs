//! Where the state lies: the trait, and a store for keys that forget with their process.

mod file;

use std::io;
use std::path::PathBuf;

pub use file::FileStore;

use crate::{State, StateError};

/// The law: after `save` has returned `Ok`, `load` gives that state, also after a crash and on another day. After an
/// error, or a crash before it returned, `load` gives that state or the one before, whole, and never anything else.
/// `load` gives none only where nothing has ever been saved; what is there and cannot be read is an error.
pub trait Store {
    /// What was saved last.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn load(&mut self) -> Result<Option<State>, StoreError>;

    /// Makes this state the one that survives.
    ///
    /// # Errors
    /// Why it may not have been.
    fn save(&mut self, state: &State) -> Result<(), StoreError>;
}

/// Why a state could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The system said no.
    #[error("cannot {doing} {path}")]
    Io {
        /// What was being done, before the path.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is no state, or not whole.
    #[error("cannot read {path}")]
    State {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: StateError,
    },
    /// Another process has this key in use.
    #[error("{path} is in use by another fob-softkey")]
    InUse {
        /// Which file.
        path: PathBuf,
    },
    /// Others can read the secrets.
    #[error("{path} can be read by others: its mode is {mode:03o}, not 600")]
    Permissions {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}

/// Keeps nothing: the state lives and dies with its [`Authenticator`](crate::Authenticator), power cycles included.
#[derive(Debug, Clone, Copy, Default)]
pub struct RamStore;

impl Store for RamStore {
    fn load(&mut self) -> Result<Option<State>, StoreError> {
        Ok(None)
    }

    fn save(&mut self, _: &State) -> Result<(), StoreError> {
        Ok(())
    }
}
