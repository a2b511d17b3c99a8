//! A process, held by a pidfd, so that what was learnt about it can be thrown away if it was another one.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use rustix::time::{ClockId, clock_gettime};

/// The field of /proc/PID/stat with the start time, counted behind the program's name (proc_pid_stat(5): field 22).
const START_TIME: usize = 19;
/// Clock ticks a second in /proc, on every architecture that Linux has kept (USER_HZ).
const TICKS: u64 = 100;

/// A process that lived when this was made.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) pid: Pid,
    pidfd: OwnedFd,
}

impl Process {
    /// The process that has this id now.
    pub(super) fn open(pid: Pid) -> io::Result<Self> {
        Ok(Self { pid, pidfd: pidfd_open(pid, PidfdFlags::empty())? })
    }

    /// The process that a pidfd stands for; the id came with it.
    pub(super) fn held(pid: Pid, pidfd: OwnedFd) -> Self {
        Self { pid, pidfd }
    }

    /// Its folder in /proc.
    pub(super) fn folder(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}", self.pid.as_raw_nonzero()))
    }

    /// Whether it still lives. If so, everything read from its folder in /proc so far was about it.
    pub(super) fn lives(&self) -> bool {
        let mut descriptors = [PollFd::from_borrowed_fd(self.pidfd.as_fd(), PollFlags::IN)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        // A pidfd becomes readable when its process ends (pidfd_open(2)).
        matches!(poll(&mut descriptors, Some(&now)), Ok(0))
    }

    /// When it started, as a time since boot, to a hundredth of a second.
    pub(super) fn start(&self) -> io::Result<Duration> {
        let stat = std::fs::read_to_string(self.folder().join("stat"))?;
        start_of(&stat).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

/// The time since boot, on the clock that start times are counted on.
pub(super) fn since_boot() -> Duration {
    let now = clock_gettime(ClockId::Boottime);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}

fn start_of(stat: &str) -> Option<Duration> {
    // The name stands in parentheses and may have spaces and parentheses of its own.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: u64 = fields.split_whitespace().nth(START_TIME)?.parse().ok()?;
    Some(Duration::from_millis(ticks.checked_mul(1_000 / TICKS)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_time_is_found_behind_any_name() {
        let fields = "S 1 2 3 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 99 1";
        for name in ["fob", "a b", "evil) S 1 (", ""] {
            let stat = format!("42 ({name}) {fields}");
            assert_eq!(start_of(&stat), Some(Duration::from_millis(123_450)), "{name}");
        }
        for broken in ["", "42 (fob) S 1", "42 fob"] {
            assert_eq!(start_of(broken), None, "{broken}");
        }
    }

    #[test]
    fn this_process_lives_and_started_before_now() {
        let process = Process::open(rustix::process::getpid()).unwrap();
        assert!(process.lives());
        assert!(process.start().unwrap() <= since_boot());
    }

    #[test]
    fn a_process_that_ended_does_not_live() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let process = Process::open(Pid::from_child(&child)).unwrap();
        child.wait().unwrap();
        assert!(!process.lives());
    }
}
