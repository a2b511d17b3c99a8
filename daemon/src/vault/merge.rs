//! Another vault's file, taken into the open one.
//!
//! The file comes as a descriptor: what the caller may not open, fobd does not open for it. Nothing is written to it and
//! nothing beside it is looked at.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fob_bus::types::MergeOptions;
use fob_bus::{CallError, ErrorKind};
use fob_vault::{Disk, FileImage, LockedVault, MergeReport, NewFile, NoPins, NoUses, VaultError};

use super::state::Open;
use super::{Keeper, read};
use crate::errors;
use crate::secret::Proof;
use crate::shield::Secrets;
use crate::thread::blocking;

/// What the other vault is called where a path is wanted.
const NAME: &str = "/the-other-vault";
/// Bytes that are read at once.
const PIECE: usize = 64 * 1024;

impl Keeper {
    /// Takes in what the vault in `file` has; what `secret` has opens that. The report, and whether the open vault was
    /// written.
    pub(crate) async fn merge(
        self: &Arc<Self>,
        file: OwnedFd,
        secret: OwnedFd,
        options: MergeOptions,
    ) -> Result<(MergeReport, bool), CallError> {
        self.read(|_| Ok(())).await?;
        let by_recovery = options.recovery == Some(true);
        let (_secrets, proof) = read(move || Proof::read(&secret, by_recovery)).await?;
        let _turn = self.opening.lock().await;
        // It may have been locked meanwhile: then no passphrase is tried on anything.
        self.read(|_| Ok(())).await?;
        let keeper = self.clone();
        let theirs = blocking(move || keeper.open_other(file, &proof, Secrets::held())).await?;
        self.change(move |ours| {
            let before = ours.generation();
            let report = ours.merge(&theirs.vault, options.dry_run == Some(true));
            Ok((report.map_err(|error| errors::vault(&error))?, ours.generation() != before))
        })
        .await
    }

    fn open_other(&self, file: OwnedFd, proof: &Proof, secrets: Secrets) -> Result<Open, CallError> {
        let file = Passed::of(file)?;
        let context = self.context.clone().with_pins(NoPins).with_uses(NoUses).with_disk(Arc::new(file));
        let opened = LockedVault::open(Path::new(NAME), &context)
            .and_then(|locked| locked.unlock_with(&proof.opening()).map_err(|(_, error)| error));
        Ok(Open { vault: opened.map_err(|error| other(&error))?, _secrets: secrets })
    }
}

/// The vault's error, about the vault that it is about.
fn other(error: &VaultError) -> CallError {
    let mut error = errors::vault(error);
    error.message = format!("the other vault: {}", error.message);
    error
}

/// A disk with one file on it, which cannot be written.
struct Passed(File);

impl Passed {
    /// A regular file of our own user.
    fn of(file: OwnedFd) -> Result<Self, CallError> {
        let file = File::from(file);
        let refuse = |why: &str| Err(CallError::new(ErrorKind::InvalidInput, format!("the other vault {why}")));
        match file.metadata() {
            Ok(metadata) if !metadata.is_file() => refuse("is no regular file"),
            Ok(metadata) if metadata.uid() != rustix::process::geteuid().as_raw() => refuse("is another user's file"),
            Ok(_) => Ok(Self(file)),
            Err(error) => Err(CallError::from_error(ErrorKind::InvalidInput, &error)),
        }
    }
}

impl Disk for Passed {
    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.to_owned())
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        Ok(path == Path::new(NAME))
    }

    fn read(&self, path: &Path, limit: usize) -> io::Result<FileImage> {
        if !self.exists(path)? {
            return Err(io::ErrorKind::NotFound.into());
        }
        let mode = self.0.metadata()?.mode() & 0o7777;
        let mut bytes = Vec::new();
        let mut piece = vec![0; PIECE];
        // By place: where the caller's reading stands is its own affair.
        while bytes.len() <= limit {
            let read = match self.0.read_at(&mut piece, bytes.len() as u64) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            bytes.extend(piece.iter().take(read));
        }
        bytes.truncate(limit.saturating_add(1));
        Ok(FileImage { bytes, mode })
    }

    fn create(&self, _path: &Path) -> io::Result<Box<dyn NewFile + '_>> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn append(&self, _path: &Path, _bytes: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn rename(&self, _from: &Path, _to: &Path) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn link(&self, _from: &Path, _to: &Path) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn remove(&self, _path: &Path) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn list(&self, _folder: &Path) -> io::Result<Vec<PathBuf>> {
        Ok(Vec::new())
    }

    fn sync_folder(&self, _folder: &Path) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn lock(&self, _path: &Path) -> io::Result<Option<Box<dyn Send>>> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }
}
