//! `fob otp remove`: shows what it found and asks before it goes.

use serde::Serialize;

use super::Entry;
use crate::answer::Answer;
use crate::args::otp::Remove;
use crate::commands::unlock::with_open_vault;
use crate::daemon::Daemon;
use crate::secret::confirmed;
use crate::{Exit, Failure, World};

#[derive(Serialize)]
struct Removed {
    removed: Entry,
}

impl Answer for Removed {
    const SCHEMA: &'static str = "fob.otp-remove/1";

    fn words(&self) -> String {
        format!("Removed: {}\n", self.removed.label())
    }
}

pub(super) async fn run(args: Remove, world: &mut World) -> Result<(), Failure> {
    if !args.yes && !world.terminal.is_there() {
        return Err(Failure::usage("there is no terminal to ask whether it may go", "if you are sure, add `--yes`"));
    }
    let daemon = Daemon::call(world).await?;
    let query = &args.query;
    let found = with_open_vault(world, &daemon, async |daemon: &Daemon| Ok(daemon.otp().await?.find(query).await?));
    let found = Entry::from(found.await?);
    if !args.yes {
        let question = format!("Remove {} ({}) for good?", found.label(), found.peculiarities());
        if !confirmed(world, &question)? {
            return Err(Failure::new(Exit::Failed, "nothing was removed"));
        }
    }
    let removed = daemon.otp().await?.remove(query, &found.id).await?;
    world.answer(&Removed { removed: removed.into() })
}
