//! What else lives in memory for as long as the vault is open, and leaves with it.

use std::sync::{Arc, PoisonError};

use fob_vault::UnlockedVault;

use super::Keeper;

/// Something that is made of what the vault keeps. Both calls come under the vault's lock: nothing waits in them, and none
/// of them goes back to the vault.
pub(crate) trait Tenant: Send + Sync {
    /// The vault was opened, or another one is open in its place.
    fn moves_in(&self, vault: &UnlockedVault);

    /// The vault's accounts have left memory.
    fn moves_out(&self);
}

impl Keeper {
    /// Lets another tenant live with the vault, from the next time that it is opened.
    pub(crate) fn house(&self, tenant: Arc<dyn Tenant>) {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner).push(tenant);
    }

    pub(super) fn move_in(&self, vault: &UnlockedVault) {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|tenant| tenant.moves_in(vault));
    }

    pub(super) fn move_out(&self) {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|tenant| tenant.moves_out());
    }
}
