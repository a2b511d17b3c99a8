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
    /// Whether a quick PIN is set; only while it is open.
    quick_pin: Option<bool>,
    /// Seconds until a soft lock becomes a full one.
    soft_until: Option<u64>,
    /// What locks the vault besides `fob lock`.
    locks: Vec<String>,
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
        if !self.locks.is_empty() {
            rows.insert(3, row("locks on", shown(&self.locks.join(", "))));
        }
        rows.extend(self.warnings.iter().map(|warning| row("warning", shown(warning))));
        table(&rows)
    }
}

impl Shown {
    fn vault_words(&self) -> String {
        match self.vault.as_str() {
            vault_state::NONE => "none yet: `fob init` makes one".to_owned(),
            vault_state::LOCKED => "locked".to_owned(),
            vault_state::SOFT_LOCKED => {
                let left = self.soft_until.map(|seconds| format!(", for {} more", rough(seconds))).unwrap_or_default();
                format!("soft-locked: the quick PIN opens it (`fob unlock`){left}")
            }
            vault_state::UNLOCKED => {
                let entries = count(self.entries.unwrap_or_default(), "account", "accounts");
                let lock = self.idle_lock.map_or("does not lock by itself".to_owned(), |seconds| {
                    format!("locks after {} without use", duration(seconds))
                });
                let quick = if self.quick_pin == Some(true) { ", has a quick PIN" } else { "" };
                format!("unlocked, {entries}, {lock}{quick}")
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

/// Hours and minutes, never more than there are.
fn rough(seconds: u64) -> String {
    match seconds / 60 {
        0 => "less than a minute".to_owned(),
        minutes @ 1..60 => count(minutes, "minute", "minutes"),
        minutes => format!("{} h {:02} min", minutes / 60, minutes % 60),
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
        quick_pin: status.quick_pin,
        soft_until: status.soft_until,
        locks: status.locks,
        keys: status.keys,
        session_bus: status.session_bus,
        warnings: status.warnings,
    })
}
