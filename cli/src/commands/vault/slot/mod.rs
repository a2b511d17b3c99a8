//! `fob vault slot …`: a way into the vault more, fewer, or under another name.

mod add;
mod meant;
mod remove;
mod rename;

pub(super) use meant::meant;

use crate::args::vault::slot::Slot;
use crate::{Failure, World};

pub(super) async fn run(command: Slot, world: &mut World) -> Result<(), Failure> {
    match command {
        Slot::Add(command) => add::run(command, world).await,
        Slot::Remove(args) => remove::run(args, world).await,
        Slot::Rename(args) => rename::run(args, world).await,
    }
}
