//! `dev.fob.Vault1`: looking after the vault, its older versions, its ways in, and what another vault has.
//!
//! Everything that reads files, proves a passphrase or writes runs on a thread of its own. What may need a person is a
//! request, and carried out in `slots`; what a version or a way in looks like on the bus is here.

mod merged;

use std::sync::Arc;

use fob_bus::CallError;
use fob_bus::types::{
    AddSlotOptions, MergeInfo, MergeOptions, OpenOptions, Outcome, QuickPinOptions, RekeyOptions, RestoreInfo,
    SlotInfo, VersionInfo, WayInfo, version_state,
};
use fob_otp::printable;
use fob_vault::{UnlockedVault, Version, VersionState};
use zbus::message::Header;
use zbus::{Connection, OwnedFd, OwnedObjectPath, interface};

use crate::ceremony::Failure;
use crate::guest::{Guest, Owner};
use crate::policy::Operation;
use crate::secret::{self, Proof};
use crate::shield::Secrets;
use crate::slots::{self, Adding, Asking, Opening, Renewing};
use crate::thread::blocking;
use crate::{errors, request};

/// The object.
pub(crate) struct Upkeep(pub(crate) Guest);

#[interface(name = "dev.fob.Vault1", introspection_docs = false)]
impl Upkeep {
    #[zbus(out_args("versions"))]
    async fn versions(
        &self,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<Vec<VersionInfo>, CallError> {
        self.admit(connection, &header).await?;
        self.0.daemon.vault.versions(|versions| versions.into_iter().map(version).collect()).await
    }

    #[zbus(out_args("restored"))]
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

    #[zbus(out_args("slots"))]
    async fn slots(
        &self,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<Vec<SlotInfo>, CallError> {
        self.admit(connection, &header).await?;
        self.0.daemon.vault.read(|vault| Ok(vault.slots().into_iter().map(slot).collect())).await
    }

    #[zbus(out_args("ways"))]
    async fn ways(
        &self,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<Vec<WayInfo>, CallError> {
        self.admit(connection, &header).await?;
        slots::ways(&self.0.daemon).await
    }

    #[zbus(out_args("request"))]
    async fn open(
        &self,
        options: OpenOptions,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<OwnedObjectPath, CallError> {
        // Before anything is read: a lock that comes meanwhile means this call too.
        let epoch = self.0.daemon.vault.epoch();
        let owner = self.admit(connection, &header).await?;
        self.check_key(options.key.as_deref())?;
        let token = options.handle_token.clone();
        let opening = Opening::of(options)?;
        self.begin(owner, &token, "open", epoch, |asking| opening.carry_out(asking)).await
    }

    #[zbus(out_args("request"))]
    async fn add_slot(
        &self,
        options: AddSlotOptions,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<OwnedObjectPath, CallError> {
        let epoch = self.0.daemon.vault.epoch();
        let owner = self.admit(connection, &header).await?;
        self.0.daemon.vault.read(|_| Ok(())).await?;
        self.check_key(options.key.as_deref())?;
        let token = options.handle_token.clone();
        let adding = Adding::of(options)?;
        self.begin(owner, &token, "add-slot", epoch, |asking| adding.carry_out(asking)).await
    }

    #[zbus(out_args("request"))]
    async fn rekey(
        &self,
        options: RekeyOptions,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<OwnedObjectPath, CallError> {
        let epoch = self.0.daemon.vault.epoch();
        let owner = self.admit(connection, &header).await?;
        self.0.daemon.vault.read(|_| Ok(())).await?;
        let token = options.handle_token.clone();
        let renewing = Renewing::of(options)?;
        self.begin(owner, &token, "rekey", epoch, |asking| renewing.carry_out(asking)).await
    }

    async fn label_slot(
        &self,
        id: &str,
        label: String,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<(), CallError> {
        self.admit(connection, &header).await?;
        let vault = &self.0.daemon.vault;
        vault.read(|_| Ok(())).await?;
        let id = slots::id(id)?;
        vault.change(move |vault| vault.label_slot(id, &label).map_err(|error| errors::vault(&error))).await
    }

    async fn set_quick_pin(
        &self,
        fresh: OwnedFd,
        by_recovery: bool,
        options: QuickPinOptions,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<(), CallError> {
        self.admit(connection, &header).await?;
        let vault = &self.0.daemon.vault;
        vault.read(|_| Ok(())).await?;
        let (fresh, pin) = (fresh.into(), options.pin.map(Into::into));
        let read = blocking(move || {
            let secrets = Secrets::held();
            let pin = pin.as_ref().map(secret::quick_pin).transpose()?;
            Ok((secrets, Proof::read(&fresh, by_recovery)?, pin))
        });
        // The secrets are dropped before what protects them.
        let (_secrets, proof, pin) = read.await?;
        let (proven, _) = vault.prove(proof).await?;
        let set =
            move |vault: &mut UnlockedVault| vault.set_quick_pin(pin.as_ref()).map_err(|error| errors::vault(&error));
        vault.change_proven(proven, set).await
    }

    #[zbus(out_args("soft"))]
    async fn soft_lock(
        &self,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<bool, CallError> {
        self.admit(connection, &header).await?;
        Ok(self.0.daemon.vault.soft_lock().await)
    }

    async fn quick_open(
        &self,
        pin: OwnedFd,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<(), CallError> {
        self.admit(connection, &header).await?;
        self.0.daemon.vault.quick_open(pin.into()).await
    }

    #[zbus(out_args("merged"))]
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
    async fn admit(&self, connection: &Connection, header: &Header<'_>) -> Result<Owner, CallError> {
        self.0.admit(connection, header, Operation::Vault).await
    }

    /// A key that a caller names must be there.
    fn check_key(&self, id: Option<&str>) -> Result<(), CallError> {
        id.map_or(Ok(()), |id| self.0.daemon.keys.key(id).map(drop))
    }

    /// Begins a request that a lock after this epoch ends.
    async fn begin<W>(
        &self,
        owner: Owner,
        token: &str,
        what: &'static str,
        epoch: u64,
        work: impl FnOnce(Arc<Asking>) -> W + Send + 'static,
    ) -> Result<OwnedObjectPath, CallError>
    where
        W: Future<Output = Result<Outcome, Failure>> + Send + 'static,
    {
        let daemon = self.0.daemon.clone();
        request::begin(&self.0, owner, token, what, |request| Asking::run(daemon, request, epoch, work)).await
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

/// A way in of an open vault, with its name.
pub(crate) fn slot(slot: fob_vault::SlotInfo) -> SlotInfo {
    SlotInfo {
        id: slot.id.map(|id| id.to_string()),
        kind: printable(slot.kind.name()).into_owned(),
        label: printable(&slot.label).into_owned(),
        created: slot.created.map(|time| time.0),
        used: slot.used.map(|time| time.0),
        opens_with_login: slot.opens_with_login,
    }
}
