//! A write under a new vault key: afterwards nothing beside the vault opens with the old one.
//!
//! Older versions are sealed again before the new file is put in place, and take the place of the old ones after it; a
//! version that cannot be sealed again goes. Whatever stops this in between leaves the old vault with its versions, or
//! the new one with some or none: versions under the old key that stayed are cleared away later ([`Store::sweep`]),
//! because the new header says which keys are retired.

use std::path::PathBuf;

use fob_ambient::UnixTime;

use super::{Fingerprint, Loaded, Store, WriteFailed};
use crate::VaultError;
use crate::envelope::{Envelope, HEAD};
use crate::keys::VaultId;
use crate::versions::{Name, vault_name};

/// A version sealed again.
pub(crate) struct Resealed {
    pub(crate) file: Vec<u8>,
    pub(crate) generation: u64,
    pub(crate) changed: u64,
}

impl Store {
    /// Puts a file under a new key in place of the loaded one. `reseal` seals a version under it, or says that it
    /// cannot. What comes back are versions under the old key that could not be removed.
    pub(crate) fn replace_sealed(
        &self,
        loaded: Loaded,
        file: &[u8],
        nonce: &str,
        reseal: &dyn Fn(&[u8]) -> Option<Resealed>,
    ) -> Result<Vec<PathBuf>, WriteFailed> {
        self.try_replace_sealed(loaded, file, nonce, reseal).map_err(|error| self.failed(error, file))
    }

    fn try_replace_sealed(
        &self,
        loaded: Loaded,
        file: &[u8],
        nonce: &str,
        reseal: &dyn Fn(&[u8]) -> Option<Resealed>,
    ) -> Result<Vec<PathBuf>, VaultError> {
        let _lock = self.lock()?;
        let current = self.current(&loaded)?;
        self.remove_leftovers();
        let old = self.backups_of(&loaded.vault);
        let mut moves = Vec::new();
        let versions = old.iter().map(|(path, name)| (self.read_at(path).ok(), name.occasion));
        for (number, (bytes, occasion)) in versions.chain([(Some(current), None)]).enumerate() {
            let Some(resealed) = bytes.as_deref().and_then(reseal) else { continue };
            let temporary = self.named(&format!(".tmp-{nonce}-{number}"));
            self.write_synced(&temporary, &resealed.file)?;
            let name = Name {
                generation: resealed.generation,
                vault: vault_name(&loaded.vault),
                hash: Fingerprint::of(&resealed.file).short(),
                changed: Some(UnixTime(resealed.changed)),
                occasion,
            };
            moves.push((temporary, self.backup(&name)));
        }
        self.put(file, nonce)?;
        // The new vault is in place and sure. What fails from here on costs a version, never the vault.
        for (from, to) in moves {
            let _ = self.disk.rename(&from, &to);
        }
        let left = old.into_iter().map(|(path, _)| path).filter(|path| self.disk.remove(path).is_err()).collect();
        self.prune(&loaded.vault);
        let _ = self.disk.sync_folder(&self.folder);
        Ok(left)
    }

    /// Removes versions of this vault whose key is retired: what a stopped write left.
    pub(crate) fn sweep(&self, vault: &VaultId, retired: &[[u8; 16]]) {
        if retired.is_empty() {
            return;
        }
        for (path, _) in self.backups_of(vault) {
            let head = self.disk.read(&path, HEAD).ok();
            let header = head.and_then(|image| Envelope::header_of(&image.bytes));
            if header.is_some_and(|header| header.vault == *vault && retired.contains(&header.key)) {
                let _ = self.disk.remove(&path);
            }
        }
    }
}
