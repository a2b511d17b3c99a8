//! Duo Mobile's list of accounts: a secret, and a counter where there is one. No issuer, always SHA-1 and six digits.

use serde::Deserialize;

use crate::draft::Draft;
use crate::json::{self, Field, List, Part};
use crate::source::Source;
use crate::{ImportError, Lost, Refusal, Report};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Account {
    name: Field,
    otp_generator: Part<Generator>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Generator {
    otp_secret: Field,
    counter: Field,
}

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let accounts: List<Account> = json::read(source)?;
    for account in &accounts.0 {
        let name = account.name.text();
        let record = account.otp_generator.get().ok_or(Refusal::Foreign("Duo push")).and_then(|generator| {
            let kind = if generator.counter.some().is_some() { "hotp" } else { "totp" };
            let (secret, counter) = (generator.otp_secret.text(), generator.counter.text());
            Draft { kind, account: name, secret, counter, ..Draft::default() }.record()
        });
        report.take(name, record);
    }
    if !report.records.is_empty() {
        report.all_lost(Lost::Issuer);
        report.all_lost(Lost::Parameters);
    }
    Ok(())
}
