//! `cargo run --release -p fob-benches`: every figure that an issue names, with a peer or the bare cost beside it, measured
//! in one run and printed as a Markdown table. docs/benchmarks.md keeps what came out, with date and machine.
//!
//! Timings are wall clock on a machine that does other things too: compare within a table, not between tables. A figure
//! that misses its bound is marked and counted; the program fails only when something could not be measured.

mod authenticator;
mod codes;
mod idle;
mod sample;
mod softkey_store;

/// A measured figure beside its bound.
struct Row {
    what: String,
    ours: String,
    peer: String,
    bound: String,
    kept: bool,
}

fn main() -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for measure in [codes::measure, idle::measure, authenticator::measure, softkey_store::measure] {
        rows.extend(measure()?);
    }
    println!("| what | fob | beside it | bound | kept |");
    println!("|---|---|---|---|---|");
    for row in &rows {
        let kept = if row.kept { "yes" } else { "**no**" };
        println!("| {} | {} | {} | {} | {kept} |", row.what, row.ours, row.peer, row.bound);
    }
    let kept = rows.iter().filter(|row| row.kept).count();
    println!("\n{kept} of {} bounds kept.", rows.len());
    Ok(())
}
