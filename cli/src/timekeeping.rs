//! Whether somebody keeps the clock right, which codes by time are made of: the kernel knows (adjtimex(2)).

use crate::system::largest_clock_error;

/// The error that the kernel owns up to when nobody has set its clock for long, in microseconds (NTP_PHASE_LIMIT,
/// linux/timex.h). Like systemd's timedated we look at it instead of STA_UNSYNC, which some set to keep the kernel away
/// from the hardware clock.
const LOST: libc::c_long = 16_000_000;

/// Whether a time server or the like sets the clock; `None` where the kernel does not say.
pub(crate) fn clock_is_set() -> Option<bool> {
    largest_clock_error().map(|error| error < LOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kernel lets it grow by 500 parts in a million and stops at the limit (adjtimex(2)).
    #[test]
    fn the_kernel_says_how_far_its_clock_may_be_off() {
        if let Some(error) = largest_clock_error() {
            assert!((0..=LOST).contains(&error), "{error}");
            assert_eq!(clock_is_set(), Some(error < LOST));
        }
    }
}
