//! The vault file and what lies beside it: checked reads, durable writes, older versions.
//!
//! A write is: take the lock, see that the file is still the one that was loaded, write a new file beside it, sync,
//! read it back, keep the old one under a second name, rename, sync the folder. Whatever stops it in between leaves
//! the old file or the new one whole. Beside `vault` lie `vault.lock`, for a moment `vault.tmp-…`, and older versions
//! as `vault.backup-…` (`versions` has their names and says which stay). A write under a new vault key, which leaves no
//! older version under the old one, is in `store/sealed`.

mod sealed;

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use data_encoding::HEXLOWER;
use fob_ambient::{Rng, SystemRng, UnixTime};
use ring::digest;

use crate::envelope::{Flaw, MAX_FILE};
use crate::header::Header;
use crate::keys::VaultId;
use crate::versions::{self, Name, Named, vault_name};
use crate::{Disk, Kept, Occasion, VaultError};

pub(crate) use sealed::Resealed;

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

    /// The same while `work` goes on, on a thread of its own; afterwards where there is none to be had.
    pub(crate) fn while_doing<T>(file: &[u8], work: impl FnOnce() -> T) -> (T, Self) {
        thread::scope(|scope| {
            let hashing = thread::Builder::new().spawn_scoped(scope, || Self::of(file)).ok();
            let done = work();
            let hashed = hashing.and_then(|hashing| hashing.join().ok());
            (done, hashed.unwrap_or_else(|| Self::of(file)))
        })
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
    /// The name of its vault key.
    pub(crate) key: [u8; 16],
    pub(crate) generation: u64,
    pub(crate) changed: UnixTime,
    pub(crate) fingerprint: Fingerprint,
}

impl Loaded {
    /// The version that this header was read from.
    pub(crate) fn of(header: &Header, fingerprint: Fingerprint) -> Self {
        let Header { vault, key, generation, changed, .. } = *header;
        Self { vault, key, generation, changed: UnixTime(changed), fingerprint }
    }

    /// Its name as a backup.
    fn name(&self, occasion: Option<Occasion>) -> Name {
        Name {
            generation: self.generation,
            vault: vault_name(&self.vault),
            hash: self.fingerprint.short(),
            changed: Some(self.changed),
            occasion,
        }
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
        self.read_at(&self.path)
    }

    fn read_at(&self, path: &Path) -> Result<Vec<u8>, VaultError> {
        let image = self.disk.read(path, MAX_FILE).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => VaultError::Missing { path: path.to_owned() },
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
        self.clear_leftovers(None);
        self.put(file, nonce)
    }

    /// Puts the next version in place of the loaded one and keeps that as a backup, for an occasion if there is one.
    pub(crate) fn replace(
        &self,
        loaded: Loaded,
        file: &[u8],
        nonce: &str,
        occasion: Option<Occasion>,
    ) -> Result<(), WriteFailed> {
        self.try_replace(loaded, file, nonce, occasion).map_err(|error| self.failed(error, file))
    }

    fn failed(&self, error: VaultError, file: &[u8]) -> WriteFailed {
        let replaced = self.read().is_ok_and(|now| now == file);
        WriteFailed { error, replaced }
    }

    fn try_replace(
        &self,
        loaded: Loaded,
        file: &[u8],
        nonce: &str,
        occasion: Option<Occasion>,
    ) -> Result<(), VaultError> {
        let _lock = self.lock()?;
        let current = self.current(&loaded)?;
        self.clear_leftovers(Some(&loaded.key));
        self.keep(&loaded.name(None), &current, nonce)?;
        if occasion.is_some() {
            self.keep(&loaded.name(occasion), &current, nonce)?;
        }
        self.put(file, nonce)?;
        self.prune(&loaded.vault);
        Ok(())
    }

    /// Keeps the loaded version now, for an occasion; where.
    pub(crate) fn keep_for(&self, loaded: Loaded, occasion: Occasion, nonce: &str) -> Result<PathBuf, VaultError> {
        let _lock = self.lock()?;
        let current = self.current(&loaded)?;
        let kept = self.keep(&loaded.name(Some(occasion)), &current, nonce)?;
        self.disk.sync_folder(&self.folder).map_err(VaultError::io("sync the vault's folder"))?;
        self.prune(&loaded.vault);
        Ok(kept)
    }

    /// Puts a version in place of whatever is there, if that is still what was seen; keeps that, sound or not.
    pub(crate) fn put_over(
        &self,
        seen: Option<(Loaded, &[u8])>,
        file: &[u8],
        vault: &VaultId,
        nonce: &str,
    ) -> Result<(), VaultError> {
        let _lock = self.lock()?;
        let there = match self.read() {
            Ok(bytes) => Some(bytes),
            Err(VaultError::Missing { .. }) => None,
            Err(error) => return Err(error),
        };
        if there.as_deref() != seen.map(|(_, bytes)| bytes) {
            let generation = seen.map_or(0, |(loaded, _)| loaded.generation);
            return Err(VaultError::StaleGeneration { loaded: generation });
        }
        self.clear_leftovers(seen.map(|(loaded, _)| loaded.key).as_ref());
        if let Some((loaded, bytes)) = seen.filter(|(_, bytes)| !bytes.is_empty()) {
            // As an ordinary version too: of those that were kept before a restoring three stay, and whoever looks for
            // the right version restores more often than that.
            self.keep(&loaded.name(None), bytes, nonce)?;
            self.keep(&loaded.name(Some(Occasion::Restore)), bytes, nonce)?;
        }
        self.put(file, nonce)?;
        self.prune(vault);
        Ok(())
    }

    /// The file as it is, if it is the loaded one.
    fn current(&self, loaded: &Loaded) -> Result<Vec<u8>, VaultError> {
        let current = self.read()?;
        if Fingerprint::of(&current) != loaded.fingerprint {
            return Err(VaultError::StaleGeneration { loaded: loaded.generation });
        }
        Ok(current)
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

    /// A second name for the version that is in place; a copy where the file system has no second names. Its bytes
    /// were read and found to be those that opened, so what is kept is sound.
    fn keep(&self, name: &Name, current: &[u8], nonce: &str) -> Result<PathBuf, VaultError> {
        let backup = self.backup(name);
        // There already, if an earlier write kept it and then went no further; but something else may have its name.
        let is_it = |error: &io::Error| {
            error.kind() == io::ErrorKind::AlreadyExists
                && self.disk.read(&backup, MAX_FILE).is_ok_and(|kept| kept.bytes == current)
        };
        match self.disk.link(&self.path, &backup) {
            Ok(()) => Ok(backup),
            Err(error) if is_it(&error) => Ok(backup),
            Err(_) => {
                let temporary = self.named(&format!(".tmp-{nonce}-backup"));
                self.write_synced(&temporary, current)?;
                self.disk.rename(&temporary, &backup).map_err(VaultError::io("keep the older vault"))?;
                Ok(backup)
            }
        }
    }

    /// The write has succeeded by now: a backup too many is no reason to say otherwise. Backups of another vault that
    /// once lay here may be all that is left of it and are never counted.
    fn prune(&self, vault: &VaultId) {
        for surplus in versions::surplus(self.backups_of(vault)) {
            let _ = self.disk.remove(&surplus);
        }
    }

    /// Everything beside the file that is named as a backup.
    pub(crate) fn backups(&self) -> Vec<Named> {
        let beginning = self.named(".backup-");
        let named = |path: PathBuf| {
            let text = path.as_os_str().as_encoded_bytes().strip_prefix(beginning.as_os_str().as_encoded_bytes())?;
            let name = Name::from_text(std::str::from_utf8(text).ok()?)?;
            Some((path, name))
        };
        self.beside(".backup-").filter_map(named).collect()
    }

    fn backups_of(&self, vault: &VaultId) -> Vec<Named> {
        let ours = vault_name(vault);
        let mut backups = self.backups();
        backups.retain(|(_, name)| name.vault == ours);
        backups
    }

    fn backup(&self, name: &Name) -> PathBuf {
        self.named(&format!(".backup-{}", name.to_text()))
    }

    /// A version beside the vault, or wherever: read like the vault itself.
    pub(crate) fn read_version(&self, path: &Path) -> Result<Vec<u8>, VaultError> {
        self.read_at(path)
    }

    /// What writers left that were stopped in the middle: versions that were sealed again under the key of the vault
    /// that is in place become backups, the rest goes. Nobody else writes: we hold the lock.
    fn clear_leftovers(&self, key: Option<&[u8; 16]>) {
        if let Some(key) = key {
            self.settle(key);
        }
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

/// Whether a new file in the place of an old one must survive a power cut before anything else happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Survives {
    /// The new one is found.
    Surely,
    /// One of the two is found, whole. It saves a wait for the disk.
    OrTheOld,
    /// One of the two is found, or nothing that makes sense. It saves both waits.
    Perhaps,
}

/// Writes a small file in one step, without lock and backups: all of it is there afterwards, or the old one. Two
/// writers at once do not meet: each has a temporary name of its own, which says nothing and so needs no chance from
/// outside. A killed writer leaves it behind, since nobody can tell it from another's at work.
pub(crate) fn write_small(disk: &dyn Disk, path: &Path, bytes: &[u8], survives: Survives) -> io::Result<()> {
    let mut nonce = [0; 8];
    SystemRng::new().fill(&mut nonce);
    let mut temporary = path.to_owned().into_os_string();
    temporary.push(format!(".tmp-{}", HEXLOWER.encode(&nonce)));
    let temporary = PathBuf::from(temporary);
    let write = || {
        let mut file = disk.create(&temporary)?;
        file.write(bytes)?;
        if survives != Survives::Perhaps {
            file.sync()?;
        }
        drop(file);
        disk.rename(&temporary, path)
    };
    if let Err(error) = write() {
        let _ = disk.remove(&temporary);
        return Err(error);
    }
    match survives {
        Survives::Surely => disk.sync_folder(path.parent().unwrap_or(Path::new("/"))),
        Survives::OrTheOld | Survives::Perhaps => Ok(()),
    }
}
