//! Descriptors that systemd has passed (sd_listen_fds(3)). All `unsafe` of this crate is here.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

use rustix::io::{FdFlags, fcntl_setfd};

/// The first one.
const FIRST: i32 = 3;
/// Most that a unit of ours has: one for each address.
const MOST: i32 = 2;

/// The descriptors that were passed to this process; none if none were.
///
/// To be called once, before anything else opens descriptors.
///
/// # Errors
/// When there are more than two, or they are not open.
pub(crate) fn passed_descriptors() -> io::Result<Vec<OwnedFd>> {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<i64>().ok());
    if number("LISTEN_PID") != Some(std::process::id().into()) {
        return Ok(Vec::new());
    }
    let count =
        number("LISTEN_FDS").and_then(|count| i32::try_from(count).ok()).filter(|count| (0..=MOST).contains(count));
    let count = count.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "systemd passed too many sockets"))?;
    let own = |descriptor| {
        // SAFETY: sd_listen_fds(3) says that the LISTEN_FDS descriptors from 3 on are open and ours when LISTEN_PID names
        // this process; nothing else in this program knows their numbers.
        let descriptor = unsafe { OwnedFd::from_raw_fd(descriptor) };
        fcntl_setfd(&descriptor, FdFlags::CLOEXEC)?;
        Ok(descriptor)
    };
    (FIRST..FIRST + count).map(own).collect()
}
