//! The software key: in process beside ring, through its socket beside another software key, with its durable state beside
//! the disk, with ten thousand discoverable credentials beside ten.

mod durable;
mod filled;
mod in_process;
mod requests;
mod residents;
mod running;
mod socket;
mod start;

use crate::table::Row;

/// Discoverable credentials that a person has, and more than anybody has.
const FEW: usize = 10;
const MANY: usize = 10_000;

pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let groups = [in_process::measure, socket::measure, durable::measure, residents::measure, start::measure];
    let rows = groups.into_iter().map(|measure| measure()).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(rows.into_iter().flatten().collect())
}
