//! How often fob may be asked: one question at a time, and few in a minute. Each shows a prompt to a person, and may make a key
//! blink; whoever could have them come without end would have one of them answered.

use std::collections::VecDeque;

use crate::ambient::UnixTime;

/// Most questions in [`WHILE`].
const MOST: usize = 6;
/// Seconds that they are counted for.
const WHILE: i64 = 60;

/// What was asked lately.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    under_way: bool,
    begun: VecDeque<UnixTime>,
}

impl Pace {
    /// Whether one may begin; then it has.
    pub(crate) fn begin(&mut self, now: UnixTime) -> bool {
        // A clock that was set back keeps nobody waiting for longer than the while.
        self.begun.retain(|begun| (0..WHILE).contains(&now.since(*begun)));
        if self.under_way || self.begun.len() >= MOST {
            return false;
        }
        self.under_way = true;
        self.begun.push_back(now);
        true
    }

    /// It is over, however it went.
    pub(crate) fn end(&mut self) {
        self.under_way = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_six_in_a_minute() {
        let mut pace = Pace::default();
        assert!(pace.begin(UnixTime(100)));
        assert!(!pace.begin(UnixTime(101)), "one is under way");
        pace.end();
        for _ in 1..MOST {
            assert!(pace.begin(UnixTime(102)));
            pace.end();
        }
        assert!(!pace.begin(UnixTime(159)));
        assert!(pace.begin(UnixTime(160)), "the first one is a minute ago");
        pace.end();
        assert!(!pace.begin(UnixTime(161)));
        assert!(pace.begin(UnixTime(50)), "the clock was set back");
    }
}
