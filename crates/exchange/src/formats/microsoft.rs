//! Microsoft Authenticator's Android database. Other sites' accounts have Base32 secrets; personal Microsoft accounts
//! have Base64 ones and eight digits; work accounts sign in by push and have none.

use fob_otp::Seed;

use crate::containers::sqlite::{Database, Row};
use crate::draft::Draft;
use crate::source::Source;
use crate::{ImportError, Lost, Record, Refusal, Report, encoding};

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    Database::open(source)?.rows("accounts", source, |row| {
        report.take(row.text("name").as_str(), record(row));
    })?;
    if !report.records.is_empty() {
        report.all_lost(Lost::Parameters);
        report.all_lost(Lost::Counters);
    }
    Ok(())
}

fn record(row: &Row<'_>) -> Result<Record, Refusal> {
    let (issuer, account) = (row.text("name"), row.text("username"));
    let secret = row.text("oath_secret_key");
    let draft = Draft { issuer: &issuer, account: &account, secret: &secret, ..Draft::default() };
    match row.integer("account_type") {
        Some(0) => draft.record(),
        Some(1) if !secret.is_empty() => {
            let bytes = encoding::base64(&secret).ok_or(Refusal::Encoding("Base64 text"))?;
            Draft { digits: "8", ..draft }.record_of(Seed::new(bytes.to_vec()))
        }
        _ => Err(Refusal::Foreign("Microsoft's push sign-in")),
    }
}
