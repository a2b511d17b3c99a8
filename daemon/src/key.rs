//! `dev.fob.Key1`: one security key, on an object of its own for as long as it is there.

use fob_asking::What;
use fob_bus::types::{KeyInfo, SetPinOptions};
use fob_bus::{CallError, ErrorKind, names};
use fob_client::{CancelToken, Session, Watch, pin};
use fob_ctap::get_info::{Info, option};
use fob_ctap::pin::Pin;
use fob_otp::printable;
use zbus::message::Header;
use zbus::{Connection, OwnedFd, interface};

use crate::guest::Guest;
use crate::keys::{Key, QUICK};
use crate::policy::{self, Operation, PATIENCE, Plea, Want};
use crate::thread::blocking;
use crate::{errors, secret, shield};

/// The object.
pub(crate) struct KeyObject {
    guest: Guest,
    key: Key,
}

#[interface(name = "dev.fob.Key1", introspection_docs = false)]
impl KeyObject {
    #[zbus(out_args("info"))]
    async fn info(
        &self,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<KeyInfo, CallError> {
        let want = Want::KeyCare(self.key.id.clone());
        self.leave(connection, &header, &want, "read what it tells about itself").await?;
        let about = self.key.clone();
        self.transact(move |session, watch| described(&about, session, watch)).await
    }

    async fn set_pin(
        &self,
        new: OwnedFd,
        options: SetPinOptions,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<(), CallError> {
        let doing = if options.current.is_some() { "change its PIN" } else { "set its PIN" };
        self.leave(connection, &header, &Want::SetPin, doing).await?;
        let new = new.into();
        let current = options.current.map(std::os::fd::OwnedFd::from);
        // The pipes are read before the key is opened, so that a slow writer keeps it from nobody.
        let (secrets, current, new) = blocking(move || {
            let secrets = shield::Secrets::held();
            Ok((secrets, current.as_ref().map(secret::pin).transpose()?, secret::pin(&new)?))
        })
        .await?;
        self.transact(move |session, watch| {
            let done = match &current {
                Some(current) => change_pin(session, current, &new, watch),
                None => pin::set(session, &new, watch).map_err(|error| errors::pin(&error)),
            };
            drop((current, new, secrets));
            done
        })
        .await
    }

    #[zbus(property(emits_changed_signal = "const"))]
    async fn id(&self) -> String {
        self.key.id.clone()
    }

    #[zbus(property(emits_changed_signal = "const"))]
    async fn product(&self) -> String {
        self.key.product.clone()
    }

    #[zbus(property(emits_changed_signal = "const"))]
    async fn transport(&self) -> String {
        self.key.place.transport().to_owned()
    }

    #[zbus(property(emits_changed_signal = "const"))]
    async fn node(&self) -> String {
        self.key.place.path().to_string_lossy().into_owned()
    }

    #[zbus(property(emits_changed_signal = "const"))]
    async fn problem(&self) -> String {
        self.key.problem.clone().unwrap_or_default()
    }
}

impl KeyObject {
    /// The object of a key.
    pub(crate) fn new(guest: Guest, key: Key) -> Self {
        Self { guest, key }
    }

    /// Where the key with this id has its object.
    pub(crate) fn path(id: &str) -> String {
        format!("{}/{id}", names::KEYS)
    }

    /// Leave to look after it, after a question where there must be one.
    async fn leave(
        &self,
        connection: &Connection,
        header: &Header<'_>,
        want: &Want,
        doing: &str,
    ) -> Result<(), CallError> {
        let owner = self.guest.admit(connection, header, Operation::Keys).await?;
        let what = What::KeyCare { key: self.key.product.clone(), doing: doing.to_owned() };
        let plea = Plea { owner: &owner, want, what, parent_window: "", waits: PATIENCE };
        policy::obtain(&self.guest.daemon, plea).await.map(drop)
    }

    async fn transact<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Session, &mut Watch<'_>) -> Result<T, CallError> + Send + 'static,
    ) -> Result<T, CallError> {
        let keys = &self.guest.daemon.keys;
        // Not from memory: a key that was unplugged must not be looked for under a name that another one has now.
        let key = keys.key(&self.key.id)?;
        if let Some(problem) = key.problem {
            return Err(CallError::new(ErrorKind::KeyUnreadable, problem));
        }
        let (cancel, deadline) = (CancelToken::new(), keys.deadline_in(QUICK));
        let watched = cancel.clone();
        let work = move |session: &mut Session| work(session, &mut Watch::new(deadline, &watched, &mut |_| {}));
        keys.transact(&key, cancel, deadline, work).await
    }
}

/// Changes the PIN, unless a slip in the old one would block it.
fn change_pin(session: &mut Session, old: &Pin, new: &Pin, watch: &mut Watch<'_>) -> Result<(), CallError> {
    if session.info().options.is_on(option::CLIENT_PIN) {
        let left = pin::retries(session, watch).map_err(|error| errors::pin(&error))?;
        errors::spare_last_try(left.retries.into())?;
    }
    pin::change(session, old, new, watch).map_err(|error| errors::pin(&error))
}

fn described(key: &Key, session: &mut Session, watch: &mut Watch<'_>) -> Result<KeyInfo, CallError> {
    let pin_set = session.info().options.get(option::CLIENT_PIN);
    let retries = match pin_set {
        Some(true) => Some(pin::retries(session, watch).map_err(|error| errors::pin(&error))?),
        _ => None,
    };
    let info = session.info();
    Ok(KeyInfo {
        id: key.id.clone(),
        product: key.product.clone(),
        transport: key.place.transport().to_owned(),
        versions: info.versions.iter().map(|text| printable(text).into_owned()).collect(),
        extensions: info.extensions.iter().map(|text| printable(text).into_owned()).collect(),
        aaguid: info.aaguid.to_string(),
        options: options(info),
        pin_set,
        pin_retries: retries.as_ref().map(|left| left.retries.into()),
        pin_needs_power_cycle: retries.and_then(|left| left.power_cycle_state),
        min_pin_length: pin_set.map(|_| u32::try_from(info.min_pin_length()).unwrap_or(u32::MAX)),
        built_in_uv: info.options.get(option::UV),
        firmware: info.firmware_version,
        remaining_passkeys: info.remaining_discoverable_credentials,
        algorithms: info.algorithms.iter().map(|parameters| parameters.algorithm.0).collect(),
    })
}

/// Options that are on, by their names.
fn options(info: &Info) -> Vec<String> {
    info.options.iter().filter(|(_, on)| *on).map(|(name, _)| printable(name).into_owned()).collect()
}
