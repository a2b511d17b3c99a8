//! `fob otp remove`: into the bin. Shows what it found and asks before it goes.

use serde::Serialize;

use super::entry::{Entry, find};
use crate::answer::Answer;
use crate::args::entry::Remove;
use crate::secret::confirmed;
use crate::text::moment;
use crate::{Exit, Failure, World};

#[derive(Serialize)]
struct Removed {
    removed: Entry,
}

impl Answer for Removed {
    const SCHEMA: &'static str = "fob.otp-remove/1";

    fn words(&self) -> String {
        let until = self.removed.forgotten.map(|until| format!(" until {}", moment(until))).unwrap_or_default();
        format!("Removed: {}. `fob otp undo` brings it back{until}.\n", self.removed.label())
    }
}

pub(super) async fn run(args: Remove, world: &mut World) -> Result<(), Failure> {
    if !args.yes && !world.terminal.is_there() {
        return Err(Failure::usage("there is no terminal to ask whether it may go", "if you are sure, add `--yes`"));
    }
    let (daemon, found) = find(&args.query, world).await?;
    let found = Entry::from(found);
    if !args.yes {
        let question = format!(
            "Put {} ({}) into the bin, from which `fob otp undo` brings it back for 30 days?",
            found.label(),
            found.peculiarities()
        );
        if !confirmed(world, &question)? {
            return Err(Failure::new(Exit::Failed, "nothing was removed"));
        }
    }
    let removed = daemon.otp().await?.remove(&found.id, &found.id).await?;
    world.answer(&Removed { removed: removed.into() })
}
