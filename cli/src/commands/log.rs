//! `fob log`: who asked for what, and what came of it, the latest last.

use fob_bus::types::{LogEntry, LogOptions};
use serde::Serialize;

use crate::answer::Answer;
use crate::args::consent::Log;
use crate::commands::unlock::with_open_vault;
use crate::daemon::Daemon;
use crate::text::{moment, shown, table};
use crate::{Failure, World};

/// One line of it, as it may be shown.
#[derive(Serialize)]
struct Entry {
    /// Unix time in seconds; the first time, where it happened several times.
    time: u64,
    /// The last time.
    last: Option<u64>,
    times: u32,
    door: String,
    program: String,
    pid: Option<i32>,
    tier: String,
    kind: String,
    what: Option<String>,
    result: String,
    why: String,
}

impl From<LogEntry> for Entry {
    fn from(entry: LogEntry) -> Self {
        Self {
            time: entry.time,
            last: entry.last,
            times: entry.times.unwrap_or(1),
            door: entry.door,
            program: entry.program,
            pid: entry.pid,
            tier: entry.tier,
            kind: entry.kind,
            what: entry.what,
            result: entry.result,
            why: entry.why,
        }
    }
}

impl Entry {
    fn row(&self) -> Vec<String> {
        let times = if self.times > 1 {
            format!(", {} times until {}", self.times, moment(self.last.unwrap_or(self.time)))
        } else {
            String::new()
        };
        let what = self.what.as_deref().map(|what| format!(" {}", shown(what))).unwrap_or_default();
        let pid = self.pid.map(|pid| format!(" {pid}")).unwrap_or_default();
        vec![
            moment(self.time),
            format!("{}{pid} ({}, {})", shown(&self.program), shown(&self.tier), shown(&self.door)),
            format!("{}{what}", shown(&self.kind)),
            format!("{}: {}{times}", shown(&self.result), shown(&self.why)),
        ]
    }
}

#[derive(Serialize)]
struct Entries {
    entries: Vec<Entry>,
}

impl Answer for Entries {
    const SCHEMA: &'static str = "fob.log/1";

    fn words(&self) -> String {
        table(&self.entries.iter().map(Entry::row).collect::<Vec<_>>())
    }
}

pub(super) async fn run(args: Log, world: &mut World) -> Result<(), Failure> {
    let options = LogOptions { most: Some(args.most), since: args.since.map(|since| since.unix(world.now())) };
    let daemon = Daemon::call(world).await?;
    let call = async |daemon: &Daemon| Ok(daemon.policy().await?.log(options.clone()).await?);
    let entries = with_open_vault(world, &daemon, call).await?;
    if entries.is_empty() && !world.json {
        world.note("Nobody has asked for anything in that time.");
    }
    world.answer(&Entries { entries: entries.into_iter().map(Entry::from).collect() })
}
