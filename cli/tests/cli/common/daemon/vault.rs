//! The scripted daemon's `Vault1`.

use std::sync::Arc;

use fob_bus::CallError;
use fob_bus::pipe::put;
use fob_bus::types::{
    AddSlotOptions, MergeInfo, MergeOptions, OpenOptions, Pipe, QuickPinOptions, RekeyOptions, RestoreInfo, SlotInfo,
    VersionInfo, WayInfo,
};
use zbus::{Connection, OwnedFd, OwnedObjectPath, interface};

use super::{FakeDaemon, NOW, RECOVERY, Scene, begin};

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

/// A way to open the vault, on an id of its own.
pub(crate) fn way(kind: &str) -> WayInfo {
    WayInfo { kind: kind.to_owned(), slot: Some(format!("id-of-{kind}")), ..WayInfo::default() }
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

    /// Asked beside the calls that a test refuses.
    fn ways(&self) -> Result<Vec<WayInfo>, CallError> {
        let mut facts = self.0.facts();
        facts.calls.push("Ways".to_owned());
        Ok(facts.ways.clone())
    }

    async fn open(
        &self,
        options: OpenOptions,
        #[zbus(connection)] connection: &Connection,
    ) -> Result<OwnedObjectPath, CallError> {
        let OpenOptions { handle_token, kind, slot, passphrase, pin, key } = options;
        self.take_all([passphrase, pin]);
        let what = [kind, slot, key.map(|key| format!("key {key}"))].into_iter().flatten().collect::<Vec<_>>();
        let scenes = self.scenes(&format!("Open({})", what.join(", ")))?;
        begin(&self.0, handle_token, scenes, connection).await
    }

    async fn add_slot(
        &self,
        options: AddSlotOptions,
        #[zbus(connection)] connection: &Connection,
    ) -> Result<OwnedObjectPath, CallError> {
        let AddSlotOptions { handle_token, kind, label, fresh, by_recovery, passphrase, pin, key, .. } = options;
        self.take_all([Some(fresh), passphrase, pin]);
        let mut what = vec![kind];
        what.extend(label.map(|label| format!("called {label}")));
        what.extend(key.map(|key| format!("key {key}")));
        what.extend(by_recovery.filter(|by| *by).map(|_| "by recovery".to_owned()));
        what.extend(options.user_verification.filter(|uv| !uv).map(|_| "without UV".to_owned()));
        what.extend(options.login.filter(|login| *login).map(|_| "login".to_owned()));
        let scenes = self.scenes(&format!("AddSlot({})", what.join(", ")))?;
        begin(&self.0, handle_token, scenes, connection).await
    }

    async fn rekey(
        &self,
        options: RekeyOptions,
        #[zbus(connection)] connection: &Connection,
    ) -> Result<OwnedObjectPath, CallError> {
        let RekeyOptions { handle_token, fresh, by_recovery, passphrase, recovery, .. } = options;
        self.take_all([Some(fresh), passphrase, options.pin]);
        let mut what = Vec::new();
        what.extend(by_recovery.filter(|by| *by).map(|_| "by recovery".to_owned()));
        what.extend(options.remove.map(|ids| format!("without {}", ids.join(" "))));
        what.extend(options.keep.map(|ids| format!("with {}", ids.join(" "))));
        what.extend(options.policy);
        what.extend(options.login.filter(|login| *login).map(|_| "login".to_owned()));
        let scenes = self.scenes(&format!("Rekey({})", what.join(", ")))?;
        // The code comes when the new key is there.
        if scenes.iter().any(|scene| matches!(scene, Scene::Done(outcome) if outcome.rekeyed.is_some())) {
            put(&recovery.into(), RECOVERY.as_bytes()).unwrap();
        }
        begin(&self.0, handle_token, scenes, connection).await
    }

    fn label_slot(&self, id: &str, label: &str) -> Result<(), CallError> {
        self.0.called(&format!("LabelSlot({id}, {label})")).map(drop)
    }

    fn set_quick_pin(&self, fresh: OwnedFd, by_recovery: bool, options: QuickPinOptions) -> Result<(), CallError> {
        self.0.take(fresh);
        self.take_all([options.pin]);
        self.0.called(&format!("SetQuickPin({by_recovery})")).map(drop)
    }

    fn soft_lock(&self) -> Result<bool, CallError> {
        Ok(self.0.called("SoftLock")?.status.quick_pin == Some(true))
    }

    fn quick_open(&self, pin: OwnedFd) -> Result<(), CallError> {
        self.0.take(pin);
        self.0.called("QuickOpen").map(drop)
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

impl Vault {
    /// What came through these pipes.
    fn take_all(&self, pipes: impl IntoIterator<Item = Option<Pipe>>) {
        for pipe in pipes.into_iter().flatten() {
            self.0.take(std::os::fd::OwnedFd::from(pipe).into());
        }
    }

    /// What happens in the request that this call makes.
    fn scenes(&self, call: &str) -> Result<Vec<Scene>, CallError> {
        let mut facts = self.0.called(call)?;
        let next = facts.then.pop_front();
        Ok(next.unwrap_or_else(|| facts.scenes.clone()))
    }
}
