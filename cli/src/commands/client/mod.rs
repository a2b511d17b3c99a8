//! `fob client …`: the programs that fob knows, and which of them is meant.

mod allow;
mod forget;
pub(crate) mod list;
mod pair;

use crate::args::consent::Client;
use crate::server::Address;
use crate::{Failure, World};

pub(super) async fn run(command: Client, world: &mut World) -> Result<(), Failure> {
    match command {
        Client::List => list::run(world).await,
        Client::Allow(args) => allow::run(args, world).await,
        Client::Forget(args) => forget::run(&args, world).await,
        Client::Pair(args) => pair::run(args, world).await,
    }
}

/// The origin of a site that a person names: https, or http on this machine.
fn origin(url: &str) -> Result<String, Failure> {
    let address = Address::parse(url).map_err(|_| {
        Failure::usage(format!("\"{url}\" is no site that a program can sign in at"), "name it like https://id.example")
    })?;
    Ok(address.origin().to_owned())
}
