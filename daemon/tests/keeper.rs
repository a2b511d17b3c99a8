//! Who listens on fobd's own socket: a process that can be looked at whatever fobd holds, and that goes when fobd goes.

#![allow(clippy::unwrap_used, reason = "a home that cannot be built ends its test")]

use std::collections::BTreeSet;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fob_bus::credentials::Peer;
use fob_bus::program::Program;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, socket_with};
use rustix::process::{PidfdFlags, Signal, kill_process, pidfd_open};

const FOBD: &str = env!("CARGO_BIN_EXE_fobd");
/// Longest that a program may take to come up or to end. A limit for broken programs, no pause.
const LIMIT: Duration = Duration::from_secs(30);

/// A fobd in a home of its own.
struct Running {
    fobd: Child,
    home: tempfile::TempDir,
}

impl Running {
    fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new(FOBD);
        command.arg("--no-session-bus").stderr(Stdio::null()).env("FOB_SOCKET", home.path().join("run/fobd.sock"));
        command.env("XDG_DATA_HOME", home.path().join("data")).env("XDG_STATE_HOME", home.path().join("state"));
        command.env("XDG_CONFIG_HOME", home.path().join("config"));
        Self { fobd: command.spawn().unwrap(), home }
    }

    fn socket(&self) -> PathBuf {
        self.home.path().join("run/fobd.sock")
    }

    fn connect(&self) -> UnixStream {
        eventually(|| UnixStream::connect(self.socket()).ok())
    }

    fn end(&mut self) -> ExitStatus {
        eventually(|| self.fobd.try_wait().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.fobd.kill();
        let _ = self.fobd.wait();
    }
}

fn eventually<T>(mut there: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(it) = there() {
            return it;
        }
        assert!(start.elapsed() < LIMIT, "it never came");
        sleep(Duration::from_millis(5));
    }
}

/// The sockets that a process has.
fn sockets_of(process: Peer) -> BTreeSet<PathBuf> {
    let descriptors = fs::read_dir(process.folder().join("fd")).unwrap();
    let targets = descriptors.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
    targets.filter(|target| target.to_string_lossy().starts_with("socket:")).collect()
}

/// Waits until a process has ended, whoever its parent is.
fn ended(process: &OwnedFd) -> bool {
    let limit = Timespec::try_from(LIMIT).unwrap();
    poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&limit)).unwrap() == 1
}

#[test]
fn callers_see_fobds_program_in_a_process_that_is_not_fobd() {
    let running = Running::start();
    let peer = Peer::of(running.connect()).unwrap();
    assert_ne!(peer.pid.as_raw_pid().cast_unsigned(), running.fobd.id());
    let program = Program::of(&peer.folder()).unwrap();
    assert_eq!(program.path, fs::canonicalize(FOBD).unwrap());
    assert!(program.is_what_its_path_says());
    // It lets go of the open socket and keeps the line to fobd, or callers could come and wait for nobody.
    eventually(|| (sockets_of(peer).len() == 1).then_some(()));
}

#[test]
fn the_keeper_goes_when_fobd_is_killed() {
    let mut running = Running::start();
    let keeper = Peer::of(running.connect()).unwrap().pid;
    let keeper = pidfd_open(keeper, PidfdFlags::empty()).unwrap();
    running.fobd.kill().unwrap();
    assert!(ended(&keeper));
    assert!(!running.end().success());
}

#[test]
fn nothing_is_left_when_fobd_ends() {
    let mut running = Running::start();
    let keeper = Peer::of(running.connect()).unwrap().pid;
    let keeper = pidfd_open(keeper, PidfdFlags::empty()).unwrap();
    let fobd = rustix::process::Pid::from_child(&running.fobd);
    // Once it lets callers in it listens to signals too.
    kill_process(fobd, Signal::TERM).unwrap();
    assert!(running.end().success());
    assert!(ended(&keeper));
    assert!(!running.socket().exists());
}

/// Without its keeper nobody would take it for fobd any more: better none than one that nobody can call.
#[test]
fn fobd_ends_with_an_error_when_its_keeper_is_killed() {
    let mut running = Running::start();
    let keeper = Peer::of(running.connect()).unwrap().pid;
    kill_process(keeper, Signal::KILL).unwrap();
    assert!(!running.end().success());
}

/// Else whoever wants to be taken for fobd would only have to ask.
#[test]
fn nobody_but_fobd_gets_a_keeper() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("fobd.sock");
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
    bind(&socket, &SocketAddrUnix::new(&path).unwrap()).unwrap();
    let done = Command::new(FOBD).arg("--hold-socket").stdin(socket.try_clone().unwrap()).output().unwrap();
    assert_eq!(done.status.code(), Some(1));
    assert!(done.stdout.is_empty());
    assert!(String::from_utf8(done.stderr).unwrap().contains("of no use to anybody else"));
    assert!(UnixStream::connect(&path).is_err(), "the socket was not opened");
}
