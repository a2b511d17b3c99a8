//! Raivo OTP (github.com/raivo-otp/ios-application, `DataExportFeature`): a JSON list whose values are all texts, in an
//! archive under the password, or taken out of it.

use serde::Deserialize;

use crate::containers::zip::{self, Archive};
use crate::draft::Draft;
use crate::json::{self, Field, List};
use crate::source::Source;
use crate::{ImportError, Report};

/// What the archive holds.
pub(crate) const MEMBER: &str = "raivo-otp-export.json";

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Entry {
    kind: Field,
    issuer: Field,
    account: Field,
    secret: Field,
    algorithm: Field,
    digits: Field,
    timer: Field,
    counter: Field,
    pinned: Field,
    icon_value: Field,
}

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    if source.bytes.starts_with(zip::MAGIC) {
        let list = Archive::of(source)?.read(MEMBER, source)?;
        return read_json(&source.inner(&list), report);
    }
    read_json(source, report)
}

fn read_json(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let entries: List<Entry> = json::read(source)?;
    for entry in &entries.0 {
        let draft = Draft {
            kind: entry.kind.text(),
            issuer: entry.issuer.text(),
            account: entry.account.text(),
            secret: entry.secret.text(),
            algorithm: entry.algorithm.text(),
            digits: entry.digits.text(),
            period: entry.timer.text(),
            counter: entry.counter.text(),
            pin: "",
        };
        let record = draft.record().map(|mut record| {
            record.favourite = entry.pinned.is_true();
            record.icon = entry.icon_value.some().map(str::to_owned);
            record
        });
        report.take(draft.issuer, record);
    }
    Ok(())
}
