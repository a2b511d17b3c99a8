//! A write under a new vault key: afterwards nothing beside the vault opens with the old one.
//!
//! Older versions are sealed again before the new file is put in place, under temporary names that say what they are to
//! be called, and take the place of the old ones after it. A version under the old key that does not open goes; one under
//! yet another key, which a restoring has kept, stays. Whatever stops this in between leaves the old vault with its
//! versions, or the new one with them: what was left half done is finished later ([`Store::sweep`], or the next write),
//! because the new header says which key is today's and which are retired.

use std::path::{Path, PathBuf};

use fob_ambient::UnixTime;

use super::{Fingerprint, Loaded, Store, WriteFailed};
use crate::envelope::{Envelope, HEAD, MAX_FILE};
use crate::header::Header;
use crate::keys::VaultId;
use crate::versions::{Name, vault_name};
use crate::{Occasion, VaultError};

/// What stands in a temporary name before the name that a version sealed again is to have.
const SEALED: &str = "-sealed-";

/// A version sealed again.
pub(crate) struct Resealed {
    pub(crate) file: Vec<u8>,
    pub(crate) generation: u64,
    pub(crate) changed: u64,
}

impl Store {
    /// Puts a file under a new key in place of the loaded one. `reseal` seals a version under it, or says that it
    /// cannot; `retired` are the keys that may open nothing any more. What comes back are versions that are still there
    /// as they were: under another key than those, or not to be removed.
    pub(crate) fn replace_sealed(
        &self,
        loaded: Loaded,
        file: &[u8],
        nonce: &str,
        retired: &[[u8; 16]],
        reseal: &dyn Fn(&[u8]) -> Option<Resealed>,
    ) -> Result<Vec<PathBuf>, WriteFailed> {
        self.try_replace_sealed(loaded, file, nonce, retired, reseal).map_err(|error| self.failed(error, file))
    }

    fn try_replace_sealed(
        &self,
        loaded: Loaded,
        file: &[u8],
        nonce: &str,
        retired: &[[u8; 16]],
        reseal: &dyn Fn(&[u8]) -> Option<Resealed>,
    ) -> Result<Vec<PathBuf>, VaultError> {
        let _lock = self.lock()?;
        let current = self.current(&loaded)?;
        self.clear_leftovers(Some(&loaded.key));
        let (mut done, mut going, mut staying) = (Vec::new(), Vec::new(), Vec::new());
        for (path, name) in self.backups_of(&loaded.vault) {
            // Its mode is no matter: what opens is ours, and is written anew. What cannot be read must not go unread.
            let bytes = self.disk.read(&path, MAX_FILE).map_err(VaultError::io("read an older version"))?.bytes;
            if let Some(resealed) = reseal(&bytes) {
                done.push(self.write_sealed(&loaded.vault, &resealed, name.occasion, nonce)?);
                going.push(path);
            } else if may_go(&bytes, &loaded.vault, retired) {
                going.push(path);
            } else {
                staying.push(path);
            }
        }
        if let Some(resealed) = reseal(&current) {
            done.push(self.write_sealed(&loaded.vault, &resealed, None, nonce)?);
        }
        self.disk.sync_folder(&self.folder).map_err(VaultError::io("sync the vault's folder"))?;
        self.put(file, nonce)?;
        // The new vault is in place and sure. What fails from here on is done by the next unlock.
        for (from, to) in done {
            let _ = self.disk.rename(&from, &to);
        }
        staying.extend(going.into_iter().filter(|path| self.disk.remove(path).is_err()));
        self.prune(&loaded.vault);
        let _ = self.disk.sync_folder(&self.folder);
        Ok(staying)
    }

    /// Writes a version that was sealed again under a temporary name; that, and the name that it is to have.
    fn write_sealed(
        &self,
        vault: &VaultId,
        resealed: &Resealed,
        occasion: Option<Occasion>,
        nonce: &str,
    ) -> Result<(PathBuf, PathBuf), VaultError> {
        let name = Name {
            generation: resealed.generation,
            vault: vault_name(vault),
            hash: Fingerprint::of(&resealed.file).short(),
            changed: Some(UnixTime(resealed.changed)),
            occasion,
        };
        let temporary = self.named(&format!(".tmp-{nonce}{SEALED}{}", name.to_text()));
        self.write_synced(&temporary, &resealed.file)?;
        Ok((temporary, self.backup(&name)))
    }

    /// Gives versions that were sealed again under this key, and not named yet, their names. We hold the lock.
    pub(super) fn settle(&self, key: &[u8; 16]) {
        for (path, backup) in self.unsettled(key) {
            let _ = self.disk.rename(&path, &backup);
        }
    }

    fn unsettled(&self, key: &[u8; 16]) -> Vec<(PathBuf, PathBuf)> {
        let sealed = |path: PathBuf| {
            let (_, name) = path.file_name()?.to_str()?.split_once(SEALED)?;
            let backup = self.backup(&Name::from_text(name)?);
            (self.header_at(&path)?.key == *key).then_some((path, backup))
        };
        self.beside(".tmp-").filter_map(sealed).collect()
    }

    /// Finishes what a stopped write under a new key left: versions under the key of today get their names, those whose
    /// key is retired go. Another writer at work is left to it, and not held up where there is nothing to do.
    pub(crate) fn sweep(&self, header: &Header) {
        if header.retired.is_empty() || (self.unsettled(&header.key).is_empty() && self.retired(header).is_empty()) {
            return;
        }
        let Ok(_lock) = self.lock() else { return };
        self.settle(&header.key);
        for path in self.retired(header) {
            let _ = self.disk.remove(&path);
        }
    }

    /// Versions of this vault under a key that it has no more.
    fn retired(&self, header: &Header) -> Vec<PathBuf> {
        let is_retired = |found: Header| found.vault == header.vault && header.retired.contains(&found.key);
        let backups = self.backups_of(&header.vault).into_iter().map(|(path, _)| path);
        backups.filter(|path| self.header_at(path).is_some_and(is_retired)).collect()
    }

    fn header_at(&self, path: &Path) -> Option<Header> {
        Envelope::header_of(&self.disk.read(path, HEAD).ok()?.bytes)
    }
}

/// Whether a version that could not be sealed again is lost for good: it is no version, or its key is one of these.
fn may_go(bytes: &[u8], vault: &VaultId, retired: &[[u8; 16]]) -> bool {
    Envelope::header_of(bytes).is_none_or(|header| header.vault == *vault && retired.contains(&header.key))
}
