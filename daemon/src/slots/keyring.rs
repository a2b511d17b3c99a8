//! What the desktop's keyring keeps for the vault.

use std::sync::Arc;
use std::time::Duration;

use fob_ambient::SystemRng;
use fob_bus::{CallError, ErrorKind};
use fob_keyring::{Keyring, KeyringError, Patience, Place};
use fob_vault::{KeptSecret, SecretOffer, SlotId, SlotSecret};
use zbus::fdo::DBusProxy;
use zbus::names::BusName;

use super::outside::Outside;
use crate::daemon::Daemon;
use crate::shield::Secrets;

/// What keyring programs show for an item of ours.
const LABEL: &str = "fob vault";
/// The Secret Service's name on the bus.
const SERVICE: &str = "org.freedesktop.secrets";
/// How long the bus may take to say whether there is one.
const GLANCE: Duration = Duration::from_secs(2);

/// The items of one vault.
pub(super) struct Items {
    keyring: Keyring,
    vault: [u8; 16],
}

impl Items {
    /// Those of this vault. The keyring is started if it does not run.
    ///
    /// # Errors
    /// [`ErrorKind::NoKeyring`].
    pub(super) async fn of(outside: &dyn Outside, vault: [u8; 16]) -> Result<Self, CallError> {
        let connection = tokio::time::timeout(Patience::default().answer, outside.session_bus()).await;
        let connection = connection.map_err(|_| refusal(&KeyringError::Silent))?;
        let connection = connection.map_err(|error| refusal(&KeyringError::Bus(error)))?;
        let keyring = Keyring::connect(&connection, Box::new(SystemRng::new()), Patience::default()).await;
        Ok(Self { keyring: keyring.map_err(|error| refusal(&error))?, vault })
    }

    /// The secret of a slot. The keyring may ask the person to unlock it.
    ///
    /// # Errors
    /// [`ErrorKind::NoKeyring`].
    pub(super) async fn secret(&self, slot: SlotId) -> Result<SlotSecret, CallError> {
        let _secrets = Secrets::held();
        let secret = self.keyring.load(&self.place(slot)).await.map_err(|error| refusal(&error))?;
        let missing = || CallError::new(ErrorKind::NoKeyring, "the keyring keeps nothing for this vault");
        let secret = secret.ok_or_else(missing)?;
        Ok(SlotSecret::from_slice(&*secret).expect("a keyring's secret has the 32 bytes of a slot's"))
    }

    /// Lets the keyring keep what the vault offers, and reads it back.
    ///
    /// # Errors
    /// [`ErrorKind::NoKeyring`]; then it keeps nothing, as far as it lets us.
    pub(super) async fn keep(&self, offer: SecretOffer) -> Result<KeptSecret, CallError> {
        let _secrets = Secrets::held();
        let slot = offer.slot();
        let secret = offer.secret().expose().first_chunk().expect("a slot's secret has 32 bytes");
        let stored = self.keyring.store(&self.place(slot), secret, LABEL).await.map_err(|error| refusal(&error));
        let kept = match stored {
            Ok(()) => self.secret(slot).await.and_then(|back| {
                offer.kept_by_keyring(&back).map_err(|error| CallError::from_error(ErrorKind::NoKeyring, &error))
            }),
            Err(error) => Err(error),
        };
        if kept.is_err() {
            self.forget([slot]).await;
        }
        kept
    }

    /// Removes what the keyring keeps for these slots; a sentence for each that it keeps on keeping. It opens nothing.
    pub(super) async fn forget(&self, slots: impl IntoIterator<Item = SlotId>) -> Vec<String> {
        let mut left = Vec::new();
        for slot in slots {
            if let Err(error) = self.keyring.remove(&self.place(slot)).await {
                tracing::warn!(%error, "an item of the keyring stays there");
                left.push(stays(&error));
            }
        }
        left
    }

    /// Locks the vault when the keyring locks, if this slot is what it was opened by. A soft lock does not change that.
    pub(super) async fn watch(&self, daemon: &Arc<Daemon>, slot: SlotId) {
        let (locked, vault) = (self.keyring.until_locked(&self.place(slot)), daemon.vault.clone());
        let watch = async move {
            tokio::select! {
                ending = locked => {
                    tracing::info!(?ending, "the keyring does not keep the vault's secret open any more");
                    vault.lock_if_opened_by(slot).await;
                }
                () = vault.until_locked() => {}
            }
        };
        daemon.vault.watch_keyring(slot, watch).await;
    }

    const fn place(&self, slot: SlotId) -> Place {
        Place { vault: self.vault, slot: *slot.bytes() }
    }
}

/// Removes what a keyring keeps for slots that are gone: as [`Items::forget`], and if it cannot even be reached.
pub(super) async fn forget(outside: &dyn Outside, vault: [u8; 16], slots: Vec<SlotId>) -> Vec<String> {
    if slots.is_empty() {
        return Vec::new();
    }
    match Items::of(outside, vault).await {
        Ok(items) => items.forget(slots).await,
        Err(error) => vec![format!("what the keyring kept stays there, and opens nothing: {}", error.message)],
    }
}

/// Why no keyring can be used here, if none can. Starts none.
pub(super) async fn problem(outside: &dyn Outside) -> Option<String> {
    let is_there = async {
        let connection = outside.session_bus().await?;
        let bus = DBusProxy::new(&connection).await?;
        let name = BusName::try_from(SERVICE)?;
        let runs = bus.name_has_owner(name).await?;
        zbus::Result::Ok(runs || bus.list_activatable_names().await?.iter().any(|name| name.as_str() == SERVICE))
    };
    let sentence = match tokio::time::timeout(GLANCE, is_there).await {
        Ok(Ok(true)) => return None,
        Ok(Ok(false)) => KeyringError::NoService.to_string(),
        Ok(Err(_)) | Err(_) => "there is no session bus here, and so no keyring".to_owned(),
    };
    Some(sentence)
}

fn stays(error: &KeyringError) -> String {
    format!("what the keyring kept stays there, and opens nothing: {error}")
}

fn refusal(error: &KeyringError) -> CallError {
    CallError::from_error(ErrorKind::NoKeyring, error)
}
