//! The accounts of these figures, and a house that has them.

use std::fmt::Write as _;

use anyhow::ensure;
use data_encoding::BASE32_NOPAD;
use fob_tests::house::House;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::PASSPHRASE;

/// One account: TOTP, SHA-1, six digits, 30 seconds. Each has a seed of its own, or they would be one account many times.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) issuer: String,
    pub(super) name: &'static str,
    /// In Base32.
    pub(super) secret: String,
}

impl Account {
    /// Account `number`.
    pub(super) fn new(number: usize) -> Self {
        let seed = digest(&SHA1_FOR_LEGACY_USE_ONLY, number.to_string().as_bytes());
        Self { issuer: format!("Site {number}"), name: "ada", secret: BASE32_NOPAD.encode(seed.as_ref()) }
    }

    /// As an `otpauth://` URI.
    pub(super) fn uri(&self) -> String {
        let issuer = self.issuer.replace(' ', "%20");
        format!("otpauth://totp/{issuer}:{}?secret={}&issuer={issuer}", self.name, self.secret)
    }
}

/// The first `count` accounts as a list of URIs.
pub(super) fn list(count: usize) -> anyhow::Result<String> {
    let mut list = String::new();
    for account in (0..count).map(Account::new) {
        writeln!(list, "{}", account.uri())?;
    }
    Ok(list)
}

/// A house with an empty, open vault.
pub(super) fn empty_house() -> anyhow::Result<House> {
    let mut house = House::build()?;
    house.start_daemon(&[])?;
    house.make_vault(PASSPHRASE)?;
    Ok(house)
}

/// A house with an open vault of the first `count` accounts, and no other.
pub(super) fn filled_house(count: usize) -> anyhow::Result<House> {
    let house = empty_house()?;
    let file = house.home().join("list.txt");
    std::fs::write(&file, list(count)?)?;
    house.fob().args("otp import").arg(file.to_string_lossy()).ok()?;
    let listed = house.fob().args("otp list").json()?;
    let there = listed.get("entries").and_then(|entries| entries.as_array()).map_or(0, Vec::len);
    ensure!(there == count, "the vault has {there} entries instead of {count}");
    Ok(house)
}
