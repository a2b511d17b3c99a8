//! What a report says about single accounts of a file.

use serde::Serialize;

use crate::text::{count, shown};
use crate::{Exit, Failure};

/// A sentence about an account, or about the whole file.
#[derive(Debug, Serialize)]
pub(super) struct Remark {
    /// Whose, or its place in the file; text from outside.
    entry: Option<String>,
    what: String,
}

impl Remark {
    pub(super) fn on(entry: impl Into<String>, what: impl ToString) -> Self {
        Self { entry: Some(entry.into()), what: what.to_string() }
    }

    /// Whose, and what.
    pub(super) fn sentence(&self) -> String {
        let what = shown(&self.what);
        match self.entry.as_deref() {
            None => what,
            Some("") => format!("one without a name: {what}"),
            Some(entry) => format!("{}: {what}", shown(entry)),
        }
    }

    fn line(&self) -> String {
        format!("  {}\n", self.sentence())
    }
}

/// All or nothing was asked for, and some were refused.
pub(super) fn nothing_written(refused: &[Remark]) -> Failure {
    let refused = count(refused.len() as u64, "entry was refused", "entries were refused");
    let failure = Failure::new(Exit::Failed, format!("{refused}, so nothing was written"));
    failure.hint("`--skip-refused` writes the others, if there are any").after_answer()
}

impl From<fob_exchange::Change> for Remark {
    fn from(change: fob_exchange::Change) -> Self {
        Self { entry: change.entry, what: change.lost.to_string() }
    }
}

impl From<fob_exchange::Refused> for Remark {
    fn from(refused: fob_exchange::Refused) -> Self {
        Self::on(refused.entry, refused.reason)
    }
}

impl From<fob_exchange::NotWritten> for Remark {
    fn from(lost: fob_exchange::NotWritten) -> Self {
        Self::on(lost.entry, lost.what)
    }
}

/// The remarks below what they have in common; nothing where there are none.
pub(super) fn changes(remarks: &[Remark]) -> String {
    section(remarks, "Lost on the way:")
}

/// What was refused, below how much it is.
pub(super) fn refusals(remarks: &[Remark]) -> String {
    section(remarks, &format!("{} refused:", count(remarks.len() as u64, "entry", "entries")))
}

fn section(remarks: &[Remark], heading: &str) -> String {
    if remarks.is_empty() {
        return String::new();
    }
    let lines: String = remarks.iter().map(Remark::line).collect();
    format!("{heading}\n{lines}")
}
