//! Time: a monotonic clock for deadlines, one that goes on while the machine sleeps for what must not outlast a sleep,
//! a wall clock for codes and dates; never mixed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use rustix::time::{ClockId, clock_gettime};

/// A moment or a length on the monotonic clock, in milliseconds since the clock's own beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millis(pub u64);

impl Millis {
    /// This moment plus a length; the far end of time instead of an overflow.
    #[must_use]
    pub const fn plus(self, length: Self) -> Self {
        Self(self.0.saturating_add(length.0))
    }

    /// The length since `earlier`, zero if `earlier` lies ahead.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }

    /// The same length for `std`.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

/// Seconds since 1970-01-01T00:00:00Z without leap seconds. Before 1970 there is nothing: the smallest is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct UnixTime(pub u64);

/// The law: `monotonic` never goes back, so a deadline once passed stays passed; it stands still while the machine
/// sleeps. `boottime` never goes back either, and counts the sleep too. `wall` may jump either way, because people and
/// time servers set it; nothing that waits may depend on it.
pub trait Clock {
    /// Now, on the clock that deadlines are made of (CLOCK_MONOTONIC).
    fn monotonic(&self) -> Millis;
    /// Now, on the clock that suspend and hibernation do not stop (CLOCK_BOOTTIME): how long a thing was left alone.
    fn boottime(&self) -> Millis;
    /// Now, on the clock on the wall.
    fn wall(&self) -> UnixTime;
}

impl<C: Clock + ?Sized> Clock for std::sync::Arc<C> {
    fn monotonic(&self) -> Millis {
        (**self).monotonic()
    }
    fn boottime(&self) -> Millis {
        (**self).boottime()
    }
    fn wall(&self) -> UnixTime {
        (**self).wall()
    }
}

/// The system's clocks. The monotonic one counts from the making of this value, the other from the machine's start.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock whose monotonic zero is now.
    #[must_use]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

/// The length in whole milliseconds; the far end of time instead of an overflow.
fn millis(length: Duration) -> Millis {
    Millis(u64::try_from(length.as_millis()).unwrap_or(u64::MAX))
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn monotonic(&self) -> Millis {
        millis(self.start.elapsed())
    }

    fn boottime(&self) -> Millis {
        // Neither clock of the kernel's is ever negative.
        millis(Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap_or_default())
    }

    fn wall(&self) -> UnixTime {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        UnixTime(since_epoch.as_secs())
    }
}

/// A clock that stands still until a test moves it.
#[derive(Debug, Default)]
pub struct FakeClock {
    monotonic: AtomicU64,
    asleep: AtomicU64,
    wall: AtomicU64,
}

impl FakeClock {
    /// Monotonic zero, and this time on the wall.
    #[must_use]
    pub fn at(wall: UnixTime) -> Self {
        Self { wall: AtomicU64::new(wall.0 * 1_000), ..Self::default() }
    }

    /// All clocks go forward by `length`.
    pub fn advance(&self, length: Millis) {
        self.monotonic.fetch_add(length.0, Ordering::SeqCst);
        self.wall.fetch_add(length.0, Ordering::SeqCst);
    }

    /// The machine sleeps for so long: the monotonic clock does not notice.
    pub fn sleep(&self, length: Millis) {
        self.asleep.fetch_add(length.0, Ordering::SeqCst);
        self.wall.fetch_add(length.0, Ordering::SeqCst);
    }

    /// Somebody sets the clock on the wall; the monotonic one does not notice.
    pub fn set_wall(&self, wall: UnixTime) {
        self.wall.store(wall.0 * 1_000, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn monotonic(&self) -> Millis {
        Millis(self.monotonic.load(Ordering::SeqCst))
    }

    fn boottime(&self) -> Millis {
        self.monotonic().plus(Millis(self.asleep.load(Ordering::SeqCst)))
    }

    fn wall(&self) -> UnixTime {
        UnixTime(self.wall.load(Ordering::SeqCst) / 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_wall_clock_leaves_deadlines_alone() {
        let clock = FakeClock::at(UnixTime(1_000));
        clock.advance(Millis(2_500));
        assert_eq!((clock.monotonic(), clock.wall()), (Millis(2_500), UnixTime(1_002)));
        clock.set_wall(UnixTime(5));
        assert_eq!((clock.monotonic(), clock.wall()), (Millis(2_500), UnixTime(5)));
    }

    #[test]
    fn a_sleep_counts_for_what_was_left_alone_and_not_for_deadlines() {
        let clock = FakeClock::at(UnixTime(1_000));
        clock.advance(Millis(500));
        clock.sleep(Millis(60_000));
        assert_eq!((clock.monotonic(), clock.boottime()), (Millis(500), Millis(60_500)));
        assert_eq!(clock.wall(), UnixTime(1_060));
    }

    /// /proc/uptime counts the sleep too (proc_uptime(5)), in hundredths of a second.
    #[test]
    fn the_machine_has_been_up_for_as_long_as_the_kernel_says() {
        let clock = SystemClock::new();
        let before = clock.boottime();
        let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
        let after = clock.boottime();
        let seconds: f64 = uptime.split_whitespace().next().unwrap().parse().unwrap();
        let up = Millis(Duration::from_secs_f64(seconds).as_millis() as u64);
        assert!(before.since(Millis(10)) <= up && up <= after, "{before:?} {up:?} {after:?}");
    }

    #[test]
    fn lengths_saturate_at_both_ends() {
        assert_eq!(Millis(3).since(Millis(7)), Millis(0));
        assert_eq!(Millis(u64::MAX).plus(Millis(1)), Millis(u64::MAX));
    }
}
