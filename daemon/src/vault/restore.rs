//! Older versions: finding the one that is meant, and putting it in the vault's place.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use fob_bus::{CallError, ErrorKind};
use fob_otp::printable;
use fob_vault::{LockedVault, Opening, Restored, UnlockedVault, Version};

use super::state::{Open, State};
use super::{Instead, Keeper, make_folder, read};
use crate::secret::Proof;
use crate::shield::{self, Secrets};
use crate::thread::blocking;
use crate::{errors, upkeep};

impl Keeper {
    /// The versions beside the vault, as `show` tells of them: opened ones if the vault is open. Not a use.
    pub(crate) async fn versions<T: Send + 'static>(
        self: &Arc<Self>,
        show: impl FnOnce(Vec<Version>) -> T + Send + 'static,
    ) -> Result<T, CallError> {
        let mut state = self.state.clone().lock_owned().await;
        self.close_if_due(&mut state);
        let keeper = self.clone();
        blocking(move || match &*state {
            State::Open(open) => Ok(show(open.vault.verified_versions())),
            State::Closed | State::Soft(_) => {
                // Reading many files may take a while: nobody need wait for it.
                drop(state);
                keeper.kept().map(show)
            }
        })
        .await
    }

    /// Puts a version in the vault's place and opens it; whether it is open now comes with what was done. What is there
    /// stays as a version.
    pub(crate) async fn restore(
        self: &Arc<Self>,
        version: String,
        secret: OwnedFd,
        by_recovery: bool,
    ) -> Result<(Restored, bool), CallError> {
        let epoch = self.epoch();
        self.may_open()?;
        let (secrets, proof) = read(move || Proof::read(&secret, by_recovery)).await?;
        let _turn = self.opening.lock().await;
        self.may_open()?;
        let keeper = self.clone();
        let (opened, restored) = blocking(move || keeper.put_back(secrets, &version, proof)).await?;
        // The file is the restored one, whoever locked meanwhile: it stays locked then, and is no failure.
        let open = self.admit(opened, epoch, Instead::OfAny).await;
        if !open {
            // Somebody may have opened what was there before, after the lock and before our turn.
            self.close(&mut *self.state.lock().await);
        }
        Ok((restored, open))
    }

    fn put_back(&self, secrets: Secrets, version: &str, proof: Proof) -> Result<(Open, Restored), CallError> {
        if let Err(error) = make_folder(&self.state_folder) {
            tracing::warn!(%error, "the newest version of the vault cannot be remembered");
        }
        let version = meant(self.kept()?, version)?;
        let (vault, restored) = self.restored(&version, &proof.opening())?;
        drop(proof);
        shield::settle_unlocked();
        Ok((Open { vault, _secrets: secrets }, restored))
    }

    fn restored(&self, version: &Version, opening: &Opening<'_>) -> Result<(UnlockedVault, Restored), CallError> {
        LockedVault::restore(&self.path, &version.path, opening, &self.context).map_err(|error| errors::vault(&error))
    }

    fn kept(&self) -> Result<Vec<Version>, CallError> {
        LockedVault::versions(&self.path, &self.context).map_err(|error| errors::vault(&error))
    }
}

/// The version of this name, or the only one of this generation.
fn meant(versions: Vec<Version>, wanted: &str) -> Result<Version, CallError> {
    let generation = wanted.parse::<u64>().ok();
    let is_meant = |version: &Version| upkeep::name(version) == wanted || Some(version.generation) == generation;
    let mut found: Vec<Version> = versions.into_iter().filter(is_meant).collect();
    match (found.pop(), found.is_empty()) {
        (Some(version), true) => Ok(version),
        (None, _) => {
            let message = format!("no version of the vault is called {}", printable(wanted));
            Err(CallError::new(ErrorKind::UnknownVersion, message))
        }
        (Some(last), false) => {
            let candidates = found.iter().chain([&last]).map(upkeep::name).collect();
            let message = format!("several versions have the generation {}", printable(wanted));
            Err(CallError::new(ErrorKind::AmbiguousVersion, message).with_candidates(candidates))
        }
    }
}
