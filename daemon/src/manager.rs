//! `dev.fob.Manager1`: the vault as a whole, and keys that do not plug themselves in.

use std::path::Path;

use fob_asking::What;
use fob_bus::types::Status;
use fob_bus::{CallError, ErrorKind, names};
use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, OwnedFd, interface};

use crate::guest::{Guest, Owner};
use crate::key::KeyObject;
use crate::policy::{self, Operation, PATIENCE, Plea, Want};
use crate::vault::Standing;

/// The object.
pub(crate) struct Manager(pub(crate) Guest);

#[interface(name = "dev.fob.Manager1", introspection_docs = false)]
impl Manager {
    /// How things stand. Strangers learn the state and nothing about what is in it.
    #[zbus(out_args("status"))]
    async fn status(
        &self,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<Status, CallError> {
        let owner = self.0.admit(connection, &header, Operation::Status).await?;
        let daemon = &self.0.daemon;
        let standing = daemon.vault.standing().await;
        let status = Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            vault: standing.word().to_owned(),
            keys: u32::try_from(daemon.keys.list().len()).unwrap_or(u32::MAX),
            session_bus: daemon.session_bus(),
            ..Status::default()
        };
        if policy::gate(&owner.caller, Operation::Vault).is_err() {
            return Ok(status);
        }
        let mut status = self.in_full(status, standing);
        status.warnings.extend(daemon.vault.place_warning().await);
        status.warnings.extend(daemon.locks.warnings());
        status.warnings.extend(daemon.listings.wrong());
        Ok(status)
    }

    async fn init(
        &self,
        passphrase: OwnedFd,
        recovery: OwnedFd,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<(), CallError> {
        self.0.admit(connection, &header, Operation::Vault).await?;
        self.0.daemon.vault.init(passphrase.into(), recovery.into()).await
    }

    async fn unlock(
        &self,
        secret: OwnedFd,
        recovery: bool,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<(), CallError> {
        self.0.admit(connection, &header, Operation::Vault).await?;
        self.0.daemon.vault.unlock(secret.into(), recovery).await
    }

    async fn lock(
        &self,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<(), CallError> {
        self.0.admit(connection, &header, Operation::Vault).await?;
        self.0.daemon.vault.lock().await;
        Ok(())
    }

    #[zbus(out_args("id"))]
    async fn attach_key(
        &self,
        path: &str,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<String, CallError> {
        let owner = self.0.admit(connection, &header, Operation::Keys).await?;
        self.leave(&owner, What::Attach { path: path.to_owned() }).await?;
        let key = self.0.daemon.keys.attach(Path::new(path)).await?;
        // The caller's next call goes to the key's object: it must not depend on who hears of the new key first.
        let object = KeyObject::new(self.0.clone(), key.clone());
        let served = connection.object_server().at(KeyObject::path(&key.id), object).await;
        // The task of the connection may have been faster.
        if served.map_err(|error| CallError::from_error(ErrorKind::Failed, &error))?.is_none() {
            self.clear_away(connection.clone(), key.id.clone());
        }
        Ok(key.id)
    }

    async fn detach_key(
        &self,
        id: &str,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<(), CallError> {
        let owner = self.0.admit(connection, &header, Operation::Keys).await?;
        let key = self.0.daemon.keys.key(id)?.product;
        self.leave(&owner, What::KeyCare { key, doing: "take it away from fob".to_owned() }).await?;
        self.0.daemon.keys.detach(id)
    }

    /// The vault was locked or unlocked.
    #[zbus(signal)]
    pub(crate) async fn vault_changed(emitter: &SignalEmitter<'_>, state: &str) -> zbus::Result<()>;
}

impl Manager {
    /// Leave to attach a key, or to take one away.
    async fn leave(&self, owner: &Owner, what: What) -> Result<(), CallError> {
        let plea = Plea { owner, want: &Want::Attach, what, parent_window: "", waits: PATIENCE };
        policy::obtain(&self.0.daemon, plea).await.map(drop)
    }

    /// Takes a key's object away with the key. The task of the connection does so for every object that it made; it may
    /// never hear of a key that goes as soon as it came.
    fn clear_away(&self, connection: Connection, id: String) {
        let gone = self.0.daemon.keys.until_gone(id.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = gone => {}
                () = connection.closed() => return,
            }
            if let Err(error) = connection.object_server().remove::<KeyObject, _>(KeyObject::path(&id)).await {
                tracing::debug!(%error, id, "a key's object was taken away already");
            }
        });
    }

    fn in_full(&self, status: Status, standing: Standing) -> Status {
        let vault = &self.0.daemon.vault;
        let mut status = Status {
            vault_path: vault.path().to_string_lossy().into_owned(),
            locks: self.0.daemon.locks.armed().into_iter().map(str::to_owned).collect(),
            idle_lock: vault.idle_lock().map(|limit| u32::try_from(limit.0 / 1_000).unwrap_or(u32::MAX)),
            ..status
        };
        match standing {
            Standing::None | Standing::Locked => {}
            Standing::SoftLocked { until } => status.soft_until = Some(until),
            Standing::Unlocked { entries, warnings, quick_pin } => {
                status.quick_pin = Some(quick_pin);
                status.entries = Some(entries);
                status.warnings = warnings;
            }
            Standing::Unusable(error) => {
                let causes = error.details.causes.into_iter().flatten();
                status.problem = Some(causes.fold(error.message, |text, cause| format!("{text}: {cause}")));
            }
        }
        status
    }
}

/// Tells a connection that the vault was locked or unlocked.
pub(crate) async fn tell_vault_changed(connection: &Connection, state: &str) -> zbus::Result<()> {
    Manager::vault_changed(&SignalEmitter::new(connection, names::ROOT)?, state).await
}
