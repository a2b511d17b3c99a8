//! `fob vault slots`: the ways into the vault.

use fob_bus::types::{SlotInfo, way_kind};
use serde::Serialize;

use super::ways_in;
use crate::answer::Answer;
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

/// A kind of ways in, for a person.
pub(super) fn kind_words(kind: &str) -> String {
    match kind {
        way_kind::RECOVERY => "recovery code".to_owned(),
        way_kind::KEY => "security key".to_owned(),
        way_kind::PASSPHRASE_AND_KEY => "passphrase and security key".to_owned(),
        way_kind::SECRET_SERVICE => "desktop keyring".to_owned(),
        way_kind::TPM => "TPM".to_owned(),
        other => shown(other),
    }
}

/// What a way in is, and its name if it has one.
pub(super) fn named(kind: &str, label: &str) -> String {
    match label {
        "" => kind_words(kind),
        label => format!("{} \"{}\"", kind_words(kind), shown(label)),
    }
}

impl Slot {
    /// What it is, and its name if it has one.
    pub(super) fn title(&self) -> String {
        let login = if self.opens_with_login { ", opens with the login" } else { "" };
        format!("{}{login}", named(&self.kind, &self.label))
    }

    /// Whether the person gave it a name.
    pub(super) fn is_named(&self) -> bool {
        !self.label.is_empty()
    }

    /// How to give it one, for a key that has none: several of them look alike.
    pub(super) fn how_to_name(&self) -> Option<String> {
        let is_key = [way_kind::KEY, way_kind::PASSPHRASE_AND_KEY].contains(&self.kind.as_str());
        let id: String = shown(self.id.as_deref()?).chars().take(8).collect();
        (is_key && !self.is_named()).then(|| format!("Give it a name: `fob vault slot rename {id} NAME`."))
    }

    /// A sentence about how it opens the vault from now on.
    pub(super) fn how_to_open(&self) -> &'static str {
        match (self.kind.as_str(), self.opens_with_login) {
            (way_kind::KEY, _) => " `fob unlock --key` opens the vault with it.",
            (way_kind::PASSPHRASE_AND_KEY, _) => " `fob unlock` asks for the passphrase, then for a touch.",
            (way_kind::TPM, false) => " `fob unlock --tpm` opens the vault with its PIN.",
            (_, true) => {
                "\nFrom now on the vault opens by itself while you are logged in, for every program of yours: a lock \
                 keeps nobody out\nwho sits at your session. `fob vault slot remove` takes it away."
            }
            _ => "",
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
    let slots = ways_in(world, &daemon).await?.into_iter().map(Slot::from).collect();
    world.answer(&Slots { slots })
}
