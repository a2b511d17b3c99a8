//! A disk that fails in the middle of what a command writes: after so many bytes, or at one of its calls.
//!
//! The store says when a command's write begins and ends; what happens to each call in between is decided by
//! [`StoreFaults`], and done here to the real disk.

use std::io;
use std::path::Path;

use fob_authenticator::{Disk, FolderDisk, Found};

use super::StoreFaults;
use super::store::{Crash, Ending, Verdict};

/// A disk with faults.
pub(crate) struct FaultyDisk {
    inner: FolderDisk,
    faults: StoreFaults,
    crash: Crash,
}

impl FaultyDisk {
    /// `inner`, with `faults` as they come.
    pub(crate) const fn new(inner: FolderDisk, faults: StoreFaults, crash: Crash) -> Self {
        Self { inner, faults, crash }
    }

    fn write(&mut self, bytes: &[u8], put: impl Fn(&mut FolderDisk, &[u8]) -> io::Result<()>) -> io::Result<()> {
        match self.faults.call(bytes.len()) {
            Verdict::Done => put(&mut self.inner, bytes),
            Verdict::Partly(length, ending) => {
                put(&mut self.inner, bytes.get(..length).unwrap_or(bytes))?;
                Err(self.end(ending))
            }
        }
    }

    fn call(&mut self, act: impl FnOnce(&mut FolderDisk) -> io::Result<()>) -> io::Result<()> {
        match self.faults.call(0) {
            Verdict::Done => act(&mut self.inner),
            Verdict::Partly(_, ending) => Err(self.end(ending)),
        }
    }

    fn end(&self, ending: Ending) -> io::Error {
        if ending == Ending::Death {
            (self.crash)();
        }
        ending.error()
    }
}

impl Disk for FaultyDisk {
    fn path(&self) -> &Path {
        self.inner.path()
    }

    fn open(&mut self) -> io::Result<Option<Found>> {
        self.inner.open()
    }

    fn read_at(&mut self, at: u64, bytes: &mut [u8]) -> io::Result<usize> {
        self.inner.read_at(at, bytes)
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.write(bytes, |disk, bytes| disk.write_at(at, bytes))
    }

    fn sync(&mut self) -> io::Result<()> {
        self.call(FolderDisk::sync)
    }

    fn draft(&mut self) -> io::Result<()> {
        self.call(FolderDisk::draft)
    }

    fn draft_write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.write(bytes, |disk, bytes| disk.draft_write_at(at, bytes))
    }

    fn draft_sync(&mut self) -> io::Result<()> {
        self.call(FolderDisk::draft_sync)
    }

    fn publish(&mut self) -> io::Result<()> {
        self.call(FolderDisk::publish)
    }

    fn sync_folder(&mut self) -> io::Result<()> {
        self.call(FolderDisk::sync_folder)
    }
}
