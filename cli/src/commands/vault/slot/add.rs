//! `fob vault slot add`: another way into the vault.

use fob_bus::types::{AddSlotOptions, SlotInfo, way_kind};
use fob_bus::{CallError, ErrorKind};
use serde::Serialize;

use super::super::plan::Policy;
use super::super::slots::Slot;
use super::super::ways_in;
use crate::answer::Answer;
use crate::args::vault::slot::{Add, AddKey, AddKeyring, AddPassphrase, AddTpm, Adding};
use crate::ceremony::{Pin, Purpose, attend};
use crate::commands::key::chosen;
use crate::commands::unlock::{proven, source};
use crate::daemon::Daemon;
use crate::secret::{Secret, Source};
use crate::{Failure, World};

#[derive(Serialize)]
struct Added {
    slot: Slot,
}

impl Answer for Added {
    const SCHEMA: &'static str = "fob.vault-slot-add/1";

    fn words(&self) -> String {
        let name = self.slot.how_to_name().map(|how| how + "\n").unwrap_or_default();
        format!("Added: {}.{}\n{name}", self.slot.title(), self.slot.how_to_open())
    }
}

/// What is wanted.
struct Wanted<'a> {
    kind: &'static str,
    adding: Adding,
    /// A passphrase of its own.
    passphrase: Option<Source<'a>>,
    /// A PIN of its own.
    new_pin: Option<Source<'a>>,
    /// Where a key's PIN comes from.
    pin_fd: Option<u32>,
    /// The key, by the name that a person gave.
    key: Option<String>,
    user_verification: Option<bool>,
    login: bool,
}

impl Wanted<'_> {
    fn of(kind: &'static str, adding: Adding) -> Self {
        Self {
            kind,
            adding,
            passphrase: None,
            new_pin: None,
            pin_fd: None,
            key: None,
            user_verification: None,
            login: false,
        }
    }
}

pub(super) async fn run(command: Add, world: &mut World) -> Result<(), Failure> {
    let wanted = match command {
        Add::Passphrase(AddPassphrase { new_passphrase_fd, adding }) => {
            let passphrase = Some(new_passphrase(new_passphrase_fd, "The additional passphrase: "));
            Wanted { passphrase, ..Wanted::of(way_kind::PASSPHRASE, adding) }
        }
        Add::Key(AddKey { key, without_pin, pin_fd, new_passphrase_fd, adding }) => {
            // Asked for only where both are wanted, and today's is not known.
            let passphrase = Some(new_passphrase(new_passphrase_fd, "The passphrase that goes with the key: "));
            let user_verification = without_pin.then_some(false);
            Wanted { key, user_verification, pin_fd, passphrase, ..Wanted::of(way_kind::KEY, adding) }
        }
        Add::Keyring(AddKeyring { login, adding }) => {
            accepted(login)?;
            Wanted { login, ..Wanted::of(way_kind::SECRET_SERVICE, adding) }
        }
        Add::Tpm(AddTpm { login, pin_fd, adding }) => {
            // Before a PIN is asked for that nothing would keep.
            if !(world.tpm_is_there)() {
                return Err(CallError::new(ErrorKind::NoTpm, "this machine has no TPM").into());
            }
            let prompt = "A PIN for the TPM: ";
            let pin = Source { what: "PIN", option: "--pin-fd", descriptor: pin_fd, prompt };
            Wanted { login, new_pin: (!login).then_some(pin), ..Wanted::of(way_kind::TPM, adding) }
        }
    };
    add(wanted, world).await
}

fn new_passphrase(descriptor: Option<u32>, prompt: &str) -> Source<'_> {
    Source { what: "new passphrase", option: "--new-passphrase-fd", descriptor, prompt }
}

/// What opens with the login is added to nobody's vault by the way. (A TPM without a PIN is another command than one with.)
fn accepted(login: bool) -> Result<(), Failure> {
    let message = "the keyring opens with your login: whoever sits at your session, and every program of yours, could \
                   open the vault unasked";
    if login { Ok(()) } else { Err(Failure::usage(message, "if you want that, add `--login`")) }
}

async fn add(mut wanted: Wanted<'_>, world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    let key = match wanted.key.take() {
        Some(name) => Some(chosen(&daemon, &name).await?.key.id),
        None => None,
    };
    let recovery = wanted.adding.fresh.by_recovery();
    let both = Policy::of(&ways_in(world, &daemon).await?) == Policy::Both;
    if wanted.kind == way_kind::KEY && !(both && recovery) {
        wanted.passphrase = None;
    }
    let proof = source(&wanted.adding.fresh, "Passphrase of the vault, once more: ");
    let (mut passphrase, mut new_pin, mut pin) = (None, None, Pin::new(wanted.pin_fd));
    let outcome = proven(world, proof, async |world: &mut World, fresh: &Secret| {
        once(&mut passphrase, wanted.passphrase, world)?;
        once(&mut new_pin, wanted.new_pin, world)?;
        let pipe = |secret: &Option<Secret>| secret.as_ref().map(Secret::pipe).transpose();
        let options = AddSlotOptions {
            handle_token: String::new(),
            kind: wanted.kind.to_owned(),
            label: wanted.adding.label.clone(),
            fresh: fresh.pipe()?.into(),
            by_recovery: Some(recovery),
            passphrase: pipe(&passphrase)?.map(Into::into),
            pin: pipe(&new_pin)?.map(Into::into),
            key: key.clone(),
            user_verification: wanted.user_verification,
            login: wanted.login.then_some(true),
        };
        attend(world, &daemon, &mut pin, Purpose::Add, async |token| {
            Ok(daemon.vault().await?.add_slot(AddSlotOptions { handle_token: token, ..options }).await?)
        })
        .await
    });
    let id = outcome.await?.slot;
    let slot = shown(&daemon, id, &wanted).await;
    world.answer(&Added { slot: slot.into() })
}

/// A secret that is asked for once, after the proof.
fn once(secret: &mut Option<Secret>, source: Option<Source<'_>>, world: &mut World) -> Result<(), Failure> {
    if let (None, Some(source)) = (&secret, source) {
        *secret = Some(source.obtain_new(world)?);
    }
    Ok(())
}

/// The new way in as fobd shows it; if somebody has locked meanwhile, as it was wanted.
async fn shown(daemon: &Daemon, id: Option<String>, wanted: &Wanted<'_>) -> SlotInfo {
    let listed = match daemon.vault().await {
        Ok(vault) => vault.slots().await.unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    listed.into_iter().find(|slot| slot.id.is_some() && slot.id == id).unwrap_or_else(|| SlotInfo {
        id,
        kind: wanted.kind.to_owned(),
        label: wanted.adding.label.clone().unwrap_or_default(),
        opens_with_login: wanted.login,
        ..SlotInfo::default()
    })
}
