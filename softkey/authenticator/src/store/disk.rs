//! The disk as the store sees it: the few calls that durable writes are made of, and the real ones.
//!
//! [`Disk`] is a seam so that tests, and the faults of the bench, can stop the world after every single call. The order
//! of the calls, and what they add up to, is in `file`.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::StoreError;

const OWNER_ONLY: u32 = 0o600;

/// The state file as it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Length in bytes.
    pub length: u64,
    /// Permission bits.
    pub mode: u32,
}

/// One state file and, while it is replaced, the draft of the next. The law: each call does one thing and either did it
/// or says why not. What was written survives a power cut only after a sync of it; the new name only after
/// `sync_folder`. A write that fails, or is cut off, may have written any part; the file keeps its length.
pub trait Disk {
    /// What to call the file in errors.
    fn path(&self) -> &Path;

    /// Opens the state file; none if there is none.
    ///
    /// # Errors
    /// The system's.
    fn open(&mut self) -> io::Result<Option<Found>>;

    /// Reads some of the open file, as `pread` does.
    ///
    /// # Errors
    /// The system's.
    fn read_at(&mut self, at: u64, bytes: &mut [u8]) -> io::Result<usize>;

    /// Writes into the open file, all of `bytes`, not beyond its end.
    ///
    /// # Errors
    /// The system's; an unknown part may have been written.
    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()>;

    /// Makes everything written into the open file survive a power cut.
    ///
    /// # Errors
    /// The system's; nothing may be assumed about what was written since the last one.
    fn sync(&mut self) -> io::Result<()>;

    /// Begins an empty draft, mode 0600. One that is there was left by a write that failed.
    ///
    /// # Errors
    /// The system's.
    fn draft(&mut self) -> io::Result<()>;

    /// Writes into the draft, all of `bytes`.
    ///
    /// # Errors
    /// The system's; an unknown part may have been written.
    fn draft_write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()>;

    /// Makes the draft's bytes survive a power cut.
    ///
    /// # Errors
    /// The system's.
    fn draft_sync(&mut self) -> io::Result<()>;

    /// Puts the draft in the state file's place, in one step; it is the open file now.
    ///
    /// # Errors
    /// The system's; either nothing or everything happened.
    fn publish(&mut self) -> io::Result<()>;

    /// Makes what `publish` did survive a power cut.
    ///
    /// # Errors
    /// The system's; after a power cut either file may be there.
    fn sync_folder(&mut self) -> io::Result<()>;
}

/// A file in a folder of this machine, locked for this process.
///
/// Beside `NAME` lies `NAME.lock`, held while the key is in use, and for a moment `NAME.tmp`, the draft.
#[derive(Debug)]
pub struct FolderDisk {
    path: PathBuf,
    draft_path: PathBuf,
    folder: File,
    file: Option<File>,
    draft: Option<File>,
    /// Held until the disk is dropped or the process is gone.
    _lock: File,
}

impl FolderDisk {
    /// Takes the file, which need not be there yet; its folder must.
    ///
    /// # Errors
    /// [`StoreError::InUse`] if another process has it, or the system's.
    pub fn lock(path: &Path) -> Result<Self, StoreError> {
        let path = resolved(path)?;
        let folder = path.parent().unwrap_or(Path::new("/"));
        let lock_path = beside(&path, ".lock");
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(OWNER_ONLY).open(&lock_path);
        let lock = lock.map_err(io_error("open", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { path }),
            Err(TryLockError::Error(error)) => return Err(io_error("lock", &lock_path)(error)),
        }
        let draft_path = beside(&path, ".tmp");
        // What a write left that was stopped in the middle: as secret as the state.
        match fs::remove_file(&draft_path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(io_error("remove", &draft_path)(error)),
        }
        let folder = File::open(folder).map_err(io_error("open", folder))?;
        Ok(Self { path, draft_path, folder, file: None, draft: None, _lock: lock })
    }
}

impl Disk for FolderDisk {
    fn path(&self) -> &Path {
        &self.path
    }

    fn open(&mut self) -> io::Result<Option<Found>> {
        let file = match OpenOptions::new().read(true).write(true).open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        self.file = Some(file);
        Ok(Some(Found { length: metadata.len(), mode: metadata.mode() & 0o777 }))
    }

    fn read_at(&mut self, at: u64, bytes: &mut [u8]) -> io::Result<usize> {
        opened(self.file.as_ref())?.read_at(bytes, at)
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        opened(self.file.as_ref())?.write_all_at(bytes, at)
    }

    fn sync(&mut self) -> io::Result<()> {
        opened(self.file.as_ref())?.sync_data()
    }

    fn draft(&mut self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true).mode(OWNER_ONLY);
        self.draft = Some(options.open(&self.draft_path)?);
        Ok(())
    }

    fn draft_write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        opened(self.draft.as_ref())?.write_all_at(bytes, at)
    }

    fn draft_sync(&mut self) -> io::Result<()> {
        opened(self.draft.as_ref())?.sync_all()
    }

    fn publish(&mut self) -> io::Result<()> {
        opened(self.draft.as_ref())?;
        fs::rename(&self.draft_path, &self.path)?;
        self.file = self.draft.take();
        Ok(())
    }

    fn sync_folder(&mut self) -> io::Result<()> {
        self.folder.sync_all()
    }
}

fn opened(file: Option<&File>) -> io::Result<&File> {
    file.ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// The path with its folder's links followed, and its own: a rename would replace a link, not what it points to.
fn resolved(path: &Path) -> Result<PathBuf, StoreError> {
    match fs::canonicalize(path) {
        Ok(path) => return Ok(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(io_error("find", path)(error)),
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = fs::canonicalize(folder).map_err(io_error("find the folder of", path))?;
    let name = path.file_name().ok_or_else(|| io_error("use", path)(io::ErrorKind::IsADirectory.into()))?;
    Ok(folder.join(name))
}

pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

pub(super) fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |source| StoreError::Io { doing, path, source }
}
