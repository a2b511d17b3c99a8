//! The disk as the vault sees it: the few calls that a durable write is made of, and the real ones.
//!
//! [`Disk`] is a seam so that tests can stop the world after every single call. The order of the calls, and what they
//! add up to, is in `store`; nothing else in this crate touches the file system.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// A file's bytes and its permission bits, from one open file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileImage {
    /// The contents, one byte more than the asked-for limit at most.
    pub bytes: Vec<u8>,
    /// The low twelve bits of `st_mode`.
    pub mode: u32,
}

/// A file that was just created and is being filled.
pub trait NewFile {
    /// Appends all of `bytes`.
    ///
    /// # Errors
    /// The system's; an unknown part of `bytes` may have been written.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// The law: once it returned `Ok`, the contents survive a power cut, wherever the file's name then is.
    ///
    /// # Errors
    /// The system's; nothing may be assumed about the contents.
    fn sync(&mut self) -> io::Result<()>;
}

/// The law: each call does one thing and either did it or says why not. Names come and go at once for everybody who
/// looks, but survive a power cut only after `sync_folder`. A rename replaces its target in one step.
pub trait Disk: Send + Sync {
    /// The path with every symbolic link followed. The file need not exist, its folder must.
    ///
    /// # Errors
    /// `NotFound` for a missing folder; a link that points nowhere is `InvalidInput`.
    fn resolve(&self, path: &Path) -> io::Result<PathBuf>;

    /// Whether anything has this name.
    ///
    /// # Errors
    /// The system's, when it cannot tell.
    fn exists(&self, path: &Path) -> io::Result<bool>;

    /// Reads a regular file, at most `limit + 1` bytes of it. Never waits, never follows a link.
    ///
    /// # Errors
    /// `NotFound`; `InvalidInput` for what is no regular file.
    fn read(&self, path: &Path, limit: usize) -> io::Result<FileImage>;

    /// Makes a new file, mode 0600.
    ///
    /// # Errors
    /// `AlreadyExists` if the name is taken.
    fn create(&self, path: &Path) -> io::Result<Box<dyn NewFile + '_>>;

    /// Writes all of `bytes` behind the end of a regular file that is there. Never waits, never follows a link.
    ///
    /// # Errors
    /// The system's; an unknown part of `bytes` may have been written.
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Gives a file its new name; what had that name before has it no more.
    ///
    /// # Errors
    /// The system's; either nothing or everything happened.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// A second name for the same file.
    ///
    /// # Errors
    /// `AlreadyExists` if the name is taken; some file systems have no second names.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Takes a name away.
    ///
    /// # Errors
    /// The system's.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// The names in a folder.
    ///
    /// # Errors
    /// The system's.
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>>;

    /// Makes all changes of names in a folder survive a power cut.
    ///
    /// # Errors
    /// The system's; the names are changed, but may be back after a power cut.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Takes the lock that this file stands for, without waiting: `None` if another holder has it. Dropping what
    /// comes back, or dying, lets go.
    ///
    /// # Errors
    /// The system's.
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Send>>>;
}

/// The file system of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

impl NewFile for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

impl Disk for RealDisk {
    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        if self.exists(path)? {
            return fs::canonicalize(path).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => io::Error::new(io::ErrorKind::InvalidInput, "the link points nowhere"),
                _ => error,
            });
        }
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(fs::canonicalize(folder)?.join(name))
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        match fs::symlink_metadata(path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn read(&self, path: &Path, limit: usize) -> io::Result<FileImage> {
        let (file, metadata) = regular(OpenOptions::new().read(true), path)?;
        // Room for all of it and the byte that says that there is no more: it need not grow.
        let likely = usize::try_from(metadata.len()).unwrap_or(limit).min(limit) + 1;
        let mut bytes = Vec::with_capacity(likely);
        file.take(limit as u64 + 1).read_to_end(&mut bytes)?;
        Ok(FileImage { bytes, mode: metadata.mode() & 0o7777 })
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn NewFile + '_>> {
        Ok(Box::new(OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?))
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        regular(OpenOptions::new().append(true), path)?.0.write_all(bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Send>>> {
        // As in `read`: neither through a symbolic link nor waiting for whoever reads a FIFO.
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600).custom_flags(flags);
        let file = options.open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(file))),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Opens a regular file that is there, and nothing else.
fn regular(options: &mut OpenOptions, path: &Path) -> io::Result<(File, Metadata)> {
    // NONBLOCK: opening a FIFO that somebody put there must not hang.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = options.custom_flags(flags.bits().cast_signed()).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok((file, metadata))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever can write beside the vault must not have a lock made elsewhere, nor the daemon hang.
    #[test]
    fn a_lock_is_taken_neither_through_a_link_nor_on_a_pipe() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::os::unix::fs::symlink(at("elsewhere"), at("link")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            at("pipe"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        for name in ["link", "pipe"] {
            assert!(RealDisk.lock(&at(name)).is_err(), "{name}");
        }
        assert!(!at("elsewhere").exists());
        let held = RealDisk.lock(&at("lock")).unwrap();
        assert!(held.is_some() && RealDisk.lock(&at("lock")).unwrap().is_none(), "one at a time");
    }
}
