//! The accounts of a file as the daemon takes them: fob's own JSON, with all that is kept beside them. What cannot travel
//! so is named.

use fob_ambient::UnixTime;
use fob_exchange::{Record, Report};
use fob_otp::{Item, write_json};

use super::remark::Remark;
use crate::secret::Secret;

/// The accounts on their way to the daemon.
pub(super) struct Parcel {
    items: Vec<Item>,
    /// Whose each is, as text from outside.
    labels: Vec<String>,
    /// What the file had lost.
    pub(super) changed: Vec<Remark>,
    /// What cannot be sent.
    pub(super) refused: Vec<Remark>,
}

impl Parcel {
    /// `now` stands as the time at which used recovery codes were used.
    pub(super) fn of(report: Report, now: UnixTime) -> Self {
        let mut parcel = Self {
            items: Vec::with_capacity(report.records.len()),
            labels: Vec::with_capacity(report.records.len()),
            changed: report.changed.into_iter().map(Remark::from).collect(),
            refused: report.refused.into_iter().map(Remark::from).collect(),
        };
        report.records.iter().for_each(|record| parcel.pack(record, now));
        parcel
    }

    /// What a vault has no room for stays here.
    fn pack(&mut self, record: &Record, now: UnixTime) {
        let item = record.to_item(now);
        match item.fits() {
            Err(reason) => self.refused.push(Remark::on(record.label(), reason)),
            Ok(()) => {
                self.items.push(item);
                self.labels.push(record.label());
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whose the account at this place is, counted from 1.
    pub(super) fn label(&self, place: u32) -> String {
        let index = usize::try_from(place).ok().and_then(|place| place.checked_sub(1));
        index.and_then(|index| self.labels.get(index)).cloned().unwrap_or_else(|| format!("account {place}"))
    }

    /// The list for the daemon.
    pub(super) fn list(&self) -> Secret {
        Secret::new(write_json(self.items.iter().map(|item| (&item.account, &item.extras))))
    }
}
