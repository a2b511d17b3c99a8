//! The few calls to the system that Rust cannot check. All `unsafe` of this crate is here.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::net::UnixListener;

use rustix::mm::{MlockFlags, mlock_with, munlock};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// The first descriptor that systemd passes (sd_listen_fds(3)).
const FIRST_PASSED: i32 = 3;

/// The listening socket that systemd passed, if it passed exactly one to this process.
///
/// To be called once, before anything else opens descriptors.
pub(crate) fn passed_listener() -> io::Result<Option<UnixListener>> {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u32>().ok());
    if number("LISTEN_PID") != Some(std::process::id()) || number("LISTEN_FDS") != Some(1) {
        return Ok(None);
    }
    // SAFETY: sd_listen_fds(3) says that descriptor 3 is open and ours when LISTEN_PID names this process; nothing
    // else in this program knows that number.
    let descriptor = unsafe { OwnedFd::from_raw_fd(FIRST_PASSED) };
    rustix::io::fcntl_setfd(&descriptor, rustix::io::FdFlags::CLOEXEC)?;
    if !rustix::net::sockopt::socket_acceptconn(&descriptor)? {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "what systemd passed is no listening socket"));
    }
    Ok(Some(UnixListener::from(descriptor)))
}

/// A descriptor whose becoming readable a task can await.
///
/// # Errors
/// The system's.
pub(crate) fn watched(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: the AsyncFd owns the OwnedFd, which owns the descriptor and gives the same number every time.
    Ok(unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) }?)
}

/// Makes glibc keep all small memory in one heap. Threads live only for a moment here; an arena for each would stay.
pub(crate) fn use_one_heap() {
    // SAFETY: mallopt(3) takes two numbers and touches nothing of ours.
    unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
}

/// Gives free memory back to the system.
pub(crate) fn trim_heap() {
    // SAFETY: malloc_trim(3) moves no live allocation.
    unsafe { libc::malloc_trim(0) };
}

/// Keeps the heap, as far as it is used, out of the swap.
///
/// # Errors
/// The system's, above all when the limit of locked memory (`RLIMIT_MEMLOCK`) is too low.
pub(crate) fn pin_heap() -> io::Result<()> {
    let (start, length) = heap()?;
    // SAFETY: the range is mapped: the kernel named it a moment ago, and glibc gives heap back only in `trim_heap`,
    // which the caller does not run meanwhile. Locking changes no contents; pages come in as they are touched.
    Ok(unsafe { mlock_with(start as *mut c_void, length, MlockFlags::ONFAULT) }?)
}

/// Undoes [`pin_heap`]: a pinned heap cannot be trimmed.
///
/// # Errors
/// The system's.
pub(crate) fn unpin_heap() -> io::Result<()> {
    let (start, length) = heap()?;
    // SAFETY: as in `pin_heap`.
    Ok(unsafe { munlock(start as *mut c_void, length) }?)
}

/// Where the heap begins, and its length in bytes (proc_pid_maps(5)).
fn heap() -> io::Result<(usize, usize)> {
    let maps = std::fs::read_to_string("/proc/self/maps")?;
    let pieces = maps.lines().filter(|line| line.ends_with("[heap]")).filter_map(range);
    let whole = pieces.reduce(|(start, end), (next_start, next_end)| (start.min(next_start), end.max(next_end)));
    whole.map(|(start, end)| (start, end - start)).ok_or_else(|| io::ErrorKind::NotFound.into())
}

fn range(line: &str) -> Option<(usize, usize)> {
    let (start, end) = line.split_whitespace().next()?.split_once('-')?;
    let address = |text| usize::from_str_radix(text, 16).ok();
    let (start, end) = (address(start)?, address(end)?);
    (start < end).then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_map_gives_its_range() {
        for (line, expected) in [
            ("55d0c8a5e000-55d0c8a7f000 rw-p 00000000 00:00 0   [heap]", Some((0x55d0_c8a5_e000, 0x55d0_c8a7_f000))),
            ("7f-7f rw-p", None),
            ("nonsense", None),
            ("", None),
        ] {
            assert_eq!(range(line), expected, "{line}");
        }
    }

    #[test]
    fn the_heap_can_be_pinned_let_go_and_trimmed() {
        let _keep = vec![Box::new(7_u64); 100];
        pin_heap().unwrap();
        unpin_heap().unwrap();
        trim_heap();
    }
}
