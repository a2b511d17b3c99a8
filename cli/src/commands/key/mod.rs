//! `fob key …`: the keys that are there, and which of them is meant.

mod attach;
mod detach;
mod info;
mod list;
pub(crate) mod pin;
mod present;

pub(crate) use present::chosen;

use crate::args::key::Key;
use crate::{Failure, World};

pub(super) async fn run(command: Key, world: &mut World) -> Result<(), Failure> {
    match command {
        Key::List => list::run(world).await,
        Key::Info(which) => info::run(which, world).await,
        Key::Attach { path } => attach::run(&path, world).await,
        Key::Detach { key } => detach::run(&key, world).await,
        Key::Pin(command) => pin::run(command, world).await,
    }
}
