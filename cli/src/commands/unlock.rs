//! `fob unlock`, the question for the passphrase when another command finds the vault locked, and the question for it once
//! more before secrets leave the vault.

use fob_bus::types::vault_state;
use fob_bus::{CallError, ErrorKind};
use serde::Serialize;

use crate::answer::Answer;
use crate::args::exchange::Fresh;
use crate::args::vault::Unlock;
use crate::daemon::Daemon;
use crate::secret::{Secret, Source};
use crate::{Failure, World};

/// How often a person may mistype the passphrase before the command gives up.
const TRIES: usize = 3;

#[derive(Serialize)]
struct Unlocked {
    vault: &'static str,
}

impl Answer for Unlocked {
    const SCHEMA: &'static str = "fob.unlock/1";

    fn words(&self) -> String {
        "The vault is open.\n".to_owned()
    }
}

const PASSPHRASE: Source<'static> =
    Source { what: "passphrase", option: "--passphrase-fd", descriptor: None, prompt: "Passphrase of the vault: " };

const RECOVERY: Source<'static> =
    Source { what: "recovery code", option: "--recovery-fd", descriptor: None, prompt: "Recovery code of the vault: " };

pub(super) async fn run(args: Unlock, world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    let recovery = args.recovery || args.recovery_fd.is_some();
    let source = if recovery {
        Source { descriptor: args.recovery_fd, ..RECOVERY }
    } else {
        Source { descriptor: args.passphrase_fd, ..PASSPHRASE }
    };
    let secret = source.obtain(world)?;
    let outcome = daemon.manager().await?.unlock(secret.pipe()?.into(), recovery).await;
    outcome.map_err(|error| refused(error, recovery))?;
    world.answer(&Unlocked { vault: vault_state::UNLOCKED })
}

/// A slip in the recovery code is no reason to try the recovery code.
fn refused(error: CallError, recovery: bool) -> Failure {
    let wrong = error.kind == ErrorKind::WrongPassphrase;
    let failure = Failure::from(error);
    if wrong && recovery {
        failure.hint("look for a slip: the code has only the letters A to Z and the digits 2 to 7")
    } else {
        failure
    }
}

/// What opens a vault, and whether it is the recovery code. `prompt` asks for the passphrase.
pub(crate) fn present(world: &mut World, args: &Fresh, prompt: &str) -> Result<(Secret, bool), Failure> {
    let recovery = args.recovery || args.recovery_fd.is_some();
    let source = if recovery {
        Source { descriptor: args.recovery_fd, ..RECOVERY }
    } else {
        Source { descriptor: args.passphrase_fd, prompt, ..PASSPHRASE }
    };
    Ok((source.obtain(world)?, recovery))
}

/// Does `call` with what opens the vault, once more: what it brings is worth as much as the vault. A locked vault is
/// opened with the same.
pub(crate) async fn with_fresh<T>(
    world: &mut World,
    daemon: &Daemon,
    args: &Fresh,
    call: impl AsyncFn(&Daemon, &Secret, bool) -> Result<T, CallError>,
) -> Result<T, Failure> {
    let recovery = args.recovery || args.recovery_fd.is_some();
    let source = if recovery {
        Source { descriptor: args.recovery_fd, ..RECOVERY }
    } else {
        Source { descriptor: args.passphrase_fd, prompt: "Passphrase of the vault, once more: ", ..PASSPHRASE }
    };
    let tries = if source.descriptor.is_some() { 1 } else { TRIES };
    for tried in 1.. {
        let secret = source.obtain(world)?;
        let mut outcome = call(daemon, &secret, recovery).await;
        if outcome.as_ref().is_err_and(|error| error.kind == ErrorKind::Locked) {
            let unlocked = daemon.manager().await?.unlock(secret.pipe()?.into(), recovery).await;
            outcome = match unlocked {
                Ok(()) => call(daemon, &secret, recovery).await,
                Err(error) => Err(error),
            };
        }
        match outcome {
            Err(error) if error.kind == ErrorKind::WrongPassphrase && tried < tries => {
                world.note(&format!("That is not the {}; try again.", source.what));
            }
            Err(error) if error.kind == ErrorKind::WrongPassphrase && !recovery => {
                return Err(Failure::from(error).hint("nothing was given out; try again, or with `--recovery`"));
            }
            Err(error) => return Err(refused(error, recovery)),
            Ok(value) => return Ok(value),
        }
    }
    Err(crate::secret::gave_up())
}

/// Does `call`. If the vault is locked and somebody is at the terminal, asks for the passphrase and does it again.
pub(crate) async fn with_open_vault<T>(
    world: &mut World,
    daemon: &Daemon,
    call: impl AsyncFn(&Daemon) -> Result<T, Failure>,
) -> Result<T, Failure> {
    match call(daemon).await {
        Err(failure) if failure.exit == crate::Exit::Locked && world.terminal.is_there() => {
            ask_and_unlock(world, daemon).await?;
            call(daemon).await
        }
        outcome => outcome,
    }
}

/// Asks for the passphrase until it is right.
pub(crate) async fn ask_and_unlock(world: &mut World, daemon: &Daemon) -> Result<(), Failure> {
    let manager = daemon.manager().await?;
    for tried in 1..=TRIES {
        let secret = PASSPHRASE.obtain(world)?;
        match manager.unlock(secret.pipe()?.into(), false).await {
            Err(error) if error.kind == ErrorKind::WrongPassphrase && tried < TRIES => {
                world.note("That is not the passphrase; try again.");
            }
            outcome => return Ok(outcome?),
        }
    }
    Ok(())
}
