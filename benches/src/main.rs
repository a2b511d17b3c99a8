//! `cargo run --release -p fob-benches`: every figure that an issue names, with a peer or the bare cost beside it, measured
//! in one run and printed as a Markdown table. docs/benchmarks.md keeps what came out, with date and machine.
//!
//! Timings are wall clock on a machine that does other things too: compare within a table, not between tables. A figure
//! that misses its bound is marked and counted; the program fails only when something could not be measured.
//! `benches/peers/build` makes the peers that no distribution has.

mod codes;
mod disk;
mod doors;
mod idle;
mod peers;
mod process;
mod sample;
mod softkey;
mod table;
mod terminal;

use table::Row;

/// A group of figures; they can be asked for by name: `cargo run --release -p fob-benches codes softkey`.
type Group = (&'static str, fn() -> anyhow::Result<Vec<Row>>);

const GROUPS: [Group; 5] = [
    ("codes", codes::codes),
    ("vault", codes::vault),
    ("doors", doors::measure),
    ("idle", idle::measure),
    ("softkey", softkey::measure),
];

fn main() -> anyhow::Result<()> {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if let [doors::COMPANION, door, codes] = asked.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        return doors::companion(door, codes.parse()?);
    }
    let known = |name: &String| GROUPS.iter().any(|(group, _)| group == name);
    if let Some(unknown) = asked.iter().find(|name| !known(name)) {
        anyhow::bail!("no figures are called {unknown}: codes, vault, doors, idle, softkey");
    }
    let before = load()?;
    let mut rows = Vec::new();
    for (name, measure) in GROUPS {
        if asked.is_empty() || asked.iter().any(|wanted| wanted == name) {
            eprintln!("measuring: {name}");
            rows.extend(measure()?);
        }
    }
    print!("{}", table::markdown(&rows));
    let processors = std::thread::available_parallelism()?;
    println!("Load {before} before and {} afterwards, on {processors} processors.", load()?);
    Ok(())
}

/// How many processes wanted a processor over the last minute: durations of a busy machine say little by themselves.
fn load() -> anyhow::Result<String> {
    let averages = std::fs::read_to_string("/proc/loadavg")?;
    Ok(averages.split_whitespace().next().unwrap_or_default().to_owned())
}
