//! `fob unlock`, and what other commands do who find the vault locked.
//!
//! [`choice`] decides which ways in are tried, [`mod@attempt`] tries one, [`fresh`] asks for the passphrase or the recovery
//! code, of a vault that is open too.

mod attempt;
mod choice;
mod fresh;

use fob_bus::types::{vault_state, way_kind};
use fob_bus::{CallError, ErrorKind};
use serde::Serialize;

use crate::answer::Answer;
use crate::args::vault::Unlock;
use crate::ceremony::Pin;
use crate::commands::key::chosen;
use crate::daemon::Daemon;
use crate::secret::has_given_up;
use crate::{Exit, Failure, World};
use attempt::{Means, attempt, none_given};
use choice::{Wish, by_itself, order};
pub(crate) use fresh::{enough, present, proven, source, with_fresh};

#[derive(Serialize)]
struct Unlocked {
    vault: &'static str,
    /// What opened it, by its kind; absent when it was open.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'static str>,
}

impl Answer for Unlocked {
    const SCHEMA: &'static str = "fob.unlock/1";

    fn words(&self) -> String {
        match self.by {
            None => "The vault is open already.\n",
            Some(way_kind::SECRET_SERVICE) => "The vault is open: the desktop keyring opened it.\n",
            Some(way_kind::TPM) => "The vault is open: the TPM opened it.\n",
            Some(_) => "The vault is open.\n",
        }
        .to_owned()
    }
}

pub(super) async fn run(args: Unlock, world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    // A secret that was passed is checked whatever the state.
    let passed = args.fresh.passphrase_fd.or(args.fresh.recovery_fd).is_some();
    if !passed && is_open(&daemon).await? {
        return world.answer(&Unlocked { vault: vault_state::UNLOCKED, by: None });
    }
    let wish = wish(&args);
    let key = match args.key.flatten() {
        Some(name) => Some(chosen(&daemon, &name).await?.key.id),
        None => None,
    };
    let mut means = Means { fresh: args.fresh, pin: Pin::new(args.pin_fd), pin_fd: args.pin_fd, key };
    let by = open(world, &daemon, wish, &mut means).await?;
    world.answer(&Unlocked { vault: vault_state::UNLOCKED, by: Some(by) })
}

const fn wish(args: &Unlock) -> Wish {
    if args.key.is_some() {
        Wish::Key
    } else if args.keyring {
        Wish::Keyring
    } else if args.tpm {
        Wish::Tpm
    } else if args.pin {
        Wish::QuickPin
    } else if args.fresh.by_recovery() {
        Wish::Recovery
    } else if args.fresh.passphrase_fd.is_some() {
        Wish::Passphrase
    } else {
        Wish::Anything
    }
}

/// Whether it is open; a vault that can never be is named at once.
async fn is_open(daemon: &Daemon) -> Result<bool, Failure> {
    let status = daemon.status().await?;
    match status.vault.as_str() {
        vault_state::UNLOCKED => Ok(true),
        vault_state::NONE => Err(CallError::new(ErrorKind::NoVault, "there is no vault yet").into()),
        vault_state::UNUSABLE => {
            let problem = status.problem.unwrap_or_else(|| "the vault cannot be used".to_owned());
            Err(CallError::new(ErrorKind::VaultUnusable, problem).into())
        }
        _ => Ok(false),
    }
}

/// Opens the vault as the person wishes, and gives the kind of the way that did it.
async fn open(world: &mut World, daemon: &Daemon, wish: Wish, means: &mut Means) -> Result<&'static str, Failure> {
    let ways = if wish == Wish::Recovery { Vec::new() } else { daemon.vault().await?.ways().await? };
    let attempts = order(wish, &ways)?;
    let mut last = None;
    for one in &attempts {
        match attempt(world, daemon, one, means).await {
            Ok(()) => return Ok(one.kind()),
            Err(failure) if one.is_final() => return Err(failure),
            // Ctrl-C ends it all.
            Err(failure) if has_given_up(&failure) => return Err(failure),
            Err(failure) => {
                if failure != none_given() {
                    world.note(&one.failed(&failure));
                }
                last = Some(failure);
            }
        }
    }
    Err(last.unwrap_or_else(|| Failure::new(Exit::Failed, "nothing opens this vault here")))
}

/// Does `call`. If the vault is locked, opens it and does it again: with what opens with the login, else with what the
/// person at the terminal gives.
pub(crate) async fn with_open_vault<T>(
    world: &mut World,
    daemon: &Daemon,
    call: impl AsyncFn(&Daemon) -> Result<T, Failure>,
) -> Result<T, Failure> {
    match call(daemon).await {
        Err(failure) if failure.exit == Exit::Locked => {
            if world.terminal.is_there() {
                ask_and_unlock(world, daemon).await?;
            } else if !opens_by_itself(world, daemon).await {
                return Err(failure);
            }
            call(daemon).await
        }
        outcome => outcome,
    }
}

/// Opens the vault as `fob unlock` without options does.
pub(crate) async fn ask_and_unlock(world: &mut World, daemon: &Daemon) -> Result<(), Failure> {
    open(world, daemon, Wish::Anything, &mut Means::nothing()).await.map(drop)
}

/// Whether something opened the vault that asks nobody.
async fn opens_by_itself(world: &mut World, daemon: &Daemon) -> bool {
    let Ok(vault) = daemon.vault().await else { return false };
    let ways = vault.ways().await.unwrap_or_default();
    for one in by_itself(&ways) {
        match attempt(world, daemon, &one, &mut Means::nothing()).await {
            Ok(()) => return true,
            Err(failure) => world.note(&one.failed(&failure)),
        }
    }
    false
}
