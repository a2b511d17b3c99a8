//! A terminal for a program that takes a password from nothing else.

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

/// Between two looks whether it listens. The programs that need this run for a tenth of a second and longer.
const POLL: Duration = Duration::from_micros(200);

/// Runs it to its end, and types this line once the program has switched the echo off: what was typed before that, it
/// throws away.
pub(crate) fn type_password(command: &mut Command, password: &str) -> anyhow::Result<Output> {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    // NOCTTY: a program without a terminal of its own must not get this one, and be hung up with it.
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let theirs = rustix::fs::open(ptsname(&ours, Vec::new())?, flags, Mode::empty())?;
    let mut child = command.stdin(theirs).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    while child.try_wait()?.is_none() {
        if !tcgetattr(&ours)?.local_modes.contains(LocalModes::ECHO) {
            rustix::io::write(&ours, format!("{password}\n").as_bytes())?;
            break;
        }
        std::thread::park_timeout(POLL);
    }
    Ok(child.wait_with_output()?)
}
