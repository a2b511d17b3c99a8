//! The server's clock beside ours: a code made by a wrong clock is refused, and nobody can guess why.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::text::count;

/// Seconds of difference that are worth a word: one step of a one-time code.
const WORTH_A_WORD: u64 = 30;

/// A sentence, if our clock and the server's are too far apart. `said` is RFC 3339; nonsense says nothing.
pub(super) fn warning(said: &str, now: u64) -> Option<String> {
    let theirs = OffsetDateTime::parse(said, &Rfc3339).ok()?.unix_timestamp();
    let theirs = u64::try_from(theirs).ok()?;
    let apart = theirs.abs_diff(now);
    let direction = if now > theirs { "ahead of" } else { "behind" };
    (apart >= WORTH_A_WORD).then(|| {
        let seconds = count(apart, "second", "seconds");
        format!("note: this machine's clock is {seconds} {direction} the server's; one-time codes may be refused")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_clock_is_worth_a_word() {
        // 2026-11-24T00:00:00Z, by `date -u -d @1795478400`.
        let said = "2026-11-24T00:00:00Z";
        let midnight = 1_795_478_400;
        assert_eq!(warning(said, midnight + 29), None);
        assert!(warning(said, midnight + 30).unwrap().contains("30 seconds ahead of"));
        assert!(warning(said, midnight - 31).unwrap().contains("31 seconds behind"));
        assert_eq!(warning("soon", midnight), None);
    }
}
