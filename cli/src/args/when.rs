//! A moment in the past as a person types it: so long ago, or a date. Dates are in UTC, as fob shows them.

use std::str::FromStr;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment in the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// So many seconds ago.
    Ago(u64),
    /// This Unix time.
    At(u64),
}

impl Since {
    /// The Unix time that is meant, if it is `now`.
    pub(crate) const fn unix(self, now: u64) -> u64 {
        match self {
            Self::Ago(seconds) => now.saturating_sub(seconds),
            Self::At(unix) => unix,
        }
    }
}

/// Lengths of `2026-11-24`, `2026-11-24 08:30` and `2026-11-24 08:30:01`.
const DATE: usize = 10;
const MINUTE: usize = 16;
const SECOND: usize = 19;

/// The units, with their seconds.
const UNITS: [(&str, u64); 12] = [
    ("s", 1),
    ("sec", 1),
    ("m", 60),
    ("min", 60),
    ("h", 3_600),
    ("hour", 3_600),
    ("hours", 3_600),
    ("d", 86_400),
    ("day", 86_400),
    ("days", 86_400),
    ("w", 604_800),
    ("weeks", 604_800),
];

impl FromStr for Since {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        ago(text).or_else(|| at(text)).ok_or("neither so long ago, such as 2h, nor a date, such as 2026-11-24 08:30")
    }
}

fn ago(text: &str) -> Option<Since> {
    let digits = text.find(|sign: char| !sign.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit.trim_start())?;
    Some(Since::Ago(number.parse::<u64>().ok()?.checked_mul(*seconds)?))
}

/// What is left out of a date is zero, and in UTC.
fn at(text: &str) -> Option<Since> {
    let text = text.strip_suffix(" UTC").unwrap_or(text);
    let whole = match text.len() {
        DATE => format!("{text}T00:00:00Z"),
        MINUTE => format!("{text}:00Z"),
        SECOND => format!("{text}Z"),
        _ => text.to_owned(),
    };
    let moment = OffsetDateTime::parse(&whole.replacen(' ', "T", 1), &Rfc3339).ok()?;
    u64::try_from(moment.unix_timestamp()).ok().map(Since::At)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The dates by `date -u -d … +%s`.
    #[test]
    fn what_a_person_types_is_a_moment() {
        for (text, expected) in [
            ("90s", Some(Since::Ago(90))),
            ("30min", Some(Since::Ago(1_800))),
            ("2h", Some(Since::Ago(7_200))),
            ("2 hours", Some(Since::Ago(7_200))),
            (" 3d ", Some(Since::Ago(259_200))),
            ("1w", Some(Since::Ago(604_800))),
            ("2026-11-24", Some(Since::At(1_795_478_400))),
            ("2026-11-24 08:30", Some(Since::At(1_795_509_000))),
            ("2026-11-24 08:30:01 UTC", Some(Since::At(1_795_509_001))),
            ("2026-11-24T08:30:00+01:00", Some(Since::At(1_795_505_400))),
            ("", None),
            ("h", None),
            ("2", None),
            ("2 parsecs", None),
            ("-2h", None),
            ("99999999999999999999w", None),
            ("18446744073709551615w", None),
            ("2026-02-30", None),
            ("1969-01-01", None),
        ] {
            assert_eq!(text.parse().ok(), expected, "{text:?}");
        }
        assert_eq!(Since::Ago(100).unix(1_000), 900);
        assert_eq!(Since::Ago(2_000).unix(1_000), 0);
        assert_eq!(Since::At(7).unix(1_000), 7);
    }
}
