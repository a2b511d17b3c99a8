//! The table: one figure a row, with its bound and with what stands beside it.

use std::fmt::Write as _;
use std::time::Duration;

use crate::sample::milliseconds;

/// A measured figure.
#[derive(Debug)]
pub(crate) struct Row {
    /// What was measured, and how often.
    pub(crate) what: String,
    pub(crate) ours: String,
    /// A peer's figure, or the bare cost.
    pub(crate) beside: String,
    pub(crate) bound: String,
    pub(crate) kept: bool,
}

impl Row {
    /// A duration with a bound that does not depend on what stands beside it.
    pub(crate) fn at_most(what: String, ours: Duration, limit: Duration, beside: String) -> Self {
        let bound = format!("≤ {}", milliseconds(limit));
        Self { what, ours: milliseconds(ours), beside, bound, kept: ours <= limit }
    }

    /// A duration that may exceed a bare cost, described by `beside`, by so much.
    pub(crate) fn at_most_above(what: String, ours: Duration, bare: Duration, more: Duration, beside: &str) -> Self {
        Self {
            what,
            ours: milliseconds(ours),
            beside: format!("{beside} {}", milliseconds(bare)),
            bound: format!("≤ that + {} ms", more.as_millis()),
            kept: ours <= bare + more,
        }
    }

    /// A duration that may be so many times another.
    pub(crate) fn at_most_times(what: String, ours: Duration, other: Duration, limit: f64, beside: &str) -> Self {
        let times = times(ours, other);
        Self {
            what,
            ours: format!("{} ({times:.2} times)", milliseconds(ours)),
            beside: format!("{beside} {}", milliseconds(other)),
            bound: format!("≤ {limit} times"),
            kept: times <= limit,
        }
    }
}

/// How many times `other` fits into `ours`.
pub(crate) fn times(ours: Duration, other: Duration) -> f64 {
    ours.as_secs_f64() / other.as_secs_f64()
}

/// What a program said, so that it fits into a cell.
pub(crate) fn cell(text: &str) -> String {
    text.replace('|', "/").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The rows in Markdown, with a line that counts the bounds kept.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut text = "| what | fob | beside it | bound | kept |\n|---|---|---|---|---|\n".to_owned();
    for Row { what, ours, beside, bound, kept } in rows {
        let kept = if *kept { "yes" } else { "**no**" };
        let _ = writeln!(text, "| {what} | {ours} | {beside} | {bound} | {kept} |");
    }
    let kept = rows.iter().filter(|row| row.kept).count();
    let _ = writeln!(text, "\n{kept} of {} bounds kept.", rows.len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_bound_is_kept_up_to_its_last_nanosecond() {
        let kept = |ours| Row::at_most_above(String::new(), ours, 3 * MS, 2 * MS, "").kept;
        assert!(kept(5 * MS));
        assert!(!kept(5 * MS + Duration::from_nanos(1)));
    }

    #[test]
    fn a_missed_bound_is_marked_and_counted() {
        let rows = [2, 4].map(|ours| Row::at_most_times("x".to_owned(), ours * MS, MS, 3.0, "bare"));
        let text = markdown(&rows);
        assert!(text.contains("| x | 2.00 ms (2.00 times) | bare 1.00 ms | ≤ 3 times | yes |"), "{text}");
        assert!(text.contains("| x | 4.00 ms (4.00 times) | bare 1.00 ms | ≤ 3 times | **no** |"), "{text}");
        assert!(text.ends_with("1 of 2 bounds kept.\n"), "{text}");
    }
}
