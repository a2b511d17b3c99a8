//! fob-softkey with a durable, sealed state: from its start to its first answer, and the memory it holds then.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::filled::state_file;
use super::running::{Memory, Running};
use super::{FEW, MANY};
use crate::process::run;
use crate::sample::{in_turn, milliseconds};
use crate::table::Row;

const ROUNDS: usize = 20;
const START_LIMIT: Duration = Duration::from_millis(20);
const MEMORY_LIMIT_KIB: u64 = 10 * 1024;

pub(super) fn measure() -> anyhow::Result<Vec<Row>> {
    let home = tempfile::tempdir()?;
    let rows = [FEW, MANY].map(|count| rows(home.path(), count)).into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    Ok(rows.into_iter().flatten().collect())
}

fn rows(home: &Path, count: usize) -> anyhow::Result<[Row; 2]> {
    let (state, _) = state_file(home, count)?;
    let socket = home.join("socket");
    let mut memory = 0;
    let mut started = || {
        let (running, _session, took) = Running::ours(&socket, &Memory::State(&state))?;
        memory = memory.max(running.resident_kib()?);
        drop(running);
        fs::remove_file(&socket)?;
        Ok(took)
    };
    let mut bare = || run(&mut Command::new("true"));
    let [ours, bare] = in_turn(ROUNDS, 1, [&mut started, &mut bare])?.map(|sample| sample.median());
    Ok([
        Row {
            what: format!("fob-softkey, start to first answer, {count} credentials, median of {ROUNDS}"),
            ours: milliseconds(ours),
            beside: format!("start and end of `true` {}", milliseconds(bare)),
            bound: format!("< {} ms", START_LIMIT.as_millis()),
            kept: ours < START_LIMIT,
        },
        Row {
            what: format!("fob-softkey, resident memory, {count} credentials"),
            ours: format!("{:.1} MiB", memory as f64 / 1024.0),
            beside: format!("its state file {} KiB", fs::metadata(&state)?.len() / 1024),
            bound: format!("≤ {} MiB", MEMORY_LIMIT_KIB / 1024),
            kept: memory <= MEMORY_LIMIT_KIB,
        },
    ])
}
