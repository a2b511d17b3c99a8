//! One code from process start to exit: `fob otp code NAME --raw` with the vault unlocked, beside `oathtool`, run in turn.

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::ensure;
use fob_tests::house::House;
use fob_tests::program::built;

use crate::Row;
use crate::sample::{Sample, milliseconds};

const SECRET: &str = "JBSWY3DPEHPK3PXP";
const RUNS: usize = 300;
const LIMIT: Duration = Duration::from_millis(5);
const TIMES_OATHTOOL: f64 = 3.0;

/// With one entry and with a thousand.
pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for entries in [1, 1000] {
        let house = filled_house(entries)?;
        let mut fob = house.command(built("fob")?);
        fob.args(["otp", "code", "Site 0", "--raw"]);
        let mut oathtool = house.command("oathtool");
        oathtool.args(["--totp", "--base32", SECRET]);
        let (ours, theirs) = in_turn(&mut fob, &mut oathtool)?;
        rows.extend(judged(entries, &ours, &theirs));
    }
    Ok(rows)
}

/// A house whose unlocked vault has this many entries.
fn filled_house(entries: u32) -> anyhow::Result<House> {
    let mut house = House::build()?;
    house.start_daemon(&[])?;
    house.make_vault("a passphrase for a bench")?;
    let mut list = String::new();
    for number in 0..entries {
        writeln!(list, "otpauth://totp/Site%20{number}:ada?secret={SECRET}&issuer=Site%20{number}")?;
    }
    let file = house.home().join("list.txt");
    std::fs::write(&file, list)?;
    house.fob().args("otp import").arg(file.to_string_lossy()).ok()?;
    Ok(house)
}

/// Runs both in turn, so that whatever else the machine does falls on both alike.
fn in_turn(ours: &mut Command, theirs: &mut Command) -> anyhow::Result<(Sample, Sample)> {
    let mut samples = (Sample::default(), Sample::default());
    for run in 0..RUNS + 10 {
        let first = timed(ours)?;
        let second = timed(theirs)?;
        if run >= 10 {
            samples.0.push(first);
            samples.1.push(second);
        }
    }
    Ok(samples)
}

fn timed(command: &mut Command) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    let took = start.elapsed();
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(took)
}

fn judged(entries: u32, ours: &Sample, theirs: &Sample) -> [Row; 2] {
    let what = format!("`fob otp code --raw`, {entries} entries");
    let ratio = ours.median().as_secs_f64() / theirs.median().as_secs_f64();
    [
        Row {
            what: format!("{what}, 95th percentile of {RUNS}"),
            ours: milliseconds(ours.percentile(95)),
            peer: format!("oathtool {}", milliseconds(theirs.percentile(95))),
            bound: format!("≤ {}", milliseconds(LIMIT)),
            kept: ours.percentile(95) <= LIMIT,
        },
        Row {
            what: format!("{what}, median"),
            ours: format!("{} ({ratio:.2} times)", milliseconds(ours.median())),
            peer: format!("oathtool {}", milliseconds(theirs.median())),
            bound: format!("≤ {TIMES_OATHTOOL} times"),
            kept: ratio <= TIMES_OATHTOOL,
        },
    ]
}
