//! A fresh proof of who is there, before what asks for one.
//!
//! Argon2 takes half a second, and everybody's codes must not wait for it: what a proof is held against is taken out of
//! the vault, and the vault looked at again afterwards.

use std::sync::Arc;

use fob_bus::{CallError, ErrorKind};
use fob_vault::{Prover, SlotId, UnlockedVault};

use super::{Keeper, LOCKED};
use crate::errors;
use crate::secret::Proof;
use crate::shield::Secrets;
use crate::thread::blocking;

/// Somebody has shown what opens the vault. Good until the vault is locked or gets other ways in.
#[derive(Debug)]
pub(crate) struct Proven {
    prover: Prover,
    epoch: u64,
    /// Which way in it was, if it has an id.
    pub(crate) slot: Option<SlotId>,
}

impl Keeper {
    /// Holds what was presented against the open vault, which others can use meanwhile.
    ///
    /// # Errors
    /// As [`Keeper::read`], and [`ErrorKind::WrongPassphrase`].
    pub(crate) async fn prove(self: &Arc<Self>, proof: Proof) -> Result<(Proven, Proof), CallError> {
        let epoch = self.epoch();
        let prover = self.read(|vault| Ok(vault.prover())).await?;
        let secrets = Secrets::held();
        let _turn = self.opening.lock().await;
        // Whoever waited for a turn may have been overtaken by a lock.
        if self.epoch() != epoch {
            return Err(CallError::new(ErrorKind::Locked, LOCKED));
        }
        let keeper = self.clone();
        blocking(move || {
            let _secrets = secrets;
            let slot = prover.prove(&proof.opening()).map_err(|error| errors::vault(&error))?;
            keeper.price.learn(&keeper.context);
            Ok((Proven { prover, epoch, slot }, proof))
        })
        .await
    }

    /// Looks into the vault that was proven for, on a thread of its own.
    ///
    /// # Errors
    /// As [`Keeper::read`], and [`ErrorKind::VaultBusy`] if its ways in have changed since.
    pub(crate) async fn change_proven<T: Send + 'static>(
        self: &Arc<Self>,
        proven: Proven,
        change: impl FnOnce(&mut UnlockedVault) -> Result<T, CallError> + Send + 'static,
    ) -> Result<T, CallError> {
        let keeper = self.clone();
        self.change(move |vault| {
            if keeper.epoch() != proven.epoch {
                return Err(CallError::new(ErrorKind::Locked, LOCKED));
            }
            if !proven.prover.is_of(vault) {
                let words = "the vault's ways in were changed meanwhile: nothing was done, try again";
                return Err(CallError::new(ErrorKind::VaultBusy, words));
            }
            change(vault)
        })
        .await
    }
}
