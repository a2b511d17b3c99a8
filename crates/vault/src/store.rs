//! The vault file and what lies beside it: checked reads, durable writes, older versions.
//!
//! A write is: take the lock, see that the file is still the one that was loaded, write a new file beside it, sync,
//! read it back, keep the old one under a second name, rename, sync the folder. Whatever stops it in between leaves
//! the old file or the new one whole. Beside `vault` lie `vault.lock`, for a moment `vault.tmp-…`, and the last ten
//! versions as `vault.backup-GENERATION-VAULT-HASH`.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use ring::digest;

use crate::envelope::{Flaw, MAX_FILE};
use crate::keys::VaultId;
use crate::{Disk, Kept, VaultError};

/// How many older versions are kept.
const KEPT_VERSIONS: usize = 10;
/// Permission bits that nobody but the owner may have.
const OTHERS: u32 = 0o077;

/// SHA-256 of a whole vault file: "still the one that was loaded".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(crate) fn of(file: &[u8]) -> Self {
        let hash = digest::digest(&digest::SHA256, file);
        Self(*hash.as_ref().first_chunk().expect("SHA-256 has 32 bytes"))
    }

    /// Four bytes that tell two versions of one generation apart in a file name.
    fn short(&self) -> String {
        HEXLOWER.encode(self.0.first_chunk::<4>().expect("4 of 32 bytes"))
    }
}

/// A version as it was loaded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Loaded {
    pub(crate) vault: VaultId,
    pub(crate) generation: u64,
    pub(crate) fingerprint: Fingerprint,
}

impl Loaded {
    /// Four bytes of the vault's id for a file name: backups of a vault that was there before are not ours to prune.
    fn vault_name(&self) -> String {
        HEXLOWER.encode(self.vault.first_chunk::<4>().expect("4 of 16 bytes"))
    }
}

/// A write that did not end well.
#[derive(Debug)]
pub(crate) struct WriteFailed {
    pub(crate) error: VaultError,
    /// The new version is in place all the same; only its survival of a power cut is unsure.
    pub(crate) replaced: bool,
}

/// One vault file's place on a disk.
pub(crate) struct Store {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    folder: PathBuf,
}

impl Store {
    /// Follows symbolic links once; from here on the file is known by its real name.
    pub(crate) fn at(path: &Path, disk: Arc<dyn Disk>) -> Result<Self, VaultError> {
        let path = disk.resolve(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => VaultError::Missing { path: path.to_owned() },
            _ => VaultError::Io { doing: "find the vault's folder", source: error },
        })?;
        let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
        Ok(Self { disk, path, folder })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The whole file, if its owner alone can read it.
    pub(crate) fn read(&self) -> Result<Vec<u8>, VaultError> {
        let image = self.disk.read(&self.path, MAX_FILE).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => VaultError::Missing { path: self.path.clone() },
            io::ErrorKind::InvalidInput => self.flawed(Flaw::NotAVault),
            _ => VaultError::Io { doing: "read the vault", source: error },
        })?;
        if image.mode & OTHERS != 0 {
            return Err(VaultError::Permissions { mode: image.mode });
        }
        Ok(image.bytes)
    }

    /// Older versions beside the file, newest first; none if the folder cannot be read.
    pub(crate) fn kept(&self) -> Kept {
        let mut versions: Vec<_> = self.beside(".backup-").collect();
        versions.sort_by(|a, b| b.cmp(a));
        Kept(versions)
    }

    /// The error for a flaw of this file.
    pub(crate) fn flawed(&self, flaw: Flaw) -> VaultError {
        flaw.with(self.kept())
    }

    /// Puts the first version in place, where nothing is yet.
    pub(crate) fn write_first(&self, file: &[u8], nonce: &str) -> Result<(), VaultError> {
        let _lock = self.lock()?;
        if self.disk.exists(&self.path).map_err(VaultError::io("look for a vault"))? {
            return Err(VaultError::Exists { path: self.path.clone() });
        }
        self.remove_leftovers();
        self.put(file, nonce)
    }

    /// Puts the next version in place of the loaded one and keeps that as a backup.
    pub(crate) fn replace(&self, loaded: Loaded, file: &[u8], nonce: &str) -> Result<(), WriteFailed> {
        self.try_replace(loaded, file, nonce).map_err(|error| {
            let replaced = self.read().is_ok_and(|now| now == file);
            WriteFailed { error, replaced }
        })
    }

    fn try_replace(&self, loaded: Loaded, file: &[u8], nonce: &str) -> Result<(), VaultError> {
        let _lock = self.lock()?;
        let current = self.read()?;
        if Fingerprint::of(&current) != loaded.fingerprint {
            return Err(VaultError::StaleGeneration { loaded: loaded.generation });
        }
        self.remove_leftovers();
        self.keep(loaded, &current, nonce)?;
        self.put(file, nonce)?;
        self.prune(&loaded);
        Ok(())
    }

    /// Temporary file, sync, read back, rename, sync of the folder.
    fn put(&self, file: &[u8], nonce: &str) -> Result<(), VaultError> {
        let temporary = self.named(&format!(".tmp-{nonce}"));
        self.write_synced(&temporary, file)?;
        self.disk.rename(&temporary, &self.path).map_err(VaultError::io("put the new vault in place"))?;
        self.disk.sync_folder(&self.folder).map_err(VaultError::io("sync the vault's folder"))
    }

    fn write_synced(&self, path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
        let mut file = self.disk.create(path).map_err(VaultError::io("create a file beside the vault"))?;
        file.write(bytes).map_err(VaultError::io("write beside the vault"))?;
        file.sync().map_err(VaultError::io("sync a file beside the vault"))?;
        drop(file);
        let written = self.disk.read(path, MAX_FILE).map_err(VaultError::io("read back what was written"))?;
        if written.bytes == bytes {
            Ok(())
        } else {
            let differs = io::Error::new(io::ErrorKind::InvalidData, "the disk gave back other bytes");
            Err(VaultError::Io { doing: "read back what was written", source: differs })
        }
    }

    /// A second name for the loaded version; a copy where the file system has no second names.
    fn keep(&self, loaded: Loaded, current: &[u8], nonce: &str) -> Result<(), VaultError> {
        let Loaded { generation, fingerprint, .. } = loaded;
        let backup = self.named(&format!(".backup-{generation:020}-{}-{}", loaded.vault_name(), fingerprint.short()));
        match self.disk.link(&self.path, &backup) {
            Ok(()) => Ok(()),
            // The same generation with the same hash: an earlier write kept it and then went no further.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(_) => {
                let temporary = self.named(&format!(".tmp-{nonce}-backup"));
                self.write_synced(&temporary, current)?;
                self.disk.rename(&temporary, &backup).map_err(VaultError::io("keep the older vault"))
            }
        }
    }

    /// The write has succeeded by now: a backup too many is no reason to say otherwise. Backups of another vault that
    /// once lay here may be all that is left of it and are never counted.
    fn prune(&self, loaded: &Loaded) {
        let ours = format!("-{}-", loaded.vault_name());
        let kept = self.kept();
        let ours =
            kept.paths().filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains(&ours)));
        for surplus in ours.skip(KEPT_VERSIONS) {
            let _ = self.disk.remove(surplus);
        }
    }

    /// What writers left that were stopped in the middle. Nobody else writes: we hold the lock.
    fn remove_leftovers(&self) {
        for leftover in self.beside(".tmp-") {
            let _ = self.disk.remove(&leftover);
        }
    }

    fn lock(&self) -> Result<Box<dyn Send>, VaultError> {
        let lock = self.disk.lock(&self.named(".lock")).map_err(VaultError::io("take the vault's lock"))?;
        lock.ok_or(VaultError::InUse)
    }

    /// Files whose name is the vault's with this ending begun.
    fn beside(&self, ending: &str) -> impl Iterator<Item = PathBuf> {
        let beginning = self.named(ending);
        let names = self.disk.list(&self.folder).unwrap_or_default();
        names.into_iter().filter(move |name| {
            let starts = |name: &OsStr, with: &OsStr| name.as_encoded_bytes().starts_with(with.as_encoded_bytes());
            starts(name.as_os_str(), beginning.as_os_str())
        })
    }

    fn named(&self, ending: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(ending);
        PathBuf::from(name)
    }
}

/// Writes a small file in one step, without lock and backups: all of it is there afterwards, or the old one.
pub(crate) fn write_small(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut temporary = path.to_owned().into_os_string();
    temporary.push(".tmp");
    let temporary = PathBuf::from(temporary);
    if disk.exists(&temporary)? {
        disk.remove(&temporary)?;
    }
    let mut file = disk.create(&temporary)?;
    file.write(bytes)?;
    file.sync()?;
    drop(file);
    disk.rename(&temporary, path)?;
    disk.sync_folder(path.parent().unwrap_or(Path::new("/")))
}
