//! `fob otp resync`: a counter that ran ahead on another device is found again by two codes in a row.

use fob_bus::pipe;
use fob_bus::types::ResyncOptions;
use zeroize::Zeroizing;

use super::entry::{Changed, find};
use crate::args::entry::Resync;
use crate::secret::{Secret, ask, from_descriptor};
use crate::{Failure, World};

pub(super) async fn run(args: Resync, world: &mut World) -> Result<(), Failure> {
    let codes = match args.codes_fd {
        Some(number) => from_descriptor("--codes-fd", number, pipe::SHORT)?,
        None => typed(world)?,
    };
    let (daemon, found) = find(&args.query, world).await?;
    let options = ResyncOptions { look_ahead: args.look_ahead };
    let account = daemon.otp().await?.resync(&found.id, &found.id, codes.pipe()?.into(), options).await?;
    world.answer(&Changed::new("Found again", account))
}

fn typed(world: &mut World) -> Result<Secret, Failure> {
    if !world.terminal.is_there() {
        let message = "there is no terminal to ask for the two codes";
        return Err(Failure::usage(message, "hand them over through a pipe, a line each: `--codes-fd N`"));
    }
    let first = ask(world, "code", "A code of the other device: ")?;
    let second = ask(world, "code", "The one after it: ")?;
    Ok(Secret::new(Zeroizing::new([first.expose(), second.expose()].join(&b'\n'))))
}
