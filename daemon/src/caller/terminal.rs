//! The terminal that a caller sits at: where a question to whoever started it is seen, and what consent of one terminal
//! means.
//!
//! This is looked up on the thread that serves, so nothing here may wait: a standard descriptor may be open on a file system
//! that never answers (FUSE), in /dev/shm too. Only what has a terminal's name is looked at further, and of that only
//! what the kernel knows without a question to the file system, since the descriptor may be another one by then.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Statx, StatxFlags, makedev, statx};

use super::aside::{Whom, aside};
use super::process::Stat;
use super::{Caller, Tier};

impl Caller {
    /// Its controlling terminal, such as `/dev/pts/3`, if its process group is in the foreground there. `None` for one
    /// that does not see fobd's files: it has terminals of its own by the same names.
    pub(crate) fn terminal(&self) -> Option<PathBuf> {
        if matches!(self.tier, Tier::Weak(_) | Tier::Sandboxed(_) | Tier::Foreign) {
            return None;
        }
        let process = PathBuf::from(format!("/proc/{}", self.pid?));
        let stat = Stat::of(&process).ok()?;
        // Another process by now has another start.
        let foreground = Some(stat.started) == self.started && stat.terminal != 0 && stat.foreground == stat.group;
        foreground.then(|| (0..=2).find_map(|number| open_terminal(&process, number, stat.terminal)))?
    }

    /// The same, looked up beside the thread that serves.
    pub(crate) async fn terminal_soon(&self) -> Option<PathBuf> {
        let (caller, pid) = (self.clone(), self.pid?);
        let ours = matches!(self.tier, Tier::Companion | Tier::Listener);
        let whom = if ours { Whom::Household(pid) } else { Whom::Stranger(pid) };
        aside(whom, move || caller.terminal()).await?
    }
}

/// The path of a standard descriptor that is open on the terminal with this device number. There may be several terminals
/// with a number, one in each devpts file system, so the one at the path must be the one that is open.
fn open_terminal(process: &Path, descriptor: i32, device: u32) -> Option<PathBuf> {
    let link = process.join(format!("fd/{descriptor}"));
    let path = fs::read_link(&link).ok()?;
    if !is_a_terminals_name(&path) {
        return None;
    }
    let (named, open) = (known(&path)?, known(&link)?);
    let file = |about: &Statx| (about.stx_dev_major, about.stx_dev_minor, about.stx_ino);
    let is_device = FileType::from_raw_mode(named.stx_mode.into()).is_char_device();
    let its_device = makedev(named.stx_rdev_major, named.stx_rdev_minor) == u64::from(device);
    (file(&named) == file(&open) && is_device && its_device).then_some(path)
}

/// What the kernel knows about a file itself.
fn known(path: &Path) -> Option<Statx> {
    statx(CWD, path, AtFlags::STATX_DONT_SYNC | AtFlags::NO_AUTOMOUNT, StatxFlags::BASIC_STATS).ok()
}

/// `/dev/pts/3`, `/dev/tty1`, `/dev/ttyS0`: where only root mounts anything.
fn is_a_terminals_name(path: &Path) -> bool {
    let rest = |prefix: &str| path.to_str()?.strip_prefix(prefix).filter(|rest| !rest.is_empty());
    rest("/dev/pts/").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
        || rest("/dev/tty").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command, Stdio};
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use rustix::process::{Pid, Signal, kill_process};

    use super::super::{Door, Why};
    use super::*;

    /// Runs a shell's words in a terminal of their own; they write the number of the process in question to `$1`.
    fn in_a_terminal(words: &str, look: impl FnOnce(Caller)) {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("pid");
        let words = words.replace("FILE", file.to_str().unwrap());
        let mut script = Command::new("script");
        let script = script.args(["-qec", &words, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::null());
        let script = script.spawn().unwrap();
        let start = Instant::now();
        let pid = loop {
            let text = fs::read_to_string(&file).unwrap_or_default();
            if let Some(pid) = text.strip_suffix('\n') {
                break pid.parse().unwrap();
            }
            assert!(start.elapsed() < Duration::from_secs(20));
            std::thread::park_timeout(Duration::from_millis(1));
        };
        let ended = Ended(pid, script);
        let stat = Stat::of(Path::new(&format!("/proc/{pid}"))).unwrap();
        let tier = Tier::Script(Why::OtherProgram);
        let started = Some(stat.started);
        look(Caller { door: Door::Socket, uid: 0, pid: Some(pid), started, program: None, tier });
        drop(ended);
    }

    /// When it is over: the process in question, which may have left the terminal, and the terminal.
    struct Ended(i32, Child);

    impl Drop for Ended {
        fn drop(&mut self) {
            let pid = Pid::from_raw(self.0).unwrap();
            kill_process(pid, Signal::KILL).unwrap();
            self.1.kill().unwrap();
            self.1.wait().unwrap();
        }
    }

    #[test]
    fn whoever_has_the_foreground_of_a_terminal_sits_at_it() {
        in_a_terminal("echo $$ >FILE; exec sleep 600", |caller| {
            let terminal = caller.terminal().unwrap();
            assert!(terminal.starts_with("/dev/pts"), "{terminal:?}");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            assert_eq!(runtime.block_on(caller.terminal_soon()), Some(terminal));
            // Another process has the number by now.
            let later =
                Caller { started: caller.started.map(|start| start + Duration::from_millis(10)), ..caller.clone() };
            assert_eq!(later.terminal(), None);
            // What it calls its terminal may be another one here.
            let elsewhere = Caller { tier: Tier::Sandboxed(Arc::from("x")), ..caller };
            assert_eq!(elsewhere.terminal(), None);
        });
    }

    /// `fob </dev/shm/x`, a file on FUSE that never answers, stopped the thread that serves, and with it every lock.
    #[test]
    fn nothing_is_looked_at_that_has_no_terminals_name() {
        for (path, is) in [
            ("/dev/pts/0", true),
            ("/dev/pts/17", true),
            ("/dev/tty1", true),
            ("/dev/ttyS0", true),
            ("/dev/shm/x", false),
            ("/dev/shm/pts/0", false),
            ("/dev/mqueue/x", false),
            ("/dev/pts/", false),
            ("/dev/pts/ptmx", false),
            ("/dev/pts/0/x", false),
            ("/dev/pts/0 (deleted)", false),
            ("/dev/tty", false),
            ("/dev/tty/x", false),
            ("/dev/null", false),
            ("/home/ada/dev/pts/0", false),
            ("dev/pts/0", false),
            ("", false),
        ] {
            assert_eq!(is_a_terminals_name(Path::new(path)), is, "{path}");
        }
    }

    #[test]
    fn a_terminal_is_found_behind_any_standard_descriptor() {
        in_a_terminal("exec </dev/null >/dev/null; echo $$ >FILE; exec sleep 600", |caller| {
            assert!(caller.terminal().is_some());
        });
        // All of them lead elsewhere: nobody looks at what would be written to it.
        in_a_terminal("exec </dev/null >/dev/null 2>/dev/null; echo $$ >FILE; exec sleep 600", |caller| {
            assert_eq!(caller.terminal(), None);
        });
    }

    #[test]
    fn whoever_is_in_the_background_or_has_no_terminal_sits_nowhere() {
        in_a_terminal("set -m; sleep 600 & echo $! >FILE; wait", |caller| assert_eq!(caller.terminal(), None));
        in_a_terminal("setsid --wait sh -c 'echo $$ >FILE; exec sleep 600'", |caller| {
            assert_eq!(caller.terminal(), None)
        });
    }
}
