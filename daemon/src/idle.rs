//! When an unused vault locks itself. One timer, armed while the vault is open; nothing ticks.
//!
//! A use only notes the time. The timer wakes at the moment the vault would lock if it had not been used, looks at
//! what was noted, and locks or sleeps on: at most one wake-up in the length of the limit.
//!
//! All times here are of the clock that goes on while the machine sleeps (`Clock::boottime`). The timer does not ring
//! while it sleeps, and late afterwards: so whoever comes to the vault looks here first, and the time is up even if
//! nobody rang.

use std::sync::atomic::{AtomicU64, Ordering};

use fob_ambient::Millis;

/// What to do when the timer wakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wake {
    /// Nobody used the vault for the whole limit.
    Lock,
    /// Somebody did: look again after so long.
    SleepFor(Millis),
}

/// The time of the last use, and how long the vault stays open after it.
#[derive(Debug)]
pub(crate) struct IdleTimer {
    limit: Option<Millis>,
    last_use: AtomicU64,
}

impl IdleTimer {
    /// The vault may lie unused for `limit`, for ever if there is none.
    pub(crate) const fn new(limit: Option<Millis>) -> Self {
        Self { limit, last_use: AtomicU64::new(0) }
    }

    /// The limit.
    pub(crate) const fn limit(&self) -> Option<Millis> {
        self.limit
    }

    /// Somebody uses the vault.
    pub(crate) fn used(&self, now: Millis) {
        // Not a plain store: two uses on two threads must not bring the older time back.
        self.last_use.fetch_max(now.0, Ordering::Relaxed);
    }

    /// The timer is awake, or somebody comes to the vault; `None` when there is no limit.
    pub(crate) fn on_wake(&self, now: Millis) -> Option<Wake> {
        let lock_at = Millis(self.last_use.load(Ordering::Relaxed)).plus(self.limit?);
        Some(if now >= lock_at { Wake::Lock } else { Wake::SleepFor(lock_at.since(now)) })
    }
}

#[cfg(test)]
mod tests {
    use fob_ambient::{Clock, FakeClock, UnixTime};

    use super::*;

    const LIMIT: Millis = Millis(15 * 60 * 1_000);

    #[test]
    fn a_use_moves_the_lock_and_the_last_one_counts() {
        let clock = FakeClock::at(UnixTime(0));
        clock.advance(Millis(5_000));
        let timer = IdleTimer::new(Some(LIMIT));
        timer.used(clock.boottime());
        assert_eq!(timer.on_wake(clock.boottime()), Some(Wake::SleepFor(LIMIT)));
        clock.advance(Millis(LIMIT.0 - 1));
        timer.used(clock.boottime());
        clock.advance(Millis(1));
        assert_eq!(timer.on_wake(clock.boottime()), Some(Wake::SleepFor(Millis(LIMIT.0 - 1))));
        clock.advance(Millis(LIMIT.0 - 1));
        assert_eq!(timer.on_wake(clock.boottime()), Some(Wake::Lock));
    }

    #[test]
    fn a_clock_on_the_wall_that_jumps_locks_nothing() {
        let clock = FakeClock::at(UnixTime(1_000));
        let timer = IdleTimer::new(Some(LIMIT));
        timer.used(clock.boottime());
        clock.set_wall(UnixTime(9_999_999));
        assert_eq!(timer.on_wake(clock.boottime()), Some(Wake::SleepFor(LIMIT)));
    }

    #[test]
    fn a_machine_that_slept_for_the_limit_wakes_up_to_a_lock() {
        let clock = FakeClock::at(UnixTime(0));
        let timer = IdleTimer::new(Some(LIMIT));
        timer.used(clock.boottime());
        clock.sleep(LIMIT);
        assert_eq!(timer.on_wake(clock.boottime()), Some(Wake::Lock));
    }

    #[test]
    fn without_a_limit_it_never_locks() {
        assert_eq!(IdleTimer::new(None).on_wake(Millis(u64::MAX)), None);
    }
}
