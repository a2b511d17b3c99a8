//! How long somebody has to wait who keeps guessing.
//!
//! Counted per user name and kind of secret, before the secret is looked at: a hundred guesses sent at once are a
//! hundred tries. Names that do not exist are counted alike, so a lockout tells nobody who is here. Security keys,
//! passkeys and sessions cannot be guessed and are never locked: the owner gets in while a guesser is kept out.

use crate::ambient::UnixTime;

/// Wrong tries without a wait.
pub(crate) const FREE_TRIES: i64 = 5;

/// First wait in seconds; it doubles with each further wrong try.
pub(crate) const FIRST_WAIT: i64 = 30;

/// Longest wait in seconds. 24 tries a day leave a six-digit code (three of a million are right at any time) safe for
/// decades, and nobody can be kept out for longer.
pub(crate) const LONGEST_WAIT: i64 = 3_600;

/// Silence in seconds after which the count is forgotten.
pub(crate) const FORGET_AFTER: i64 = 86_400;

/// What can be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Password,
    Totp,
    BackupCode,
}

impl Kind {
    /// The word in the database.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Totp => "totp",
            Self::BackupCode => "backup-code",
        }
    }
}

/// No try now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Locked {
    /// When the next try is allowed.
    pub(crate) until: UnixTime,
    /// Seconds until then, at least 1.
    pub(crate) wait: i64,
}

impl Locked {
    pub(crate) fn until(until: UnixTime, now: UnixTime) -> Self {
        Self { until, wait: until.since(now).max(1) }
    }
}

/// Seconds to wait after this many wrong tries in a row.
pub(crate) fn wait_after(failures: i64) -> i64 {
    match failures.saturating_sub(FREE_TRIES) {
        ..0 => 0,
        // Seven doublings reach the longest wait; 32 are far from the end of i64.
        doublings => (FIRST_WAIT << doublings.min(32)).min(LONGEST_WAIT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_from_the_fifth_wrong_try_to_an_hour() {
        let waits: Vec<i64> = (0..14).map(wait_after).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
        assert_eq!(wait_after(i64::MAX), LONGEST_WAIT);
    }
}
