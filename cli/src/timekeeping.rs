//! Whether somebody keeps the clock right, which codes by time are made of: the kernel knows (adjtimex(2)).
//!
//! The only unsafe code of the command line: no crate here wraps the call.

#![allow(unsafe_code, reason = "adjtimex(2) has no safe wrapper")]

/// The error that the kernel owns up to when nobody has set its clock for long, in microseconds (NTP_PHASE_LIMIT,
/// linux/timex.h). Like systemd's timedated we look at it instead of STA_UNSYNC, which some set to keep the kernel away
/// from the hardware clock.
const LOST: libc::c_long = 16_000_000;

/// Whether a time server or the like sets the clock; `None` where the kernel does not say.
pub(crate) fn clock_is_set() -> Option<bool> {
    largest_error().map(|error| error < LOST)
}

/// How far the clock may be off, in microseconds.
fn largest_error() -> Option<libc::c_long> {
    let mut state = std::mem::MaybeUninit::<libc::timex>::zeroed();
    // SAFETY: the kernel gets a pointer to a whole `timex`, which lives until it has returned; with `modes` of zero it
    // changes nothing and fills it in. All members are numbers, for which zeroes are values.
    let state = unsafe {
        if libc::adjtimex(state.as_mut_ptr()) < 0 {
            return None;
        }
        state.assume_init()
    };
    Some(state.maxerror)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kernel lets it grow by 500 parts in a million and stops at the limit (adjtimex(2)).
    #[test]
    fn the_kernel_says_how_far_its_clock_may_be_off() {
        if let Some(error) = largest_error() {
            assert!((0..=LOST).contains(&error), "{error}");
            assert_eq!(clock_is_set(), Some(error < LOST));
        }
    }
}
