//! `fob otp bin`: what was removed and can still come back.

use serde::Serialize;

use super::entry::Entry;
use crate::answer::Answer;
use crate::args::entry::Bin;
use crate::commands::unlock::with_open_vault;
use crate::daemon::Daemon;
use crate::secret::confirmed;
use crate::text::{count, moment, shown, table};
use crate::{Exit, Failure, World};

#[derive(Serialize)]
struct Contents {
    entries: Vec<Entry>,
}

impl Answer for Contents {
    const SCHEMA: &'static str = "fob.otp-bin/1";

    fn words(&self) -> String {
        let rows = self.entries.iter().map(|entry| {
            let until = entry.forgotten.map(|until| format!("until {}", moment(until))).unwrap_or_default();
            vec![entry.label(), until, format!("id {}", shown(&entry.id))]
        });
        table(&rows.collect::<Vec<_>>())
    }
}

#[derive(Serialize)]
struct Emptied {
    forgotten: u32,
}

impl Answer for Emptied {
    const SCHEMA: &'static str = "fob.otp-bin-empty/1";

    fn words(&self) -> String {
        format!("{} forgotten for good.\n", count(self.forgotten, "account", "accounts"))
    }
}

pub(super) async fn run(args: Bin, world: &mut World) -> Result<(), Failure> {
    if args.empty && !args.yes && !world.terminal.is_there() {
        return Err(Failure::usage("there is no terminal to ask whether they may go", "if you are sure, add `--yes`"));
    }
    let daemon = Daemon::call(world).await?;
    let list = with_open_vault(world, &daemon, async |daemon: &Daemon| Ok(daemon.otp().await?.bin().await?)).await?;
    if !args.empty {
        if list.is_empty() && !world.json {
            world.note("The bin is empty.");
        }
        return world.answer(&Contents { entries: list.into_iter().map(Entry::from).collect() });
    }
    let accounts = count(list.len() as u64, "account", "accounts");
    if !args.yes && !list.is_empty() && !confirmed(world, &format!("Forget {accounts} for good?"))? {
        return Err(Failure::new(Exit::Failed, "nothing was forgotten"));
    }
    let ids: Vec<&str> = list.iter().map(|entry| entry.id.as_str()).collect();
    let forgotten = if ids.is_empty() { 0 } else { daemon.otp().await?.purge(&ids).await? };
    world.answer(&Emptied { forgotten })
}
