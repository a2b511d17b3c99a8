//! `dev.fob.Vault1`: looking after the vault, its older versions, its ways in, and what another vault has.
//!
//! Everything that reads files, proves a passphrase or writes runs on a thread of its own. How a new vault key comes
//! about is in [`rekey`]; what a version or a way in looks like on the bus is here.

mod merged;
mod rekey;

use fob_bus::CallError;
use fob_bus::types::{MergeInfo, MergeOptions, RekeyInfo, RestoreInfo, SlotInfo, VersionInfo, version_state};
use fob_otp::printable;
use fob_vault::{Version, VersionState};
use zbus::message::Header;
use zbus::{Connection, OwnedFd, interface};

use self::rekey::Renewal;
use crate::errors;
use crate::guest::Guest;
use crate::policy::Operation;
use crate::shield::Secrets;
use crate::thread::blocking;

/// The object.
pub(crate) struct Upkeep(pub(crate) Guest);

#[interface(name = "dev.fob.Vault1", introspection_docs = false)]
impl Upkeep {
    async fn versions(
        &self,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<Vec<VersionInfo>, CallError> {
        self.admit(connection, &header).await?;
        self.0.daemon.vault.versions(|versions| versions.into_iter().map(version).collect()).await
    }

    async fn restore(
        &self,
        version: String,
        secret: OwnedFd,
        recovery: bool,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<RestoreInfo, CallError> {
        self.admit(connection, &header).await?;
        let (restored, open) = self.0.daemon.vault.restore(version, secret.into(), recovery).await?;
        Ok(RestoreInfo {
            from: restored.from,
            generation: restored.generation,
            resync: u32::try_from(restored.resync).unwrap_or(u32::MAX),
            foreign: restored.foreign.map(|slots| slots.into_iter().map(slot).collect()),
            open,
        })
    }

    async fn slots(
        &self,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<Vec<SlotInfo>, CallError> {
        self.admit(connection, &header).await?;
        self.0.daemon.vault.read(|vault| Ok(vault.slots().into_iter().map(slot).collect())).await
    }

    async fn change_passphrase(
        &self,
        fresh: OwnedFd,
        by_recovery: bool,
        new: OwnedFd,
        recovery: OwnedFd,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<RekeyInfo, CallError> {
        self.admit(connection, &header).await?;
        let (fresh, new) = (fresh.into(), new.into());
        self.renew(recovery, move || Renewal::of_passphrase(&fresh, by_recovery, &new)).await
    }

    async fn renew_recovery_code(
        &self,
        passphrase: OwnedFd,
        recovery: OwnedFd,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<RekeyInfo, CallError> {
        self.admit(connection, &header).await?;
        let passphrase = passphrase.into();
        self.renew(recovery, move || Renewal::of_recovery_code(&passphrase)).await
    }

    async fn merge(
        &self,
        vault: OwnedFd,
        secret: OwnedFd,
        options: MergeOptions,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<MergeInfo, CallError> {
        self.admit(connection, &header).await?;
        let (report, written) = self.0.daemon.vault.merge(vault.into(), secret.into(), options).await?;
        Ok(merged::report(report, written))
    }
}

impl Upkeep {
    /// Lets a call pass, or not.
    async fn admit(&self, connection: &Connection, header: &Header<'_>) -> Result<(), CallError> {
        self.0.admit(connection, header, Operation::Vault).await.map(|_| ())
    }

    /// Makes a new vault key. A locked vault is named before any secret is taken.
    async fn renew(
        &self,
        recovery: OwnedFd,
        take: impl FnOnce() -> Result<Renewal, CallError> + Send + 'static,
    ) -> Result<RekeyInfo, CallError> {
        let vault = &self.0.daemon.vault;
        vault.read(|_| Ok(())).await?;
        let renewal = blocking(move || {
            let _secrets = Secrets::held();
            take()
        });
        let (renewal, end) = (renewal.await?, recovery.into());
        vault.change_by_passphrase(move |vault| renewal.carry_out(vault, &end)).await
    }
}

/// What names a version: its file, without the folder.
pub(crate) fn name(version: &Version) -> String {
    version.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn version(version: Version) -> VersionInfo {
    let (state, problem) = match &version.state {
        VersionState::Whole => (version_state::WHOLE, None),
        VersionState::Verified => (version_state::VERIFIED, None),
        VersionState::AnotherKey => (version_state::ANOTHER_KEY, None),
        VersionState::Unsound(error) => (version_state::UNSOUND, Some(errors::vault(error))),
    };
    VersionInfo {
        name: name(&version),
        generation: version.generation,
        changed: version.changed.map(|time| time.0),
        occasion: version.occasion.map(|occasion| occasion.name().to_owned()),
        state: state.to_owned(),
        problem: problem.map(|error| error.message),
    }
}

fn slot(slot: fob_vault::SlotInfo) -> SlotInfo {
    SlotInfo {
        id: slot.id.map(|id| id.to_string()),
        kind: printable(slot.kind.name()).into_owned(),
        label: printable(&slot.label).into_owned(),
        created: slot.created.map(|time| time.0),
        used: slot.used.map(|time| time.0),
        opens_with_login: slot.opens_with_login,
    }
}
