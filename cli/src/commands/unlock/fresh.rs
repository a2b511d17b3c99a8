//! The passphrase or the recovery code: from the person or a descriptor, until it is right.

use fob_bus::{CallError, ErrorKind};

use super::choice::wants_both;
use crate::args::exchange::Fresh;
use crate::daemon::Daemon;
use crate::secret::{Secret, Source};
use crate::{Failure, World};

/// How often a person may mistype it before the command gives up.
const TRIES: usize = 3;

/// Where it comes from; `prompt` asks for a passphrase.
pub(crate) fn source<'a>(args: &Fresh, prompt: &'a str) -> Source<'a> {
    if args.by_recovery() {
        let prompt = "Recovery code of the vault: ";
        Source { what: "recovery code", option: "--recovery-fd", descriptor: args.recovery_fd, prompt }
    } else {
        Source { what: "passphrase", option: "--passphrase-fd", descriptor: args.passphrase_fd, prompt }
    }
}

/// What opens a vault, and whether it is the recovery code.
pub(crate) fn present(world: &mut World, args: &Fresh, prompt: &str) -> Result<(Secret, bool), Failure> {
    Ok((source(args, prompt).obtain(world)?, args.by_recovery()))
}

/// Does `call` with the secret. A person whose secret is wrong is asked again.
pub(crate) async fn proven<T>(
    world: &mut World,
    source: Source<'_>,
    mut call: impl AsyncFnMut(&mut World, &Secret) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let tries = if source.descriptor.is_some() { 1 } else { TRIES };
    for _ in 1..tries {
        let secret = source.obtain(world)?;
        match call(world, &secret).await {
            Err(failure) if is_wrong(&failure) => world.note(&format!("That is not the {}; try again.", source.what)),
            outcome => return outcome,
        }
    }
    let secret = source.obtain(world)?;
    call(world, &secret).await
}

fn is_wrong(failure: &Failure) -> bool {
    failure.word == crate::failure::word(ErrorKind::WrongPassphrase)
}

/// A slip in the recovery code is no reason to try the recovery code.
pub(super) fn refused(failure: Failure, recovery: bool) -> Failure {
    if recovery && is_wrong(&failure) {
        return failure.hint("look for a slip: the code has only the letters A to Z and the digits 2 to 7");
    }
    failure
}

/// The passphrase alone proves nothing where the vault wants a key as well, and a key is asked only by what makes a new
/// way in or a new vault key: here the recovery code has to do. Looked at before anybody types anything.
pub(crate) async fn enough(daemon: &Daemon, args: &Fresh) -> Result<(), Failure> {
    if args.by_recovery() || !wants_both(&daemon.vault().await?.ways().await?) {
        return Ok(());
    }
    let message = "this vault opens with passphrase and key together, so the passphrase alone proves nothing here";
    let failure = Failure::from(CallError::new(ErrorKind::WayBarred, message));
    Err(failure.hint("give the recovery code: `--recovery`"))
}

/// Does `call` with what opens the vault, once more: what it brings is worth as much as the vault. A locked vault is
/// opened with the same.
pub(crate) async fn with_fresh<T>(
    world: &mut World,
    daemon: &Daemon,
    args: &Fresh,
    call: impl AsyncFn(&Daemon, &Secret, bool) -> Result<T, CallError>,
) -> Result<T, Failure> {
    enough(daemon, args).await?;
    let recovery = args.by_recovery();
    let source = source(args, "Passphrase of the vault, once more: ");
    let outcome = proven(world, source, async |_: &mut World, secret: &Secret| {
        let outcome = match call(daemon, secret, recovery).await {
            Err(error) if error.kind == ErrorKind::Locked => {
                daemon.manager().await?.unlock(secret.pipe()?.into(), recovery).await?;
                call(daemon, secret, recovery).await
            }
            outcome => outcome,
        };
        Ok(outcome?)
    });
    outcome.await.map_err(|failure| match is_wrong(&failure) {
        true if !recovery => failure.hint("nothing was given out; try again, or with `--recovery`"),
        _ => refused(failure, recovery),
    })
}
