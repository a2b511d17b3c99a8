//! The report of a merge, as it stands on the bus.

use fob_bus::types::{MergeInfo, MergedInfo, merge_outcome};
use fob_otp::printable;
use fob_vault::{MergeReport, Merged, Outcome};

/// The whole report.
pub(super) fn report(report: MergeReport, written: bool) -> MergeInfo {
    MergeInfo {
        entries: report.entries.into_iter().map(merged).collect(),
        same: u32::try_from(report.same).unwrap_or(u32::MAX),
        written,
    }
}

fn merged(merged: Merged) -> MergedInfo {
    let (outcome, other) = match merged.outcome {
        Outcome::Added => (merge_outcome::ADDED, None),
        Outcome::Updated => (merge_outcome::UPDATED, None),
        Outcome::Kept => (merge_outcome::KEPT, None),
        Outcome::KeptBoth(id) => (merge_outcome::KEPT_BOTH, Some(id)),
        Outcome::Removed => (merge_outcome::REMOVED, None),
        Outcome::StaysRemoved => (merge_outcome::STAYS_REMOVED, None),
        Outcome::Duplicate(id) => (merge_outcome::DUPLICATE, Some(id)),
    };
    MergedInfo {
        id: merged.id.map(|id| id.to_string()),
        issuer: printable(&merged.issuer).into_owned(),
        name: printable(&merged.name).into_owned(),
        outcome: outcome.to_owned(),
        other: other.map(|id| id.to_string()),
    }
}
