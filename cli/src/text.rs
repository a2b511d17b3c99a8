//! Text from outside on its way to the terminal.

use std::fmt::Write as _;

use time::OffsetDateTime;
use zeroize::Zeroizing;

/// The text without control and bidirectional characters.
pub(crate) fn shown(text: &str) -> String {
    fob_otp::printable(text).into_owned()
}

/// `ISSUER:NAME`, or only what there is of it, fit for a terminal.
pub(crate) fn account(issuer: &str, name: &str) -> String {
    let label = match (issuer, name) {
        ("", name) => name.to_owned(),
        (issuer, "") => issuer.to_owned(),
        (issuer, name) => format!("{issuer}:{name}"),
    };
    shown(&label)
}

/// `1 key`, `2 keys`.
pub(crate) fn count(number: impl Into<u64>, one: &str, many: &str) -> String {
    let number = number.into();
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A moment for a person, in UTC: a log that crosses a change to summer time must not go back.
pub(crate) fn moment(unix: u64) -> String {
    let time = i64::try_from(unix).ok().and_then(|unix| OffsetDateTime::from_unix_timestamp(unix).ok());
    let Some(time) = time else { return format!("at {unix} s") };
    let (hour, minute, second) = time.to_hms();
    format!("{} {hour:02}:{minute:02}:{second:02} UTC", time.date())
}

/// JSON with every character escaped that does something to a terminal. It says the same to a program. `None` where there
/// is nothing to escape, so that a long list of secrets is not copied for nothing.
pub(crate) fn harmless_json(json: &str) -> Option<Zeroizing<String>> {
    let room: usize = json.chars().map(|one| if is_harmless(one) { one.len_utf8() } else { 6 * one.len_utf16() }).sum();
    // What is escaped becomes longer: as many bytes are the same bytes.
    if room == json.len() {
        return None;
    }
    let mut harmless = Zeroizing::new(String::with_capacity(room));
    for one in json.chars() {
        if is_harmless(one) {
            harmless.push(one);
        } else {
            for unit in one.encode_utf16(&mut [0; 2]) {
                let _ = write!(harmless, "\\u{unit:04x}");
            }
        }
    }
    Some(harmless)
}

/// Line breaks stand between members: inside strings they are escaped already.
fn is_harmless(one: char) -> bool {
    let (mut text, mut same) = ([0; 4], [0; 4]);
    one == '\n' || *fob_otp::printable(one.encode_utf8(&mut text)) == *one.encode_utf8(&mut same)
}

/// Rows of equal columns, two spaces apart; nothing behind the last column.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_says_the_same_and_does_nothing_to_a_terminal() {
        let strange = "a\u{202e}b\u{9b}31m\u{7f}\u{1b}c 𝄞 ü";
        let json = harmless_json(&serde_json::to_string_pretty(&[strange]).unwrap()).unwrap();
        assert!(!json.contains(['\u{202e}', '\u{9b}', '\u{7f}', '\u{1b}']));
        assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [strange]);
        assert_eq!(json.capacity(), json.len(), "it never grew");
        assert_eq!(harmless_json("[\n  \"𝄞 ü\"\n]"), None);
    }

    #[test]
    fn columns_stand_under_each_other() {
        let rows = [vec!["a".to_owned(), "bcd".to_owned()], vec!["ä..".to_owned(), String::new()]];
        assert_eq!(table(&rows), "a    bcd\nä..\n");
    }

    /// By `date -u -d @1795478400`.
    #[test]
    fn a_moment_is_told_in_utc() {
        assert_eq!(moment(1_795_478_400), "2026-11-24 00:00:00 UTC");
        assert_eq!(moment(1_795_478_400 + 3_661), "2026-11-24 01:01:01 UTC");
        assert_eq!(moment(u64::MAX), "at 18446744073709551615 s");
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(
            [count(0u32, "key", "keys"), count(1u32, "key", "keys"), count(2u32, "key", "keys")].join(", "),
            "0 keys, 1 key, 2 keys"
        );
    }
}
