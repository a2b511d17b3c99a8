//! Which store the options ask for, and what opens it.
//!
//! `--state FILE` alone makes a key in `FILE.key` beside it: one option is enough for CI, and a copy of the state
//! without its key says nothing. Whoever can read the folder can read both.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use fob_authenticator::{Disk, FileStore, FolderDisk, RamStore, StateKey, StateKeyError, Store, StoreError};
use zeroize::Zeroizing;

use crate::Options;
use crate::fault::{Crash, FaultyDisk, StoreFaults};

/// Longest key or passphrase that is read, in bytes, with its line end.
const LONGEST: u64 = 1024 + 1;

/// Of the only key. Whatever goes wrong on the disk goes by these faults.
pub(crate) fn store(options: &Options, faults: &StoreFaults, crash: Crash) -> Result<Box<dyn Store>, StoreError> {
    let Some(path) = &options.state else { return Ok(Box::new(RamStore)) };
    Ok(Box::new(match key(options)? {
        Some(key) => FileStore::on(disk(path, faults, crash)?, key),
        None => FileStore::on_with_key_beside(disk(path, faults, crash)?)?,
    }))
}

/// Of one of several keys.
pub(crate) fn of_several(
    path: Option<&Path>,
    faults: &StoreFaults,
    crash: Crash,
) -> Result<Box<dyn Store>, StoreError> {
    match path {
        Some(path) => Ok(Box::new(FileStore::on_with_key_beside(disk(path, faults, crash)?)?)),
        None => Ok(Box::new(RamStore)),
    }
}

fn disk(path: &Path, faults: &StoreFaults, crash: Crash) -> Result<Box<dyn Disk>, StoreError> {
    Ok(Box::new(FaultyDisk::new(FolderDisk::lock(path)?, faults.clone(), crash)))
}

/// The key that the options name; none for the one beside the state.
fn key(options: &Options) -> Result<Option<StateKey>, StoreError> {
    match (&options.state_key, options.state_key_fd, options.state_passphrase_fd) {
        (Some(path), ..) => StateKey::from_file(path).map(Some),
        (_, Some(fd), _) => from_fd(fd, StateKey::parse).map(Some),
        (.., Some(fd)) => from_fd(fd, passphrase).map(Some),
        _ => Ok(None),
    }
}

/// One line, or all there is.
fn passphrase(bytes: &[u8]) -> Result<StateKey, StateKeyError> {
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let text = String::from_utf8(line.to_vec()).map_err(|_| StateKeyError::Passphrase)?;
    StateKey::passphrase(text)
}

/// Reads an inherited file descriptor to its end.
fn from_fd(fd: u32, parse: fn(&[u8]) -> Result<StateKey, StateKeyError>) -> Result<StateKey, StoreError> {
    let path = PathBuf::from(format!("/dev/fd/{fd}"));
    let bytes = read(&path).map_err(|source| StoreError::Io { doing: "read", path: path.clone(), source })?;
    parse(&bytes).map_err(|source| StoreError::Key { path, source })
}

fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    // All the room at once: a vector that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST as usize + 1));
    File::open(path)?.take(LONGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
