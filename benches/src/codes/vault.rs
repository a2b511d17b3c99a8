//! A vault of ten thousand entries, from process start to exit: opened beside Argon2id, changed beside the disk, filled.

use std::time::Duration;

use fob_tests::house::House;

use super::PASSPHRASE;
use super::accounts::{Account, empty_house, filled_house, list};
use super::argon2id::Argon2id;
use crate::disk::Replaced;
use crate::sample::{Sample, in_turn, milliseconds, timed};
use crate::table::Row;

const ENTRIES: usize = 10_000;
const UNLOCKS: usize = 20;
const UNLOCK_MORE: Duration = Duration::from_millis(20);
const EDITS: usize = 50;
const EDIT_MORE: Duration = Duration::from_millis(10);
const IMPORTS: usize = 5;
const IMPORT_LIMIT: Duration = Duration::from_secs(1);

pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let house = filled_house(ENTRIES)?;
    Ok(vec![unlock(&house)?, edit(&house)?, import()?])
}

fn unlock(house: &House) -> anyhow::Result<Row> {
    let argon2id = Argon2id::of(&house.vault())?;
    let mut ours = || {
        house.fob().args("lock").ok()?;
        timed(|| house.fob().args("unlock").secret("--passphrase-fd", PASSPHRASE).ok())
    };
    let mut bare = || argon2id.run();
    let [ours, bare] = in_turn(UNLOCKS, 1, [&mut ours, &mut bare])?.map(|sample| sample.median());
    let what = format!("`fob unlock`, {ENTRIES} entries, median of {UNLOCKS}");
    Ok(Row::at_most_above(what, ours, bare, UNLOCK_MORE, &argon2id.name()))
}

/// Binds an entry to a site and lets go of it again, in turn.
fn edit(house: &House) -> anyhow::Result<Row> {
    let mut replaced = Replaced::like(&house.vault())?;
    let beside = replaced.name();
    let account = Account::new(ENTRIES - 1);
    let mut bound = false;
    let mut ours = || {
        let call = house.fob().args("otp bind").arg(&account.issuer).arg("https://site.example");
        let call = if bound { call.arg("--remove") } else { call };
        bound = !bound;
        timed(|| call.ok())
    };
    let mut bare = || replaced.replace();
    let [ours, bare] = in_turn(EDITS, 2, [&mut ours, &mut bare])?.map(|sample| sample.median());
    let what = format!("`fob otp bind`, one durable change, {ENTRIES} entries, median of {EDITS}");
    Ok(Row::at_most_above(what, ours, bare, EDIT_MORE, &beside))
}

/// Into a vault that is empty each time.
fn import() -> anyhow::Result<Row> {
    let (mut ours, mut bare) = (Sample::default(), Sample::default());
    let mut beside = String::new();
    for _ in 0..IMPORTS {
        let house = empty_house()?;
        let file = house.home().join("list.txt");
        std::fs::write(&file, list(ENTRIES)?)?;
        ours.push(timed(|| house.fob().args("otp import").arg(file.to_string_lossy()).ok())?);
        let mut replaced = Replaced::like(&house.vault())?;
        beside = replaced.name();
        bare.push(replaced.replace()?);
    }
    let what = format!("`fob otp import`, {ENTRIES} entries, median of {IMPORTS}");
    Ok(Row::at_most(what, ours.median(), IMPORT_LIMIT, format!("{beside} {}", milliseconds(bare.median()))))
}
