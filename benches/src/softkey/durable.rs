//! Through a unix socket with the durable, sealed state: each command beside what the disk needs for as many bytes in the
//! same folder.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};

use super::FEW;
use super::filled::state_file;
use super::requests::{Lies, assertion, registration};
use super::running::{Conversation, Memory, Running};
use crate::disk::Journal;
use crate::sample::{in_turn, timed};
use crate::table::Row;

const ROUNDS: usize = 300;
const WARM_UP: usize = 20;
const MORE: Duration = Duration::from_millis(2);

pub(super) fn measure() -> anyhow::Result<Vec<Row>> {
    let home = tempfile::tempdir()?;
    let (state, credential) = state_file(home.path(), FEW)?;
    let (_running, mut key, _) = Running::ours(&home.path().join("socket"), &Memory::State(&state))?;
    // In the place of one of the same account: there are as many as before.
    let make = registration(1, Lies::InTheKey)?;
    let assert = assertion(0, credential);
    Ok(vec![
        row("makeCredential, kept,", &state, &mut key, |key| key.call(&make).map(drop))?,
        row("getAssertion", &state, &mut key, |key| key.call(&assert).map(drop))?,
    ])
}

fn row(
    name: &str,
    state: &Path,
    key: &mut Conversation,
    act: impl Fn(&mut Conversation) -> anyhow::Result<()>,
) -> anyhow::Result<Row> {
    let bytes = written(state, || act(key))?;
    let mut journal = Journal::new(state.parent().context("a file lies in a folder")?, bytes)?;
    let mut ours = || timed(|| act(key));
    let mut disk = || journal.append();
    let [ours, disk] = in_turn(ROUNDS, WARM_UP, [&mut ours, &mut disk])?.map(|sample| sample.median());
    let what = format!("{name} through the socket, durable and sealed, median of {ROUNDS}");
    Ok(Row::at_most_above(what, ours, disk, MORE, &format!("write of {bytes} bytes and fdatasync")))
}

/// How many bytes of the file this changes: from the first to the last.
fn written(file: &Path, act: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<usize> {
    let before = fs::read(file)?;
    act()?;
    let after = fs::read(file)?;
    let changed = |(place, (one, other))| (one != other).then_some(place);
    let mut places = before.iter().zip(&after).enumerate().filter_map(changed);
    let first = places.next().context("nothing was written")?;
    let bytes = places.next_back().unwrap_or(first) + 1 - first;
    ensure!(before.len() == after.len(), "the file was written anew: one record could not be told apart");
    Ok(bytes)
}
