//! `fob status`: one call that answers everybody.

use fob_bus::types::{Status, vault_state};
use serde::Serialize;

use crate::answer::Answer;
use crate::daemon::Daemon;
use crate::text::{count, shown, table};
use crate::{Failure, World};

#[derive(Serialize)]
struct Shown {
    version: String,
    vault: String,
    vault_path: String,
    problem: Option<String>,
    entries: Option<u32>,
    idle_lock: Option<u32>,
    keys: u32,
    session_bus: bool,
    warnings: Vec<String>,
}

impl Answer for Shown {
    const SCHEMA: &'static str = "fob.status/1";

    fn words(&self) -> String {
        let bus = if self.session_bus { "on the session bus too" } else { "not on the session bus" };
        let mut rows = vec![
            row("daemon", format!("fobd {}, {bus}", shown(&self.version))),
            row("vault", self.vault_words()),
            row("file", shown(&self.vault_path)),
            row("keys", count(self.keys, "key", "keys")),
        ];
        rows.extend(self.warnings.iter().map(|warning| row("warning", shown(warning))));
        table(&rows)
    }
}

impl Shown {
    fn vault_words(&self) -> String {
        match self.vault.as_str() {
            vault_state::NONE => "none yet: `fob init` makes one".to_owned(),
            vault_state::LOCKED => "locked".to_owned(),
            vault_state::UNLOCKED => {
                let entries = count(self.entries.unwrap_or_default(), "account", "accounts");
                let lock = self.idle_lock.map_or("does not lock by itself".to_owned(), |seconds| {
                    format!("locks after {} without use", duration(seconds))
                });
                format!("unlocked, {entries}, {lock}")
            }
            other => format!("{}: {}", shown(other), shown(self.problem.as_deref().unwrap_or("no reason was given"))),
        }
    }
}

fn row(name: &str, value: String) -> Vec<String> {
    vec![name.to_owned(), value]
}

/// Minutes where they come out even, else seconds.
fn duration(seconds: u32) -> String {
    if seconds >= 60 && seconds.is_multiple_of(60) {
        count(seconds / 60, "minute", "minutes")
    } else {
        count(seconds, "second", "seconds")
    }
}

pub(super) async fn run(world: &mut World) -> Result<(), Failure> {
    let status: Status = Daemon::call(world).await?.status().await?;
    world.answer(&Shown {
        version: status.version,
        vault: status.vault,
        vault_path: status.vault_path,
        problem: status.problem,
        entries: status.entries,
        idle_lock: status.idle_lock,
        keys: status.keys,
        session_bus: status.session_bus,
        warnings: status.warnings,
    })
}
