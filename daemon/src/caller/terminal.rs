//! The terminal that a caller sits at: where a question to whoever started it is seen, and what consent of one terminal
//! means.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use fob_bus::program::FileId;

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
}

/// The path of a standard descriptor that is open on the terminal with this device number. There may be several terminals
/// with a number, one in each devpts file system, so the one at the path must be the one that is open.
fn open_terminal(process: &Path, descriptor: i32, device: u32) -> Option<PathBuf> {
    let link = process.join(format!("fd/{descriptor}"));
    let path = fs::read_link(&link).ok()?;
    // What lies elsewhere might be on a file system that never answers.
    if !path.starts_with("/dev") {
        return None;
    }
    let (named, open) = (fs::metadata(&path).ok()?, fs::metadata(&link).ok()?);
    let same = FileId::from(&named) == FileId::from(&open);
    (same && named.file_type().is_char_device() && named.rdev() == u64::from(device)).then_some(path)
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
            // Another process has the number by now.
            let later =
                Caller { started: caller.started.map(|start| start + Duration::from_millis(10)), ..caller.clone() };
            assert_eq!(later.terminal(), None);
            // What it calls its terminal may be another one here.
            let elsewhere = Caller { tier: Tier::Sandboxed(Arc::from("x")), ..caller };
            assert_eq!(elsewhere.terminal(), None);
        });
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
