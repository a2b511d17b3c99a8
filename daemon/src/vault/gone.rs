//! No vault where one is looked for: there never was one, or its file is gone and older versions of it lie beside its place.
//! The two are not alike. Whoever lost a vault is led back to it, and nobody makes an empty one over what is left.

use std::fs;

use fob_bus::{CallError, ErrorKind};
use fob_otp::printable;
use fob_vault::{LockedVault, VaultError};

use super::Keeper;
use crate::errors;

impl Keeper {
    /// Why there is no vault.
    pub(super) fn no_vault(&self) -> CallError {
        self.gone().unwrap_or_else(|| errors::vault(&VaultError::Missing { path: self.path.clone() }))
    }

    /// That the vault is gone, if versions of it are left.
    pub(super) fn gone(&self) -> Option<CallError> {
        let there = fs::symlink_metadata(&self.path).is_ok();
        let left = if there { 0 } else { LockedVault::kept(&self.path, &self.context).paths().count() };
        let path = printable(&self.path.to_string_lossy()).into_owned();
        let words = match left {
            0 => return None,
            1 => "an older version of it lies".to_owned(),
            many => format!("{many} older versions of it lie"),
        };
        let message = format!(
            "the vault {path} is gone, and {words} beside its place: `fob vault versions` and `fob vault restore` bring it \
             back; to begin anew, move them away"
        );
        Some(CallError::new(ErrorKind::VaultUnusable, message))
    }
}
