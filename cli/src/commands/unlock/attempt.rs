//! One attempt to open the vault.

use fob_bus::ErrorKind;
use fob_bus::types::{OpenOptions, way_kind};

use super::choice::Attempt;
use super::fresh::{proven, refused, source};
use crate::args::exchange::Fresh;
use crate::ceremony::{Pin, Purpose, attend};
use crate::daemon::Daemon;
use crate::secret::{Secret, Source, ask};
use crate::text::count;
use crate::{Exit, Failure, World};

/// How often the quick PIN may be wrong: fobd counts, this only ends a loop.
const QUICK_TRIES: usize = 3;

/// What the person has given along.
pub(super) struct Means {
    pub(super) fresh: Fresh,
    /// The PIN of a key or the TPM.
    pub(super) pin: Pin,
    /// The descriptor of the PIN, for the quick one.
    pub(super) pin_fd: Option<u32>,
    /// The id of the key to use.
    pub(super) key: Option<String>,
}

impl Means {
    /// Nothing: the person is asked.
    pub(super) fn nothing() -> Self {
        let fresh = Fresh { passphrase_fd: None, recovery: false, recovery_fd: None };
        Self { fresh, pin: Pin::new(None), pin_fd: None, key: None }
    }
}

/// Tries one way.
pub(super) async fn attempt(
    world: &mut World,
    daemon: &Daemon,
    one: &Attempt,
    means: &mut Means,
) -> Result<(), Failure> {
    match one {
        Attempt::QuickPin { retries, or_else } => quick_pin(world, daemon, means.pin_fd, *retries, *or_else).await,
        Attempt::Passphrase { or } => {
            let options: Vec<String> = or.iter().map(|option| format!("`fob unlock {option}`")).collect();
            if !options.is_empty() && means.fresh.passphrase_fd.is_none() && world.terminal.is_there() {
                world.note(&format!("{} would open it too.", options.join(" or ")));
            }
            unlock(world, daemon, means, false).await
        }
        Attempt::Recovery => unlock(world, daemon, means, true).await,
        Attempt::PassphraseAndKey => {
            let passphrase = source(&means.fresh, "Passphrase of the vault: ");
            proven(world, passphrase, async |world: &mut World, secret: &Secret| {
                passphrase_and_key(world, daemon, secret, &mut means.pin, means.key.clone()).await
            })
            .await
        }
        Attempt::ByItself { slot, .. } => {
            let options = OpenOptions { slot: Some(slot.clone()), ..OpenOptions::default() };
            request(world, daemon, &mut means.pin, options).await
        }
        Attempt::Asked(kind) => {
            let options =
                OpenOptions { kind: Some((*kind).to_owned()), key: means.key.clone(), ..OpenOptions::default() };
            let outcome = request(world, daemon, &mut means.pin, options).await;
            outcome.map_err(|failure| if *kind == way_kind::TPM { not_a_keys(failure) } else { failure })
        }
    }
}

async fn request(world: &mut World, daemon: &Daemon, pin: &mut Pin, options: OpenOptions) -> Result<(), Failure> {
    let opened = attend(world, daemon, pin, Purpose::Open, async |token| {
        let options = OpenOptions { handle_token: token, ..options };
        Ok(daemon.vault().await?.open(options).await?)
    });
    opened.await.map(drop)
}

/// With the passphrase, or the recovery code.
async fn unlock(world: &mut World, daemon: &Daemon, means: &Means, recovery: bool) -> Result<(), Failure> {
    let prompt = if recovery { "Recovery code of the vault: " } else { "Passphrase of the vault: " };
    proven(world, source(&means.fresh, prompt), async |_: &mut World, secret: &Secret| {
        let outcome = daemon.manager().await?.unlock(secret.pipe()?.into(), recovery).await;
        outcome.map_err(|error| refused(error.into(), recovery))
    })
    .await
}

async fn passphrase_and_key(
    world: &mut World,
    daemon: &Daemon,
    passphrase: &Secret,
    pin: &mut Pin,
    key: Option<String>,
) -> Result<(), Failure> {
    let (kind, passphrase) = (Some(way_kind::PASSPHRASE_AND_KEY.to_owned()), Some(passphrase.pipe()?.into()));
    request(world, daemon, pin, OpenOptions { kind, passphrase, key, ..OpenOptions::default() }).await
}

/// With the PIN of a soft lock. Without an answer, or when the soft lock is over, something else is tried if there is
/// something.
async fn quick_pin(
    world: &mut World,
    daemon: &Daemon,
    descriptor: Option<u32>,
    mut retries: Option<u32>,
    or_else: bool,
) -> Result<(), Failure> {
    let vault = daemon.vault().await?;
    let mut tries = if descriptor.is_some() { 1 } else { QUICK_TRIES };
    loop {
        let secret = quick_pin_of(world, descriptor, retries, or_else)?;
        tries -= 1;
        match vault.quick_open(secret.pipe()?.into()).await {
            Err(error) if error.kind == ErrorKind::PinInvalid && error.details.retries != Some(0) && tries > 0 => {
                world.note("Wrong PIN.");
                retries = error.details.retries;
            }
            outcome => return outcome.map_err(|error| not_a_keys(error.into())),
        }
    }
}

fn quick_pin_of(
    world: &mut World,
    descriptor: Option<u32>,
    retries: Option<u32>,
    or_else: bool,
) -> Result<Secret, Failure> {
    let left = retries.map_or(String::new(), |left| format!(", {} left", count(left, "try", "tries")));
    if descriptor.is_none() && or_else && world.terminal.is_there() {
        let secret = ask(world, "quick PIN", &format!("Quick PIN of the vault{left} (Enter for another way): "))?;
        if secret.expose().is_empty() {
            return Err(none_given());
        }
        return Ok(secret);
    }
    let prompt = format!("Quick PIN of the vault{left}: ");
    Source { what: "quick PIN", option: "--pin-fd", descriptor, prompt: &prompt }.obtain(world)
}

/// The person wants to open it another way.
pub(super) fn none_given() -> Failure {
    Failure::new(Exit::Locked, "no quick PIN was given")
}

/// The hints for a key's PIN are none for another.
fn not_a_keys(failure: Failure) -> Failure {
    if failure.word == crate::failure::word(ErrorKind::PinInvalid) {
        return failure.hint("try again with the right PIN, or another way: `fob unlock --help`");
    }
    failure
}
