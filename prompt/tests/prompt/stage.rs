//! The stage: a terminal with somebody in its foreground, and fob-prompt with fobd's ends of its socket and pipe.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use fob_asking::{Answer, Asker, Choice, Question, Tier, Verdict, Want, What, write_line};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};

/// Longest that anything may take. A limit for what is broken, no pause.
const LIMIT: Duration = Duration::from_secs(20);
/// What a prompt has to be left alone for, with a margin for a loaded machine.
const SETTLED: Duration = Duration::from_millis(700);

/// Somebody's terminal.
pub(crate) struct Terminal {
    ours: File,
    theirs: OwnedFd,
    pub(crate) path: String,
    seen: Arc<Mutex<Vec<u8>>>,
    closed: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
    asker: Child,
}

impl Terminal {
    /// With a program in the foreground.
    pub(crate) fn new() -> Self {
        Self::with(&["sleep", "600"])
    }

    /// With this one.
    pub(crate) fn with(program: &[&str]) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let path = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let theirs = open(path.as_str(), flags, Mode::empty()).unwrap();
        tcsetwinsize(&theirs, Winsize { ws_row: 40, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        // Leader of a session whose terminal this is: in the foreground, as a shell or what it runs.
        let mut command = Command::new("setsid");
        command.arg("--ctty").args(program).stdin(theirs.try_clone().unwrap());
        let asker = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let (ours, seen, closed) =
            (File::from(ours), Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (copy, keep, stop) = (ours.try_clone().unwrap(), seen.clone(), closed.clone());
        let reader = Some(std::thread::spawn(move || read(&copy, &keep, &stop)));
        let terminal = Self { ours, theirs, path, seen, closed, reader, asker };
        let device = rustix::fs::fstat(&terminal.theirs).unwrap().st_rdev;
        eventually("the foreground", || foreground(terminal.pid()).is_some_and(|of| of == device));
        terminal
    }

    /// The process in its foreground.
    pub(crate) fn pid(&self) -> i32 {
        self.asker.id().try_into().unwrap()
    }

    /// A person types.
    pub(crate) fn type_in(&self, text: &str) {
        (&self.ours).write_all(text.as_bytes()).unwrap();
    }

    /// All that was written to it so far.
    pub(crate) fn seen(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap()).into_owned()
    }

    /// Waits until this was written to it.
    pub(crate) fn shows(&self, text: &str) {
        eventually(text, || self.seen().contains(text));
    }

    /// Waits until this was written to it so many times.
    pub(crate) fn shows_again(&self, text: &str, times: usize) {
        eventually(text, || self.seen().matches(text).count() >= times);
    }

    /// How it is set.
    pub(crate) fn modes(&self) -> Termios {
        tcgetattr(&self.theirs).unwrap()
    }

    /// Its window gets another size.
    pub(crate) fn resize(&self, columns: u16) {
        tcsetwinsize(&self.theirs, Winsize { ws_row: 40, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    }

    /// Its window is closed.
    pub(crate) fn hang_up(mut self) {
        self.closed.store(true, Ordering::SeqCst);
        self.reader.take().unwrap().join().unwrap();
    }
}

/// Reads as long as the window is open.
fn read(mut from: &File, keep: &Mutex<Vec<u8>>, stop: &AtomicBool) {
    let mut piece = [0; 4096];
    while !stop.load(Ordering::SeqCst) {
        let mut polled = [PollFd::new(from, PollFlags::IN)];
        let pause = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };
        if poll(&mut polled, Some(&pause)).unwrap() == 0 {
            continue;
        }
        match from.read(&mut piece) {
            Ok(length @ 1..) => keep.lock().unwrap().extend_from_slice(&piece[..length]),
            _ => return,
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        let _ = self.asker.kill();
        let _ = self.asker.wait();
    }
}

/// The device number of the terminal in whose foreground a process is: fields 5, 7 and 8 of proc_pid_stat(5).
fn foreground(pid: i32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let (group, terminal, front) = (fields[2], fields[4].parse::<u64>().ok()?, fields[5]);
    (group == front).then(|| rustix::fs::makedev((terminal >> 8 & 0xfff) as u32, (terminal & 0xff) as u32))
}

/// fob-prompt, and fobd's ends.
pub(crate) struct Prompt {
    child: Child,
    socket: BufReader<UnixStream>,
    pipe: BufReader<std::io::PipeReader>,
}

impl Prompt {
    /// Asks this.
    pub(crate) fn ask(question: &Question, arguments: &[&str]) -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (from, to) = std::io::pipe().unwrap();
        write_line(&mut &ours, question).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_fob-prompt"));
        command.args(arguments).env_clear().env("LANG", "C.UTF-8");
        command.stdin(OwnedFd::from(theirs)).stdout(to).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        ours.set_read_timeout(Some(LIMIT)).unwrap();
        Self { child, socket: BufReader::new(ours), pipe: BufReader::new(from) }
    }

    /// The same on this terminal, shown.
    pub(crate) fn shown_on(terminal: &Terminal, question: &Question) -> Self {
        let prompt = Self::ask(question, &[]);
        terminal.shows("Enter: ");
        prompt
    }

    /// What it answers.
    pub(crate) fn answer(&mut self) -> Answer {
        let mut line = String::new();
        self.socket.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no answer: {line:?}"))
    }

    /// All that it says before it ends.
    pub(crate) fn last_words(&mut self) -> String {
        let mut words = String::new();
        self.socket.read_to_string(&mut words).unwrap();
        words
    }

    /// It answers nothing for as long as a key needs to arrive many times over.
    pub(crate) fn says_nothing(&mut self) {
        self.socket.get_ref().set_read_timeout(Some(Duration::from_millis(150))).unwrap();
        let mut line = String::new();
        let said = self.socket.read_line(&mut line);
        assert!(said.is_err() && line.is_empty(), "{said:?} {line:?}");
        self.socket.get_ref().set_read_timeout(Some(LIMIT)).unwrap();
    }

    /// The line in the pipe.
    pub(crate) fn secret(&mut self) -> String {
        let mut line = String::new();
        self.pipe.read_line(&mut line).unwrap();
        line
    }

    /// Says whether the secret was right.
    pub(crate) fn say(&mut self, verdict: &Verdict) {
        write_line(self.socket.get_mut(), verdict).unwrap();
    }

    /// Takes the question back.
    pub(crate) fn withdraw(self) -> Ended {
        drop(self.socket);
        Ended(self.child, self.pipe)
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// How it ends, and what it has left in the pipe.
    pub(crate) fn ends(self) -> (ExitStatus, String) {
        Ended(self.child, self.pipe).status()
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

/// A prompt on its way out.
pub(crate) struct Ended(Child, BufReader<std::io::PipeReader>);

impl Ended {
    pub(crate) fn status(mut self) -> (ExitStatus, String) {
        eventually("its end", || self.0.try_wait().unwrap().is_some());
        let mut left = String::new();
        self.1.read_to_string(&mut left).unwrap();
        (self.0.wait().unwrap(), left)
    }
}

/// Lets the half second pass in which nothing counts.
pub(crate) fn let_it_settle() {
    std::thread::sleep(SETTLED);
}

/// Waits until it is so.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMIT, "it never came: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// `fob` on this terminal asks for a code.
pub(crate) fn question(terminal: &Terminal, want: Option<Want>) -> Question {
    let choices = if want.is_some() { vec![] } else { vec![Choice::Once, Choice::UntilLock] };
    Question {
        asker: Asker {
            name: "fob".into(),
            program: Some("/usr/bin/fob".into()),
            tier: Tier::Companion,
            why: None,
            door: "socket".into(),
            pid: Some(terminal.pid()),
        },
        what: What::Code { issuer: "GitHub".into(), name: "ada".into(), site: None },
        choices,
        want,
        waits: 60,
        terminal: Some(terminal.path.clone()),
        parent_window: String::new(),
        behind: 0,
    }
}

/// The table of names that deceive: case and name.
pub(crate) fn hostile_names() -> Vec<(String, String)> {
    #[derive(serde::Deserialize)]
    struct Names {
        name: Vec<Name>,
    }
    #[derive(serde::Deserialize)]
    struct Name {
        case: String,
        text: String,
        #[serde(default)]
        times: usize,
    }
    let table = include_str!("../../../tests/vectors/hostile-names.toml");
    let names: Names = toml::from_str(table).unwrap();
    names.name.into_iter().map(|name| (name.case, name.text.repeat(name.times.max(1)))).collect()
}
