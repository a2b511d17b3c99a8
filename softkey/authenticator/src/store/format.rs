//! The state file, format 2: a header, a sealed snapshot, a log of sealed records in room laid out beforehand.
//!
//! ```text
//! header (160 bytes) │ record … record │ record … record │ zeros
//!                    └─ the snapshot ──┴─ the log ───────┴─ room for more
//! ```
//! Each record of the log is what one command changed. The file has its whole length from the beginning, written and
//! synced before it takes its name, so that a record costs one write and one sync of data: no length, no block
//! changes, and a full disk stops no signature. When the room is used up the state goes into a new file.
//!
//! All numbers are big-endian; `header` and `record` have the layouts, `tail` says when the end of the log is the trace
//! of a write that was cut off. What nobody can tell from inside a file: that all of it was put back to an older copy.

mod header;
mod reader;
mod record;
mod tail;

pub(super) use header::{FileKeys, HEADER_LENGTH, Header};
pub(super) use reader::{ReadError, read};
pub(super) use record::{Chain, LONGEST};

use super::{FileFault, StateKey};
use crate::State;

/// Longest file, in bytes: ten thousand credentials are some megabytes.
pub(super) const LARGEST_FILE: u64 = 64 << 20;

/// The state in the bytes of a state file.
///
/// # Errors
/// What is wrong with them, or with the key.
pub fn read_state_file(bytes: &[u8], key: &StateKey) -> Result<State, FileFault> {
    match read(&mut &*bytes, bytes.len() as u64, key) {
        Ok(opened) => Ok(opened.state),
        Err(ReadError::Fault(fault)) => Err(fault),
        // A slice ends early only where the length says so, which was compared with the header.
        Err(ReadError::Io(_)) => Err(FileFault::Header),
    }
}
