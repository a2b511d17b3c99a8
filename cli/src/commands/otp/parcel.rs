//! The accounts of a file as the daemon takes them: `otpauth://` URIs, one a line. What cannot travel so is named.

use fob_exchange::{Record, Report};
use fob_otp::Account;
use zeroize::Zeroizing;

use super::remark::Remark;
use crate::secret::Secret;

/// The accounts on their way to the daemon.
pub(super) struct Parcel {
    uris: Vec<Zeroizing<String>>,
    /// Whose each line is, as text from outside.
    labels: Vec<String>,
    /// What the file had lost, and what stays behind here.
    pub(super) changed: Vec<Remark>,
    /// What cannot be sent.
    pub(super) refused: Vec<Remark>,
}

impl Parcel {
    pub(super) fn of(report: Report) -> Self {
        let mut parcel = Self {
            uris: Vec::with_capacity(report.records.len()),
            labels: Vec::with_capacity(report.records.len()),
            changed: report.changed.into_iter().map(Remark::from).collect(),
            refused: report.refused.into_iter().map(Remark::from).collect(),
        };
        report.records.iter().for_each(|record| parcel.pack(record));
        parcel
    }

    fn pack(&mut self, record: &Record) {
        match uri(record) {
            Err(reason) => self.refused.push(Remark::on(record.label(), reason)),
            Ok(uri) => {
                self.changed.extend(left_behind(record));
                self.uris.push(uri);
                self.labels.push(record.label());
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.uris.is_empty()
    }

    /// Whose the account in this line is, counted from 1.
    pub(super) fn label(&self, line: u32) -> String {
        let index = usize::try_from(line).ok().and_then(|line| line.checked_sub(1));
        index.and_then(|index| self.labels.get(index)).cloned().unwrap_or_else(|| format!("account {line}"))
    }

    /// The list for the daemon.
    pub(super) fn list(&self) -> Secret {
        let length = self.uris.iter().map(|uri| uri.len() + 1).sum();
        let mut list = Zeroizing::new(Vec::with_capacity(length));
        for uri in &self.uris {
            list.extend_from_slice(uri.as_bytes());
            list.push(b'\n');
        }
        Secret::new(list)
    }
}

/// The account's URI, as the daemon will read it; or why it would not.
fn uri(record: &Record) -> Result<Zeroizing<String>, String> {
    let uri = record.to_account().map_err(|error| error.to_string())?.to_uri();
    Account::from_uri(&uri).map_err(|error| error.to_string())?;
    Ok(uri)
}

/// What the record has beside its codes, which a vault has no place for yet.
fn left_behind(record: &Record) -> Option<Remark> {
    let parts = [
        (!record.notes.is_empty(), "notes"),
        (!record.tags.is_empty(), "tags"),
        (record.favourite, "mark as a favourite"),
        (record.icon.is_some(), "icon"),
        (!record.recovery_codes.is_empty(), "recovery codes"),
    ];
    let parts: Vec<_> = parts.into_iter().filter_map(|(there, part)| there.then_some(part)).collect();
    let what = || format!("the vault has no place yet for its {}", parts.join(", "));
    (!parts.is_empty()).then(|| Remark::on(record.label(), what()))
}
