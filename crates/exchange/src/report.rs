//! What became of the entries of a file.

use fob_otp::{Seed, SeedError, UriError};

use crate::{Format, Record};

/// What became of the entries of a file.
#[derive(Debug)]
pub struct Report {
    /// What the file was read as.
    pub format: Format,
    /// The accounts, in the file's order.
    pub records: Vec<Record>,
    /// What the file or the way here lost.
    pub changed: Vec<Change>,
    /// What is no account.
    pub refused: Vec<Refused>,
}

/// Something that was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whose, as text from outside; `None` where it goes for the whole file.
    pub entry: Option<String>,
    /// What.
    pub lost: Lost,
}

/// What was lost, as a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// The format has no place for the algorithm.
    #[error("the file says nothing of the algorithm: SHA1 is assumed")]
    Algorithm,
    /// The format has no place for the period.
    #[error("the file says nothing of the period: 30 seconds are assumed")]
    Period,
    /// The format knows neither algorithm nor digits nor period.
    #[error("the file says nothing of algorithm, digits and period: SHA1, 6 and 30 seconds are assumed")]
    Parameters,
    /// The format has no counter-based accounts; what was one looks like a time-based one.
    #[error("the file knows no counters: counter-based accounts in it look like time-based ones")]
    Counters,
    /// Entries of this kind come without issuer.
    #[error("the file says nothing of the issuer")]
    Issuer,
    /// The format writes names in lower case.
    #[error("the file has the account's name in lower case")]
    Case,
    /// A HOTP entry without a counter.
    #[error("it came without a counter and starts at 0")]
    Counter,
    /// Google's export comes in several pictures.
    #[error("the export has more parts than are here: show the other pictures too")]
    Parts,
    /// A picture of the program's own.
    #[error("its picture is left behind")]
    Picture,
    /// The counter of a HOTP account, as this program stores it.
    #[error("this program's counters may lag one behind: take another code if the first one is refused")]
    CounterLags,
}

/// Something that is no account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Whose, as text from outside, or its place in the file.
    pub entry: String,
    /// Why.
    pub reason: Refusal,
}

/// Why an entry is no account, as the end of a sentence about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Its secret is no Base32 text.
    #[error(transparent)]
    Secret(#[from] SeedError),
    /// Its URI gives no account.
    #[error(transparent)]
    Uri(#[from] UriError),
    /// It has no secret.
    #[error("it has no secret")]
    NoSecret,
    /// Its secret is not text of the kind that this format has.
    #[error("its secret is no {0}")]
    Encoding(&'static str),
    /// A number that is none, or too large.
    #[error("its {0} is no whole number that can be kept")]
    Number(&'static str),
    /// It could not be decrypted while others could.
    #[error("it cannot be decrypted")]
    Sealed,
    /// The program had thrown it away.
    #[error("it lies in the program's bin")]
    Trashed,
    /// A kind that has no codes of its own, like Microsoft's push sign-in.
    #[error("it is no account with codes of its own ({0})")]
    Foreign(&'static str),
    /// A part of the entry that must be there.
    #[error("it has no {0}")]
    Missing(&'static str),
}

/// A secret that can be kept, whichever way the format writes secrets.
fn with_secret(record: Record) -> Result<Record, Refusal> {
    match record.secret.expose().len() {
        0 => Err(Refusal::NoSecret),
        1..=Seed::MAX_LENGTH => Ok(record),
        _ => Err(SeedError::TooLong.into()),
    }
}

impl Report {
    pub(crate) const fn of(format: Format) -> Self {
        Self { format, records: Vec::new(), changed: Vec::new(), refused: Vec::new() }
    }

    /// Takes an entry or writes down why not.
    pub(crate) fn take(&mut self, entry: impl Into<String>, record: Result<Record, Refusal>) {
        match record.and_then(with_secret) {
            Ok(record) => self.records.push(record),
            Err(reason) => self.refused.push(Refused { entry: entry.into(), reason }),
        }
    }

    /// Something was lost on every entry.
    pub(crate) fn all_lost(&mut self, lost: Lost) {
        self.changed.push(Change { entry: None, lost });
    }

    /// Something was lost on this entry.
    pub(crate) fn lost(&mut self, entry: impl Into<String>, lost: Lost) {
        self.changed.push(Change { entry: Some(entry.into()), lost });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CodeKind;

    /// Found by a fuzzer: secrets in hexadecimal digits or Base64 came without the bounds that Base32 has here, and an
    /// account that was taken so was refused by every other file.
    #[test]
    fn a_secret_of_no_bytes_or_too_many_is_refused_whatever_wrote_it() {
        let mut report = Report::of(Format::Aegis);
        for length in [0, 1, Seed::MAX_LENGTH, Seed::MAX_LENGTH + 1] {
            let kind = CodeKind::Totp { period: 30 };
            report.take(length.to_string(), Ok(Record::new(kind, "", "", Seed::new(vec![7; length]))));
        }
        assert_eq!(report.records.len(), 2);
        let refused: Vec<_> = report.refused.iter().map(|refused| (refused.entry.as_str(), &refused.reason)).collect();
        assert_eq!(refused, [("0", &Refusal::NoSecret), ("1025", &Refusal::Secret(SeedError::TooLong))]);
    }
}
