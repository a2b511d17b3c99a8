//! `fob vault recovery-code`: another recovery code, under a new vault key.

use serde::Serialize;

use super::new_code::{Aftermath, Outlet};
use crate::answer::Answer;
use crate::args::exchange::Fresh;
use crate::args::vault::RecoveryCode;
use crate::commands::unlock::{present, with_open_vault};
use crate::daemon::Daemon;
use crate::{Failure, World};

#[derive(Serialize)]
struct Renewed<'a> {
    #[serde(flatten)]
    aftermath: Aftermath,
    /// Only when it goes nowhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_code: Option<&'a str>,
}

impl Answer for Renewed<'_> {
    const SCHEMA: &'static str = "fob.vault-recovery-code/1";

    fn words(&self) -> String {
        let made = "The recovery code is a new one; the passphrase stays as it is.\n";
        made.to_owned() + &self.aftermath.words(self.recovery_code)
    }
}

pub(super) async fn run(args: RecoveryCode, world: &mut World) -> Result<(), Failure> {
    let outlet = Outlet::of(args.new_recovery_fd, world)?;
    let daemon = Daemon::call(world).await?;
    with_open_vault(world, &daemon, async |daemon: &Daemon| Ok(daemon.vault().await?.slots().await?)).await?;
    let fresh = Fresh { passphrase_fd: args.passphrase_fd, recovery: false, recovery_fd: None };
    let (passphrase, _) = present(world, &fresh, "Passphrase of the vault, once more: ")?;
    let end = passphrase.pipe()?;
    let vault = daemon.vault().await?;
    let (info, code) = outlet.fill(async |code| vault.renew_recovery_code(end.into(), code.into()).await).await?;
    let recovery_code = code.as_ref().map(|code| code.as_str());
    world.answer(&Renewed { aftermath: info.into(), recovery_code })
}
