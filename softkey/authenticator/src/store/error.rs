//! Why a state could not be read or kept.

use std::io;
use std::path::PathBuf;

use crate::{StateError, StateKeyError};

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
    /// The file is no state, or not whole, or the key does not open it.
    #[error("cannot read {path}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: FileFault,
    },
    /// The file is there, and what opens it is not.
    #[error("{path} is sealed, and there is no key for it")]
    NoKey {
        /// Which file.
        path: PathBuf,
    },
    /// What should be a key is none.
    #[error("cannot use {path} as a key")]
    Key {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: StateKeyError,
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
    /// One command changes more than the format holds, or the whole state has outgrown it.
    #[error("{length} bytes are too many to keep")]
    TooLarge {
        /// How many bytes.
        length: u64,
    },
}

/// What is wrong with a state file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileFault {
    /// It is something else, or its beginning is lost.
    #[error("it is not the state of a fob softkey")]
    Foreign,
    /// Another fob wrote it.
    #[error("it has format {0}, and this fob reads format 2")]
    Version(u32),
    /// Its header is damaged.
    #[error("its header is damaged")]
    Header,
    /// Something is missing at its end, or was put there.
    #[error("it has {length} bytes and should have {expected}")]
    Length {
        /// What it has.
        length: u64,
        /// What its header says.
        expected: u64,
    },
    /// It was sealed with something else.
    #[error("another key or passphrase opens it")]
    WrongKey,
    /// A key was given, a passphrase is needed.
    #[error("a passphrase opens it, not a key")]
    NeedsPassphrase,
    /// A passphrase was given, a key is needed.
    #[error("a key opens it, not a passphrase")]
    NeedsKey,
    /// The passphrase would cost more than is reasonable.
    #[error("its passphrase would cost {memory_kib} KiB of memory in {passes} passes")]
    Cost {
        /// Memory of Argon2id in KiB.
        memory_kib: u32,
        /// Passes over it.
        passes: u32,
    },
    /// A record is not what was written there.
    #[error("it is damaged or was tampered with at byte {at}")]
    Damaged {
        /// Where the record begins.
        at: u64,
    },
    /// A record is whole and its content makes no sense.
    #[error("the record at byte {at} makes no sense")]
    Content {
        /// Where the record begins.
        at: u64,
        /// What is wrong with it.
        source: StateError,
    },
}
