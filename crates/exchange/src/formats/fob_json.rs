//! fob's own list of accounts, in the field names that `convert --to json` writes.

use serde::Deserialize;

use crate::draft::Draft;
use crate::json::{self, Field, List};
use crate::source::Source;
use crate::{ImportError, Report, SecretText};

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    #[serde(rename = "type")]
    kind: Field,
    issuer: Field,
    account: Field,
    secret: Field,
    algorithm: Field,
    digits: Field,
    period: Field,
    counter: Field,
    pin: Field,
    notes: Field,
    tags: List<Field>,
    favourite: Field,
    icon: Field,
    recovery_codes: List<Field>,
    used_recovery_codes: List<Field>,
    sites: List<Field>,
}

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let entries: List<Entry> = json::read(source)?;
    for entry in &entries.0 {
        let draft = Draft {
            kind: entry.kind.text(),
            issuer: entry.issuer.text(),
            account: entry.account.text(),
            secret: entry.secret.text(),
            algorithm: entry.algorithm.text(),
            digits: entry.digits.text(),
            period: entry.period.text(),
            counter: entry.counter.text(),
            pin: entry.pin.text(),
        };
        let record = draft.record().map(|mut record| {
            record.notes = entry.notes.text().to_owned();
            record.favourite = entry.favourite.is_true();
            record.icon = entry.icon.some().map(str::to_owned);
            entry.tags.0.iter().for_each(|tag| record.tag(tag.text()));
            record.recovery_codes = codes(&entry.recovery_codes);
            record.used_recovery_codes = codes(&entry.used_recovery_codes);
            record.sites = entry.sites.0.iter().filter_map(Field::some).map(str::to_owned).collect();
            record
        });
        report.take(format!("{}:{}", entry.issuer.text(), entry.account.text()), record);
    }
    Ok(())
}

fn codes(list: &List<Field>) -> Vec<SecretText> {
    list.0.iter().filter_map(Field::some).map(|code| SecretText::new(code.to_owned())).collect()
}
