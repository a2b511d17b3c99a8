//! The scripted daemon's `Vault1`.

use std::sync::Arc;

use fob_bus::CallError;
use fob_bus::pipe::put;
use fob_bus::types::{MergeInfo, MergeOptions, RekeyInfo, RestoreInfo, SlotInfo, VersionInfo};
use zbus::{OwnedFd, interface};

use super::{FakeDaemon, NOW, RECOVERY};

/// The interface.
pub(super) struct Vault(pub(super) Arc<FakeDaemon>);

/// A way in that was made two days and used one day before now.
pub(crate) fn slot(id: &str, kind: &str, label: &str) -> SlotInfo {
    SlotInfo {
        id: Some(id.to_owned()),
        kind: kind.to_owned(),
        label: label.to_owned(),
        created: Some(NOW - 2 * 86_400),
        used: Some(NOW - 86_400),
        opens_with_login: false,
    }
}

#[interface(name = "dev.fob.Vault1")]
impl Vault {
    fn versions(&self) -> Result<Vec<VersionInfo>, CallError> {
        Ok(self.0.called("Versions")?.versions.clone())
    }

    fn restore(&self, version: &str, secret: OwnedFd, recovery: bool) -> Result<RestoreInfo, CallError> {
        self.0.take(secret);
        Ok(self.0.called(&format!("Restore({version}, {recovery})"))?.restored.clone())
    }

    fn slots(&self) -> Result<Vec<SlotInfo>, CallError> {
        Ok(self.0.called("Slots")?.slots.clone())
    }

    fn change_passphrase(
        &self,
        fresh: OwnedFd,
        by_recovery: bool,
        new: OwnedFd,
        recovery: OwnedFd,
    ) -> Result<RekeyInfo, CallError> {
        self.0.take(fresh);
        self.0.take(new);
        let mut facts = self.0.called(&format!("ChangePassphrase({by_recovery})"))?;
        if let Some(refusal) = facts.change_refused.take() {
            return Err(refusal);
        }
        put(&recovery.into(), RECOVERY.as_bytes()).unwrap();
        Ok(facts.rekeyed.clone())
    }

    fn renew_recovery_code(&self, passphrase: OwnedFd, recovery: OwnedFd) -> Result<RekeyInfo, CallError> {
        self.0.take(passphrase);
        let facts = self.0.called("RenewRecoveryCode")?;
        put(&recovery.into(), RECOVERY.as_bytes()).unwrap();
        Ok(facts.rekeyed.clone())
    }

    fn merge(&self, vault: OwnedFd, secret: OwnedFd, options: MergeOptions) -> Result<MergeInfo, CallError> {
        self.0.take(secret);
        let mut file = std::fs::File::from(std::os::fd::OwnedFd::from(vault));
        let text = std::io::read_to_string(&mut file).unwrap();
        let MergeOptions { recovery, dry_run } = options;
        let facts = self.0.called(&format!("Merge({text}, {recovery:?}, {dry_run:?})"))?;
        let written = facts.merged.written && dry_run != Some(true);
        Ok(MergeInfo { written, ..facts.merged.clone() })
    }
}
