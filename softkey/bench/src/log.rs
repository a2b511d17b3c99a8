//! The wire log: text, one report a line, and the control channel's words where they changed something.
//!
//! ```text
//! # fob-softkey wire log 1
//! # key {"name":"key","seed":7,"profile":"default","touch":"allow","lenient_cbor":false,"state":"memory"}
//! 12.345 key > ffffffff860008…        a report to the key, 64 bytes in hexadecimal
//! 12.346 key < ffffffff860011…        one from it; fewer bytes where a fault cut it
//! 12.400 key ! {"op":"touch"}         what the control channel had the key do
//! ```
//!
//! Times are seconds of the bench's own clock. The log of a key with a seed and without a state file can be played
//! again: see `replay`.

use std::fmt;

use fob_ambient::Millis;
use fob_ctap::hid::Report;
use fob_softkey_control::Op;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::options::Extra;

/// The first line.
pub(crate) const TITLE: &str = "# fob-softkey wire log 1";

/// Before the description of a key.
const KEY: &str = "# key ";

/// What a key was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyLine {
    pub(crate) name: String,
    /// None: nobody can repeat it.
    pub(crate) seed: Option<u64>,
    pub(crate) profile: String,
    /// The profile goes without what this key cannot do.
    pub(crate) partial: bool,
    pub(crate) touch: String,
    pub(crate) lenient_cbor: bool,
    /// Room for discoverable credentials, where it is not the model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) capacity: Option<usize>,
    /// What it has beside what it has by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) with: Vec<Extra>,
    /// "memory" or "file".
    pub(crate) state: String,
}

impl fmt::Display for KeyLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{KEY}{}", serde_json::to_string(self).unwrap_or_default())
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    Title,
    Key(KeyLine),
    /// Nothing that matters.
    Comment,
    ToKey {
        at: Millis,
        key: String,
        report: Box<Report>,
    },
    ToHost {
        at: Millis,
        key: String,
        bytes: Vec<u8>,
    },
    Op {
        at: Millis,
        key: String,
        op: Box<Op>,
    },
}

/// Why a line is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a line of a wire log")]
pub(crate) struct NoLine;

pub(crate) fn to_key(at: Millis, key: &str, report: &Report) -> String {
    format!("{} {key} > {}", time(at), data_encoding::HEXLOWER.encode(report))
}

pub(crate) fn to_host(at: Millis, key: &str, bytes: &[u8]) -> String {
    format!("{} {key} < {}", time(at), data_encoding::HEXLOWER.encode(bytes))
}

pub(crate) fn op(at: Millis, key: &str, op: &Op) -> String {
    format!("{} {key} ! {}", time(at), serde_json::to_string(op).unwrap_or_default())
}

impl Line {
    /// Reads a line.
    pub(crate) fn parse(text: &str) -> Result<Self, NoLine> {
        let text = text.trim_end();
        if text == TITLE {
            return Ok(Self::Title);
        }
        if let Some(key) = text.strip_prefix(KEY) {
            return serde_json::from_str(key).map(Self::Key).map_err(|_| NoLine);
        }
        if text.is_empty() || text.starts_with('#') {
            return Ok(Self::Comment);
        }
        let mut parts = text.splitn(4, ' ');
        let mut part = || parts.next().ok_or(NoLine);
        let at = parsed_time(part()?)?;
        let key = part()?.to_owned();
        let (direction, rest) = (part()?, part()?);
        let bytes = || data_encoding::HEXLOWER.decode(rest.as_bytes()).map_err(|_| NoLine);
        match direction {
            ">" => Ok(Self::ToKey { at, key, report: Box::new(bytes()?.try_into().map_err(|_| NoLine)?) }),
            "<" => Ok(Self::ToHost { at, key, bytes: bytes()? }),
            "!" => {
                let members: Map<String, Value> = serde_json::from_str(rest).map_err(|_| NoLine)?;
                let op = serde_json::from_value(Value::Object(members)).map_err(|_| NoLine)?;
                Ok(Self::Op { at, key, op: Box::new(op) })
            }
            _ => Err(NoLine),
        }
    }
}

fn time(at: Millis) -> String {
    format!("{}.{:03}", at.0 / 1_000, at.0 % 1_000)
}

fn parsed_time(text: &str) -> Result<Millis, NoLine> {
    let (seconds, millis) = text.split_once('.').filter(|(_, millis)| millis.len() == 3).ok_or(NoLine)?;
    let number = |text: &str| text.parse::<u64>().map_err(|_| NoLine);
    let seconds = number(seconds)?.checked_mul(1_000).ok_or(NoLine)?;
    seconds.checked_add(number(millis)?).map(Millis).ok_or(NoLine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_they_are_documented() {
        let report = format!("12.345 a > {}", "0f".repeat(64));
        assert_eq!(
            Line::parse(&report),
            Ok(Line::ToKey { at: Millis(12_345), key: "a".to_owned(), report: Box::new([0x0f; 64]) })
        );
        let short = Line::ToHost { at: Millis(7), key: "b-2".to_owned(), bytes: vec![1, 2] };
        assert_eq!(Line::parse("0.007 b-2 < 0102\n"), Ok(short));
        let touch = Line::Op { at: Millis(0), key: "a".to_owned(), op: Box::new(Op::Touch {}) };
        assert_eq!(Line::parse(r#"0.000 a ! {"op":"touch"}"#), Ok(touch));
        assert_eq!(Line::parse("# a remark"), Ok(Line::Comment));
    }

    #[test]
    fn what_is_no_line_is_no_line() {
        for text in [
            "hello",
            "1.000 a >",
            "1.000 a > 00",
            "1 a < 00",
            "1.0 a < 00",
            "99999999999999999999.000 a < 00",
            "18446744073709551615.000 a < 00",
            "1.000 a < 0",
            "1.000 a ? 00",
            "1.000 a ! {\"op\":\"touch\",\"x\":1}",
            "# key {}",
        ] {
            assert_eq!(Line::parse(text), Err(NoLine), "{text}");
        }
    }
}
