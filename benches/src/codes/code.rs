//! One code from process start to exit: `fob otp code NAME --raw` of an unlocked vault, at several sizes, beside `oathtool`,
//! which has no store at all, and beside programs whose store is as large.

use std::process::Command;
use std::time::Duration;

use anyhow::ensure;
use fob_tests::house::House;
use fob_tests::program::built;

use super::accounts::{Account, filled_house};
use super::stores::{Cotp, OtpClient, Peer};
use crate::process::{output, run};
use crate::sample::{Act, Sample, in_turn, milliseconds};
use crate::table::{Row, times};

const SIZES: [usize; 4] = [1, 100, 1_000, 10_000];
const ROUNDS: usize = 300;
const WARM_UP: usize = 10;
/// Of programs that derive a key in every call.
const SLOW_ROUNDS: usize = 10;
const LIMIT: Duration = Duration::from_millis(5);
const TIMES_OATHTOOL: f64 = 3.0;
/// What still counts as flat: the largest vault's median beside the smallest's.
const TIMES_FLAT: f64 = 1.25;
/// A code may change between two programs, hardly twice in a row.
const TRIES: usize = 3;

pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let [a, b, c, d] = SIZES;
    let vaults = [Vault::of(a)?, Vault::of(b)?, Vault::of(c)?, Vault::of(d)?];
    let [one, hundred, thousand, most] = &vaults;
    let last = &most.last;
    let (mut one, mut hundred) = (|| one.code(), || hundred.code());
    let (mut thousand, mut most) = (|| thousand.code(), || most.code());
    let mut bare = || run(&mut oathtool(last));
    let acts: [Act<'_>; 5] = [&mut one, &mut hundred, &mut thousand, &mut most, &mut bare];
    let [a, b, c, d, oathtool] = in_turn(ROUNDS, WARM_UP, acts)?;
    let samples = [a, b, c, d];

    let mut rows = Vec::new();
    for (vault, sample) in vaults.iter().zip(&samples) {
        rows.extend(beside_oathtool(vault.size, sample, &oathtool));
        rows.push(beside_stores(vault)?);
    }
    rows.push(flat(&samples));
    Ok(rows)
}

/// A house with an unlocked vault of some size, and the last account in it.
struct Vault {
    size: usize,
    house: House,
    last: Account,
}

impl Vault {
    fn of(size: usize) -> anyhow::Result<Self> {
        let vault = Self { size, house: filled_house(size)?, last: Account::new(size - 1) };
        vault.agrees(|| Ok(output(&mut oathtool(&vault.last))?.trim().to_owned()))?;
        Ok(vault)
    }

    /// `fob otp code`, ready to run.
    fn command(&self) -> anyhow::Result<Command> {
        let mut command = self.house.command(built("fob")?);
        command.args(["otp", "code", &self.last.issuer, "--raw"]);
        Ok(command)
    }

    fn code(&self) -> anyhow::Result<Duration> {
        run(&mut self.command()?)
    }

    /// Both give the same code: else two different things would be compared.
    fn agrees(&self, theirs: impl Fn() -> anyhow::Result<String>) -> anyhow::Result<()> {
        for _ in 0..TRIES {
            if output(&mut self.command()?)?.trim() == theirs()? {
                return Ok(());
            }
        }
        anyhow::bail!("fob and its peer give different codes for {}", self.last.issuer)
    }
}

fn oathtool(account: &Account) -> Command {
    let mut command = Command::new("oathtool");
    command.args(["--totp", "--base32", &account.secret]);
    command
}

fn beside_oathtool(size: usize, ours: &Sample, oathtool: &Sample) -> [Row; 2] {
    let what = what(size);
    let oathtool_beside = format!("oathtool, without a store, {}", milliseconds(oathtool.percentile(95)));
    let high = format!("{what}, 95th percentile of {ROUNDS}");
    let middle = format!("{what}, median of {ROUNDS}");
    [
        Row::at_most(high, ours.percentile(95), LIMIT, oathtool_beside),
        Row::at_most_times(middle, ours.median(), oathtool.median(), TIMES_OATHTOOL, "oathtool, without a store,"),
    ]
}

/// The median beside programs with a store of the same size. The bound is to beat each that gives a code at all.
fn beside_stores(vault: &Vault) -> anyhow::Result<Row> {
    let folder = tempfile::tempdir()?;
    let accounts: Vec<Account> = (0..vault.size).map(Account::new).collect();
    let cotp = Cotp::with(&accounts, folder.path())?;
    let otpclient = OtpClient::with(&accounts, folder.path())?;
    let (mut ours, mut beside, mut kept) = (Sample::default(), Vec::new(), true);
    for peer in [&cotp as &dyn Peer, &otpclient] {
        if let Err(error) = peer.code(&vault.last) {
            beside.push(format!("{} gives none ({error})", peer.name()));
            continue;
        }
        vault.agrees(|| Ok(peer.code(&vault.last)?.1))?;
        let mut fob = || vault.code();
        let mut theirs = || Ok(peer.code(&vault.last)?.0);
        let [fob, theirs] = in_turn(SLOW_ROUNDS, 0, [&mut fob, &mut theirs])?;
        let ratio = times(fob.median(), theirs.median());
        beside.push(format!("{} {} (fob {ratio:.3} times)", peer.name(), milliseconds(theirs.median())));
        kept &= ratio < 1.0;
        ours = fob;
    }
    ensure!(beside.len() == 2, "two peers");
    Ok(Row {
        what: format!("{}, median of {SLOW_ROUNDS}", what(vault.size)),
        ours: milliseconds(ours.median()),
        beside: beside.join("; "),
        bound: "< each".to_owned(),
        kept,
    })
}

fn flat([one, .., most]: &[Sample; 4]) -> Row {
    let [fewest, .., largest] = SIZES;
    let what = format!("{}, median of {ROUNDS}: flat", what(largest));
    Row::at_most_times(what, most.median(), one.median(), TIMES_FLAT, &format!("{fewest} entry"))
}

fn what(size: usize) -> String {
    let entries = if size == 1 { "entry" } else { "entries" };
    format!("`fob otp code --raw`, {size} {entries}")
}
