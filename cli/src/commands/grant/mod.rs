//! `fob grant …`: what was allowed, to whom, and taking it back.

pub(crate) mod list;
mod revoke;

use crate::args::consent::Grant;
use crate::{Failure, World};

pub(super) async fn run(command: Grant, world: &mut World) -> Result<(), Failure> {
    match command {
        Grant::List(args) => list::run(args, world).await,
        Grant::Revoke(args) => revoke::run(args, world).await,
    }
}
