//! `fob vault slots`: the ways into the vault.

use fob_bus::types::SlotInfo;
use serde::Serialize;

use crate::answer::Answer;
use crate::commands::unlock::with_open_vault;
use crate::daemon::Daemon;
use crate::text::{moment, shown, table};
use crate::{Failure, World};

#[derive(Serialize)]
struct Slots {
    slots: Vec<Slot>,
}

/// One way in.
#[derive(Serialize)]
pub(super) struct Slot {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    kind: String,
    label: String,
    /// Unix time in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<u64>,
    /// Unix time in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    used: Option<u64>,
    opens_with_login: bool,
}

impl From<SlotInfo> for Slot {
    fn from(slot: SlotInfo) -> Self {
        let SlotInfo { id, kind, label, created, used, opens_with_login } = slot;
        Self { id, kind, label, created, used, opens_with_login }
    }
}

impl Slot {
    /// What it is, and its name if it has one.
    pub(super) fn title(&self) -> String {
        let kind = match self.kind.as_str() {
            "recovery" => "recovery code".to_owned(),
            "key" => "security key".to_owned(),
            "passphrase-and-key" => "passphrase and security key".to_owned(),
            "secret-service" => "desktop's keyring".to_owned(),
            "tpm2" => "TPM".to_owned(),
            other => shown(other),
        };
        let login = if self.opens_with_login { ", opens with the login" } else { "" };
        match self.label.as_str() {
            "" => format!("{kind}{login}"),
            label => format!("{kind} \"{}\"{login}", shown(label)),
        }
    }

    fn words(&self) -> Vec<String> {
        let created = self.created.map(|time| format!("made {}", moment(time))).unwrap_or_default();
        let used = self.used.map_or("not used here yet".to_owned(), |time| format!("used {}", moment(time)));
        let id = self.id.as_deref().map(|id| format!("id {}", shown(id))).unwrap_or_default();
        vec![self.title(), created, used, id]
    }
}

impl Answer for Slots {
    const SCHEMA: &'static str = "fob.vault-slots/1";

    fn words(&self) -> String {
        table(&self.slots.iter().map(Slot::words).collect::<Vec<_>>())
    }
}

pub(super) async fn run(world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    let slots = with_open_vault(world, &daemon, async |daemon: &Daemon| Ok(daemon.vault().await?.slots().await?));
    let slots = slots.await?.into_iter().map(Slot::from).collect();
    world.answer(&Slots { slots })
}
