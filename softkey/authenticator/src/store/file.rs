//! A state in one file, replaced as a whole: temporary file, sync, rename, sync of the folder.
//!
//! Beside `NAME` lies `NAME.lock`, held while the key is in use, and for a moment `NAME.tmp`. Whatever stops a write in
//! between leaves the old file or the new one. The file may not be readable by others.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{Store, StoreError};
use crate::State;

#[cfg(test)]
mod tests;

/// Permission bits that nobody but the owner may have.
const OTHERS: u32 = 0o077;
const OWNER_ONLY: u32 = 0o600;

/// Largest file that is read, in bytes: a full key has some tens of kilobytes.
const LARGEST: u64 = 16 << 20;

/// One state file, locked for this process.
#[derive(Debug)]
pub struct FileStore {
    path: PathBuf,
    temporary: PathBuf,
    folder: PathBuf,
    /// Held until the store is dropped or the process is gone.
    _lock: File,
}

/// The steps of a write, in order. Tests stop before each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WriteStep {
    Create,
    Write,
    Sync,
    Rename,
    SyncFolder,
}

impl FileStore {
    /// Takes the file, which need not be there yet; its folder must.
    ///
    /// # Errors
    /// [`StoreError::InUse`] if another process has it, or the system's.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let path = resolved(path)?;
        let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
        let lock_path = beside(&path, ".lock");
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(OWNER_ONLY).open(&lock_path);
        let lock = lock.map_err(io_error("open", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { path }),
            Err(TryLockError::Error(error)) => return Err(io_error("lock", &lock_path)(error)),
        }
        let temporary = beside(&path, ".tmp");
        // What a write left that was stopped in the middle; nobody else writes here.
        match fs::remove_file(&temporary) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(io_error("remove", &temporary)(error)),
        }
        Ok(Self { path, temporary, folder, _lock: lock })
    }

    fn write(&self, bytes: &[u8], mut before: impl FnMut(WriteStep) -> io::Result<()>) -> Result<(), StoreError> {
        let Self { path, temporary, folder, .. } = self;
        before(WriteStep::Create).map_err(io_error("create", temporary))?;
        let mut options = OpenOptions::new();
        // One that is there was left by a write that failed.
        options.write(true).create(true).truncate(true).mode(OWNER_ONLY);
        let mut file = options.open(temporary).map_err(io_error("create", temporary))?;
        let written = before(WriteStep::Write).and_then(|()| file.write_all(bytes));
        written.map_err(io_error("write", temporary))?;
        before(WriteStep::Sync).and_then(|()| file.sync_all()).map_err(io_error("sync", temporary))?;
        before(WriteStep::Rename).and_then(|()| fs::rename(temporary, path)).map_err(io_error("replace", path))?;
        let synced =
            before(WriteStep::SyncFolder).and_then(|()| File::open(folder)).and_then(|folder| folder.sync_all());
        synced.map_err(io_error("sync", folder))
    }
}

impl Store for FileStore {
    fn load(&mut self) -> Result<Option<State>, StoreError> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io_error("open", &self.path)(error)),
        };
        let mode = file.metadata().map_err(io_error("look at", &self.path))?.permissions().mode() & 0o777;
        if mode & OTHERS != 0 {
            return Err(StoreError::Permissions { path: self.path.clone(), mode });
        }
        let mut bytes = Zeroizing::new(Vec::new());
        Read::by_ref(&mut file).take(LARGEST).read_to_end(&mut bytes).map_err(io_error("read", &self.path))?;
        let state = State::decode(&bytes).map_err(|source| StoreError::State { path: self.path.clone(), source })?;
        Ok(Some(state))
    }

    fn save(&mut self, state: &State) -> Result<(), StoreError> {
        self.write(&state.encode(), |_| Ok(()))
    }
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

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io { doing, path, source }
}
