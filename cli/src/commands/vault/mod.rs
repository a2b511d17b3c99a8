//! `fob vault …`: looking after the vault, its older versions and its ways in.

mod merge;
mod new_key;
mod passphrase;
mod pin;
mod plan;
mod policy;
mod recovery_code;
mod restore;
mod rotate;
mod slot;
mod slots;
mod versions;

use fob_bus::types::SlotInfo;

use crate::args::vault::Vault;
use crate::commands::unlock::with_open_vault;
use crate::daemon::Daemon;
use crate::{Failure, World};

pub(super) async fn run(command: Vault, world: &mut World) -> Result<(), Failure> {
    match command {
        Vault::Versions => versions::run(world).await,
        Vault::Restore(args) => restore::run(args, world).await,
        Vault::Merge(args) => merge::run(args, world).await,
        Vault::Slots => slots::run(world).await,
        Vault::Slot(command) => slot::run(command, world).await,
        Vault::Passphrase(args) => passphrase::run(args, world).await,
        Vault::RecoveryCode(args) => recovery_code::run(args, world).await,
        Vault::Rotate(args) => rotate::run(args, world).await,
        Vault::Policy(args) => policy::run(args, world).await,
        Vault::Pin(command) => pin::run(command, world).await,
    }
}

/// The ways into the vault, which is opened for it. Asked for before anything that is meant for an open vault, so that
/// nobody types two secrets in vain.
async fn ways_in(world: &mut World, daemon: &Daemon) -> Result<Vec<SlotInfo>, Failure> {
    with_open_vault(world, daemon, async |daemon: &Daemon| Ok(daemon.vault().await?.slots().await?)).await
}
