//! `fob vault passphrase`: another passphrase, under a new vault key.

use fob_bus::ErrorKind;
use serde::Serialize;

use super::new_code::{Aftermath, Outlet};
use crate::answer::Answer;
use crate::args::vault::Passphrase;
use crate::commands::unlock::{present, with_open_vault};
use crate::daemon::Daemon;
use crate::secret::Source;
use crate::{Failure, World};

#[derive(Serialize)]
struct Changed<'a> {
    #[serde(flatten)]
    aftermath: Aftermath,
    /// Only when it goes nowhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_code: Option<&'a str>,
}

impl Answer for Changed<'_> {
    const SCHEMA: &'static str = "fob.vault-passphrase/1";

    fn words(&self) -> String {
        let changed = "The passphrase is changed: the old one opens neither the vault nor the versions beside it.\n";
        changed.to_owned() + &self.aftermath.words(self.recovery_code)
    }
}

pub(super) async fn run(args: Passphrase, world: &mut World) -> Result<(), Failure> {
    let outlet = Outlet::of(args.new_recovery_fd, world)?;
    let daemon = Daemon::call(world).await?;
    // Two secrets are asked for: whether the vault is open is found out before.
    with_open_vault(world, &daemon, async |daemon: &Daemon| Ok(daemon.vault().await?.slots().await?)).await?;
    let (fresh, by_recovery) = present(world, &args.fresh, "Passphrase of today: ")?;
    let new = Source {
        what: "new passphrase",
        option: "--new-passphrase-fd",
        descriptor: args.new_passphrase_fd,
        prompt: "The new passphrase: ",
    };
    let new = new.obtain_new(world)?;
    let (old_end, new_end) = (fresh.pipe()?, new.pipe()?);
    let vault = daemon.vault().await?;
    let filled =
        outlet.fill(async |end| vault.change_passphrase(old_end.into(), by_recovery, new_end.into(), end.into()).await);
    let (info, code) = filled.await.map_err(|failure| refused(failure, by_recovery))?;
    let recovery_code = code.as_ref().map(|code| code.as_str());
    world.answer(&Changed { aftermath: info.into(), recovery_code })
}

fn refused(failure: Failure, by_recovery: bool) -> Failure {
    if failure.word == crate::failure::word(ErrorKind::WrongPassphrase) && !by_recovery {
        return failure.hint("nothing was changed; try again, or with the recovery code: `--recovery`");
    }
    failure
}
