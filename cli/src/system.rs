//! The calls to the system that Rust cannot check. All `unsafe` of the command line is here.

#![allow(unsafe_code, reason = "adjtimex(2) and descriptors by number have no safe wrapper")]

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd, RawFd};

/// How far the clock may be off, in microseconds, as the kernel sees it (adjtimex(2)); `None` where it does not say.
pub(crate) fn largest_clock_error() -> Option<libc::c_long> {
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

/// A copy of the descriptor of this number, close-on-exec. Not by pidfd_getfd(2), which containers forbid.
///
/// # Errors
/// The system's: EBADF for a number that is not open.
pub(crate) fn copy_of_descriptor(number: u32) -> io::Result<OwnedFd> {
    let number = RawFd::try_from(number).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: it is no -1, and it is borrowed for the length of one fcntl(2) that reads and writes nothing, which looks
    // itself whether the number is open. Nobody else in this program knows the numbers that its caller passed.
    unsafe { BorrowedFd::borrow_raw(number) }.try_clone_to_owned()
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::fd::AsRawFd;

    use super::*;

    #[test]
    fn a_copy_is_of_the_same_pipe_and_a_number_that_is_not_open_has_none() {
        let (mut reader, writer) = std::io::pipe().unwrap();
        let number = u32::try_from(writer.as_raw_fd()).unwrap();
        File::from(copy_of_descriptor(number).unwrap()).write_all(b"abc").unwrap();
        drop(writer);
        let mut said = String::new();
        reader.read_to_string(&mut said).unwrap();
        assert_eq!(said, "abc");
        for number in [u32::MAX, 1_000_000] {
            assert!(copy_of_descriptor(number).is_err(), "{number}");
        }
    }
}
