//! What opens the vault, as its file shows it: for whoever asks a key, a keyring or a TPM.

use std::sync::Arc;

use fob_bus::CallError;
use fob_vault::{LockedVault, Way};

use super::Keeper;
use crate::errors;
use crate::thread::blocking;

impl Keeper {
    /// The vault's identity and its ways in. Nothing of it is authentic before something of it opens the vault.
    ///
    /// # Errors
    /// Those of the vault.
    pub(crate) async fn ways(self: &Arc<Self>) -> Result<([u8; 16], Vec<Way>), CallError> {
        let _turn = self.looking.lock().await;
        let keeper = self.clone();
        blocking(move || {
            let locked = LockedVault::open(&keeper.path, &keeper.context);
            locked.and_then(|locked| locked.id_and_ways()).map_err(|error| errors::vault(&error))
        })
        .await
    }
}
