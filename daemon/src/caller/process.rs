//! A process, held by a pidfd, so that what was learnt about it can be thrown away if it was another one.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use rustix::time::{ClockId, clock_gettime};

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
        Ok(Stat::of(&self.folder())?.started)
    }
}

/// What /proc/PID/stat says in one look, all of it of the same process (proc_pid_stat(5)).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stat {
    /// Its process group.
    pub(super) group: i32,
    /// Its session.
    pub(super) session: i32,
    /// The device number of its controlling terminal; zero for none.
    pub(super) terminal: u32,
    /// The process group in that terminal's foreground.
    pub(super) foreground: i32,
    /// When it started, as a time since boot, to a hundredth of a second.
    pub(super) started: Duration,
}

impl Stat {
    /// Of the process with this folder in /proc.
    pub(super) fn of(process: &Path) -> io::Result<Self> {
        let stat = std::fs::read_to_string(process.join("stat"))?;
        Self::parse(&stat).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    fn parse(stat: &str) -> Option<Self> {
        // The name stands in parentheses and may have spaces and parentheses of its own. Fields are counted from the one
        // behind it, which is the third of the page.
        let (_, fields) = stat.rsplit_once(')')?;
        let mut fields = fields.split_whitespace().skip(2);
        let (group, session) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        let terminal = fields.next()?.parse::<i32>().ok()?.cast_unsigned();
        let foreground = fields.next()?.parse().ok()?;
        let ticks: u64 = fields.nth(13)?.parse().ok()?;
        let started = Duration::from_millis(ticks.checked_mul(1_000 / TICKS)?);
        Some(Self { group, session, terminal, foreground, started })
    }
}

/// The time since boot, on the clock that start times are counted on.
pub(super) fn since_boot() -> Duration {
    let now = clock_gettime(ClockId::Boottime);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_found_behind_any_name() {
        let fields = "S 1 2 3 34819 5 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 99 1";
        let started = Duration::from_millis(123_450);
        let expected = Stat { group: 2, session: 3, terminal: 34_819, foreground: 5, started };
        for name in ["fob", "a b", "evil) S 1 (", ""] {
            let stat = format!("42 ({name}) {fields}");
            assert_eq!(Stat::parse(&stat).as_ref(), Some(&expected), "{name}");
        }
        let without = "42 (fob) S 1 2 2 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 99 1";
        assert_eq!(Stat::parse(without), Some(Stat { group: 2, session: 2, terminal: 0, foreground: -1, started }));
        for broken in ["", "42 (fob) S 1", "42 fob", "42 (fob) S 1 2 3 0 5 4194560 1 2 3 4 5 6 7 8 20 0 1 0 -1 99 1"] {
            assert_eq!(Stat::parse(broken), None, "{broken}");
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
