//! `fob vault …`: looking after the vault.

mod merge;
mod new_code;
mod passphrase;
mod recovery_code;
mod restore;
mod slots;
mod versions;

use crate::args::vault::Vault;
use crate::{Failure, World};

pub(super) async fn run(command: Vault, world: &mut World) -> Result<(), Failure> {
    match command {
        Vault::Versions => versions::run(world).await,
        Vault::Restore(args) => restore::run(args, world).await,
        Vault::Merge(args) => merge::run(args, world).await,
        Vault::Slots => slots::run(world).await,
        Vault::Passphrase(args) => passphrase::run(args, world).await,
        Vault::RecoveryCode(args) => recovery_code::run(args, world).await,
    }
}
