//! The commands, a file each.

pub(crate) mod client;
pub(crate) mod completions;
mod doctor;
mod enroll;
pub(crate) mod grant;
mod init;
mod install_user;
pub(crate) mod key;
mod lock;
mod log;
pub(crate) mod man;
pub(crate) mod otp;
mod sign_in;
mod softkey;
mod status;
pub(crate) mod unlock;
mod vault;

use crate::args::Command;
use crate::{Failure, World};

/// Runs one.
pub(crate) async fn run(command: Command, world: &mut World) -> Result<(), Failure> {
    match command {
        Command::Status => status::run(world).await,
        Command::Init(args) => init::run(args, world).await,
        Command::Unlock(args) => unlock::run(args, world).await,
        Command::Lock(args) => lock::run(args, world).await,
        // Boxed, as those below.
        Command::Vault(command) => Box::pin(vault::run(command, world)).await,
        Command::Otp(command) => otp::run(command, world).await,
        Command::Key(command) => key::run(command, world).await,
        Command::Grant(command) => Box::pin(grant::run(command, world)).await,
        Command::Client(command) => Box::pin(client::run(command, world)).await,
        Command::Log(args) => Box::pin(log::run(args, world)).await,
        // Boxed: the other commands need not carry the size of these.
        Command::Enroll(args) => Box::pin(enroll::run(args, world)).await,
        Command::SignIn(args) => Box::pin(sign_in::run(args, world)).await,
        Command::Softkey(args) => softkey::run(args, world),
        Command::Doctor => Box::pin(doctor::run(world)).await,
        Command::InstallUser(args) => Box::pin(install_user::run(args, world)).await,
        Command::Completions { shell } => completions::run(shell, world),
        Command::Man { folder } => man::run(&folder, world),
    }
}
