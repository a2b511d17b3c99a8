//! What the disk alone needs for the same bytes in the same folder: the bare cost beside everything durable.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::sample::timed;

/// A file with room, into which records go one after the other, each durable before the next.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    record: Vec<u8>,
    at: u64,
    room: u64,
}

/// More than any run writes into one journal, in bytes.
const ROOM: usize = 4 << 20;

impl Journal {
    /// A journal in this folder for records of this many bytes.
    pub(crate) fn new(folder: &Path, record: usize) -> anyhow::Result<Self> {
        let file = File::create(folder.join("bare-journal"))?;
        // Zeros, not a hole, so that a record needs no block and no new length.
        file.write_all_at(&vec![0; ROOM], 0)?;
        file.sync_all()?;
        Ok(Self { file, record: vec![7; record], at: 0, room: ROOM as u64 })
    }

    /// Writes a record and waits until it is durable.
    pub(crate) fn append(&mut self) -> anyhow::Result<Duration> {
        let end = self.at + self.record.len() as u64;
        anyhow::ensure!(end <= self.room, "the journal is full");
        let took = timed(|| {
            self.file.write_all_at(&self.record, self.at)?;
            Ok(self.file.sync_data()?)
        });
        self.at = end;
        took
    }
}

/// A file that is replaced as a whole: written beside, synced, renamed, and the folder synced.
#[derive(Debug)]
pub(crate) struct Replaced {
    path: PathBuf,
    contents: Vec<u8>,
}

impl Replaced {
    /// One in the folder of `like`, and as long.
    pub(crate) fn like(like: &Path) -> anyhow::Result<Self> {
        Ok(Self { path: like.with_file_name("bare-file"), contents: fs::read(like)? })
    }

    /// Replaces it and waits until that is durable.
    pub(crate) fn replace(&mut self) -> anyhow::Result<Duration> {
        let draft = self.path.with_extension("draft");
        timed(|| {
            let file = File::create(&draft)?;
            file.write_all_at(&self.contents, 0)?;
            file.sync_all()?;
            fs::rename(&draft, &self.path)?;
            Ok(File::open(self.path.parent().unwrap_or(Path::new("/")))?.sync_all()?)
        })
    }

    /// What it is called in a table.
    pub(crate) fn name(&self) -> String {
        format!("write of {} KiB, fsync, rename, fsync of the folder", self.contents.len() / 1024)
    }
}
