//! Lists of URIs, one a line; Ente's and WinAuth's plain exports are such lists.
//!
//! Each line stands for itself. Blank lines and lines that begin with `#` are passed over. Among the lines may stand
//! exports of Google Authenticator, as a look at several pictures gives them.

use super::google::{Parts, is_migration};
use crate::source::Source;
use crate::{ImportError, MAX_ENTRIES, Record, Refusal, Report, uri};

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let lines = source.text()?.lines().map(str::trim).enumerate();
    let mut parts = Parts::default();
    for (count, (index, line)) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).enumerate() {
        if count == MAX_ENTRIES {
            return Err(ImportError::TooManyEntries);
        }
        match is_migration(line) {
            true => parts.read(line, source, report)?,
            false => take(report, &format!("line {}", index + 1), line, |_| ()),
        }
    }
    parts.finish(report);
    Ok(())
}

/// Takes the account of a URI, changed by what the file says beside it.
pub(super) fn take(report: &mut Report, entry: &str, text: &str, adjust: impl FnOnce(&mut Record)) {
    match uri::read(text) {
        Ok(read) if read.trashed => report.take(read.record.label(), Err(Refusal::Trashed)),
        Ok(mut read) => {
            adjust(&mut read.record);
            if let Some(lost) = read.lost {
                report.lost(read.record.label(), lost);
            }
            report.take(entry, Ok(read.record));
        }
        Err(reason) => report.take(entry, Err(reason)),
    }
}
