//! `fob otp undo`: out of the bin again.

use super::entry::Changed;
use crate::args::entry::Undo;
use crate::commands::unlock::with_open_vault;
use crate::daemon::Daemon;
use crate::{Failure, World};

pub(super) async fn run(args: Undo, world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    let removed = args.removed.as_deref().unwrap_or_default();
    let back =
        with_open_vault(world, &daemon, async |daemon: &Daemon| Ok(daemon.otp().await?.restore(removed).await?));
    let back = back.await.map_err(|failure| match failure.word.as_str() {
        "UnknownEntry" | "AmbiguousEntry" => failure.hint("run `fob otp bin` to see what is in the bin"),
        _ => failure,
    })?;
    world.answer(&Changed::new("Back again", back))
}
