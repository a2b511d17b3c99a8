//! A disk in memory that keeps only what was synced, for power cuts.
//!
//! File contents are sure after the file's `sync`, before that they may be gone. Changes of names happen at once for
//! whoever looks and reach the disk in the order they were made, up to any point; `sync_folder` makes those of a folder
//! sure. That is what journalling file systems promise, and no more.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use fob_vault::{Disk, FileImage, NewFile};

type Names = BTreeMap<PathBuf, usize>;

#[derive(Clone, Default)]
struct Contents {
    now: Vec<u8>,
    synced: Vec<u8>,
}

#[derive(Clone)]
enum Change {
    Put(PathBuf, usize),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
}

impl Change {
    fn apply(&self, names: &mut Names) {
        match self {
            Self::Put(path, inode) => drop(names.insert(path.clone(), *inode)),
            Self::Remove(path) => drop(names.remove(path)),
            Self::Rename(from, to) => {
                if let Some(inode) = names.remove(from) {
                    names.insert(to.clone(), inode);
                }
            }
        }
    }

    fn folder(&self) -> Option<&Path> {
        let (Self::Put(path, _) | Self::Remove(path) | Self::Rename(_, path)) = self;
        path.parent()
    }
}

#[derive(Clone, Default)]
struct State {
    inodes: Vec<Contents>,
    now: Names,
    sure: Names,
    pending: Vec<Change>,
    /// Says that it synced a file, and did not.
    deaf: bool,
    /// Calls that change something until the power goes.
    left: Option<usize>,
}

/// Clones share the disk.
#[derive(Clone, Default)]
pub(crate) struct PowerDisk(Arc<Mutex<State>>);

impl PowerDisk {
    /// The power goes instead of the `step`th change from now, counted from 1.
    pub(crate) fn arm(&self, step: usize) {
        self.state().left = Some(step);
    }

    /// Whether the power is gone.
    pub(crate) fn is_dark(&self) -> bool {
        self.state().left == Some(0)
    }

    /// Puts a file there, synced, whatever was there before.
    pub(crate) fn put(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.state();
        let contents = Contents { now: bytes.to_vec(), synced: bytes.to_vec() };
        state.inodes.push(contents);
        let inode = state.inodes.len() - 1;
        state.now.insert(path.to_owned(), inode);
        state.sure.insert(path.to_owned(), inode);
    }

    /// The same disk for another story.
    pub(crate) fn copy(&self) -> Self {
        Self(Arc::new(Mutex::new(self.state().clone())))
    }

    /// The same disk, deaf to the syncs of files.
    pub(crate) fn deaf(&self) -> Self {
        let disk = self.copy();
        disk.state().deaf = true;
        disk
    }

    /// Each disk that may be found when the power is back.
    pub(crate) fn found_later(&self) -> Vec<Self> {
        let state = self.state();
        let found = |count: usize| {
            let mut names = state.sure.clone();
            state.pending.iter().take(count).for_each(|change| change.apply(&mut names));
            let on_disk = |inode: &Contents| Contents { now: inode.synced.clone(), synced: inode.synced.clone() };
            let inodes = state.inodes.iter().map(on_disk).collect();
            let state = State { inodes, now: names.clone(), sure: names, pending: Vec::new(), left: None, deaf: false };
            Self(Arc::new(Mutex::new(state)))
        };
        (0..=state.pending.len()).map(found).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no call panics")
    }

    /// The state, for a call that changes something, while there is power.
    fn changing(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        if let Some(left) = &mut state.left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                return Err(io::Error::other("the power is gone"));
            }
        }
        Ok(state)
    }

    fn change(&self, change: Change) -> io::Result<()> {
        let mut state = self.changing()?;
        change.apply(&mut state.now);
        state.pending.push(change);
        Ok(())
    }

    fn inode(&self, path: &Path) -> io::Result<usize> {
        self.state().now.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

struct PowerFile<'a> {
    disk: &'a PowerDisk,
    inode: usize,
}

impl PowerFile<'_> {
    fn with(&self, change: impl FnOnce(&mut Contents)) -> io::Result<()> {
        let mut state = self.disk.changing()?;
        change(state.inodes.get_mut(self.inode).expect("inodes stay"));
        Ok(())
    }
}

impl NewFile for PowerFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.with(|contents| contents.now.extend_from_slice(bytes))
    }
    fn sync(&mut self) -> io::Result<()> {
        let deaf = self.disk.state().deaf;
        self.with(|contents| {
            if !deaf {
                contents.synced = contents.now.clone();
            }
        })
    }
}

impl Disk for PowerDisk {
    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.to_owned())
    }
    fn exists(&self, path: &Path) -> io::Result<bool> {
        Ok(self.state().now.contains_key(path))
    }
    fn read(&self, path: &Path, limit: usize) -> io::Result<FileImage> {
        let inode = self.inode(path)?;
        let bytes = self.state().inodes.get(inode).expect("inodes stay").now.clone();
        Ok(FileImage { bytes: bytes.into_iter().take(limit + 1).collect(), mode: 0o600 })
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn NewFile + '_>> {
        if self.exists(path)? {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let inode = {
            let mut state = self.state();
            state.inodes.push(Contents::default());
            state.inodes.len() - 1
        };
        self.change(Change::Put(path.to_owned(), inode))?;
        Ok(Box::new(PowerFile { disk: self, inode }))
    }
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let inode = self.inode(path)?;
        PowerFile { disk: self, inode }.with(|contents| contents.now.extend_from_slice(bytes))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.inode(from)?;
        self.change(Change::Rename(from.to_owned(), to.to_owned()))
    }
    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        if self.exists(to)? {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let inode = self.inode(from)?;
        self.change(Change::Put(to.to_owned(), inode))
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.inode(path)?;
        self.change(Change::Remove(path.to_owned()))
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        Ok(self.state().now.keys().filter(|path| path.parent() == Some(folder)).cloned().collect())
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.changing()?;
        let pending = std::mem::take(&mut state.pending);
        let (synced, rest): (Vec<_>, Vec<_>) = pending.into_iter().partition(|change| change.folder() == Some(folder));
        synced.iter().for_each(|change| change.apply(&mut state.sure));
        state.pending = rest;
        Ok(())
    }
    fn lock(&self, _path: &Path) -> io::Result<Option<Box<dyn Send>>> {
        Ok(Some(Box::new(())))
    }
}
