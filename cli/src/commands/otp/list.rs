//! `fob otp list`.

use serde::Serialize;

use super::Entry;
use crate::answer::Answer;
use crate::commands::unlock::with_open_vault;
use crate::daemon::Daemon;
use crate::text::{shown, table};
use crate::{Failure, World};

#[derive(Serialize)]
struct Accounts {
    entries: Vec<Entry>,
}

impl Answer for Accounts {
    const SCHEMA: &'static str = "fob.otp-list/1";

    fn words(&self) -> String {
        let labels: Vec<String> = self.entries.iter().map(Entry::label).collect();
        let rows = self.entries.iter().zip(&labels).map(|(entry, label)| {
            let alone = labels.iter().filter(|other| *other == label).count() == 1;
            let id = if alone { String::new() } else { format!("id {}", shown(&entry.id)) };
            vec![label.clone(), entry.peculiarities(), id]
        });
        table(&rows.collect::<Vec<_>>())
    }
}

pub(super) async fn run(world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    let list = with_open_vault(world, &daemon, async |daemon: &Daemon| Ok(daemon.otp().await?.list().await?)).await?;
    if list.is_empty() && !world.json {
        world.note("There are no accounts yet: `fob otp add` adds one.");
    }
    world.answer(&Accounts { entries: list.into_iter().map(Entry::from).collect() })
}
