//! Programs that want to be taken for another one, each at both doors of a real fobd (`fob-cheat` says what each does).
//!
//! What they ask is that the vault be locked, which only a companion may. What needs other users, or the package's unit,
//! is done again in `tests/bench/system/cheats.sh`; what needs no door is in `daemon/src/caller/tests.rs`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use fob_tests::house::House;
use fob_tests::program::built;
use rustix::process::{Pid, Signal, kill_process};

const PASSPHRASE: &str = "correct horse battery staple";
/// Far beyond what any of it takes.
const LIMIT: Duration = Duration::from_secs(90);
const DOORS: [&str; 2] = ["socket", "bus"];

/// A house with both doors, and a locked vault: `fob unlock` then waits for a passphrase for as long as one lets it.
fn house() -> House {
    let mut house = House::build().unwrap();
    house.start_bus().unwrap();
    house.start_daemon(&[]).unwrap();
    house.make_vault(PASSPHRASE).unwrap();
    house.fob().args("lock").ok().unwrap();
    house
}

fn door(house: &House, door: &str) -> PathBuf {
    if door == "bus" { house.home().join("run/bus") } else { house.socket() }
}

/// A cheat under way. What it waits for on standard input never comes.
struct Cheat {
    child: Child,
    said: Receiver<String>,
}

impl Cheat {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, said) = channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            BufReader::new(stdout).read_line(&mut line).unwrap();
            drop(sender.send(line.trim_end().to_owned()));
        });
        Self { child, said }
    }

    /// Waits until the process with the number of the one that connected runs a program of this name, or is gone.
    fn wait_until_it_is(&mut self, name: Option<&str>) {
        let comm = format!("/proc/{}/comm", self.child.id());
        let start = Instant::now();
        loop {
            // The number is not free before somebody has asked how it ended.
            self.child.try_wait().unwrap();
            match (fs::read_to_string(&comm), name) {
                (Ok(comm), Some(name)) if comm.trim_end() == name => return,
                (Err(_), None) => return,
                _ => assert!(start.elapsed() < LIMIT, "it never came to it"),
            }
            std::thread::park_timeout(Duration::from_millis(1));
        }
    }

    fn said(&self) -> String {
        self.said.recv_timeout(LIMIT).expect("the cheat says one line")
    }
}

impl Drop for Cheat {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// fobd, standing still: whoever connects now is looked at when it goes on.
struct Frozen(Pid);

impl Frozen {
    fn daemon(house: &mut House) -> Self {
        let pid = Pid::from_raw(house.daemon().unwrap().id().try_into().unwrap()).unwrap();
        kill_process(pid, Signal::STOP).unwrap();
        Self(pid)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        kill_process(self.0, Signal::CONT).unwrap();
    }
}

fn cheat(house: &House, at: &str, what: &str) -> Command {
    let mut command = house.command(built("fob-cheat").unwrap());
    command.arg(at).arg(door(house, at)).arg(what);
    command
}

/// `fob`, waiting for a passphrase.
fn honest(command: &mut Command) -> &mut Command {
    command.arg(built("fob").unwrap()).args(["unlock", "--passphrase-fd", "0"])
}

#[test]
fn a_program_that_is_not_fob_may_not_lock_the_vault() {
    let house = house();
    for at in DOORS {
        let said = Cheat::start(&mut cheat(&house, at, "plain")).said();
        assert!(said.starts_with("denied: ") && said.contains("fob-cheat") && said.contains("not"), "{at}: {said}");
    }
    // And fob may: what is denied here is not denied to everybody.
    house.fob().args("lock").ok().unwrap();
}

#[test]
fn a_connection_does_not_become_fobs_with_the_process_that_made_it() {
    let mut house = house();
    for at in DOORS {
        for what in ["spawn", "send"] {
            let mut command = cheat(&house, at, what);
            let frozen = Frozen::daemon(&mut house);
            let mut cheat = Cheat::start(honest(&mut command));
            cheat.wait_until_it_is(Some("fob"));
            drop(frozen);
            let said = cheat.said();
            assert!(said.contains("does not have its end of the socket to itself"), "{what} at {at}: {said}");
        }
    }
}

#[test]
fn a_connection_that_was_passed_on_belongs_to_nobody() {
    let mut house = house();
    for at in DOORS {
        let mut command = cheat(&house, at, "hand-over");
        let frozen = Frozen::daemon(&mut house);
        let mut cheat = Cheat::start(&mut command);
        cheat.wait_until_it_is(None);
        drop(frozen);
        let said = cheat.said();
        assert!(said.contains("its program cannot be seen"), "{at}: {said}");
    }
}

#[test]
fn a_process_with_the_number_of_another_one_has_not_its_connection() {
    let mut house = house();
    for at in DOORS {
        let mut command = cheat(&house, at, "reuse");
        let frozen = Frozen::daemon(&mut house);
        let mut cheat = Cheat::start(honest(&mut command));
        if !may_choose_numbers() {
            return eprintln!("skipped: nobody but root chooses the numbers of processes");
        }
        cheat.wait_until_it_is(Some("fob"));
        drop(frozen);
        let said = cheat.said();
        let seen = ["does not have its end of the socket to itself", "its program cannot be seen"];
        assert!(seen.iter().any(|words| said.contains(words)), "{at}: {said}");
    }
}

fn may_choose_numbers() -> bool {
    let path = "/proc/sys/kernel/ns_last_pid";
    fs::read_to_string(path).and_then(|number| fs::write(path, number.trim())).is_ok()
}

#[test]
fn a_program_called_fob_elsewhere_is_not_fob() {
    let house = house();
    let copy = house.home().join("fob");
    fs::copy(built("fob-cheat").unwrap(), &copy).unwrap();
    fs::set_permissions(&copy, Permissions::from_mode(0o755)).unwrap();
    for at in DOORS {
        let mut command = house.command(&copy);
        let said = Cheat::start(command.arg(at).arg(door(&house, at)).arg("plain")).said();
        assert!(said.contains("does not lie beside the running fobd"), "{at}: {said}");
    }
}

#[test]
fn fob_with_a_strange_library_in_it_is_not_fob() {
    let house = house();
    let mut command = house.command(built("fob").unwrap());
    let left = command.arg("lock").env("LD_PRELOAD", "/tmp/fob-nobody-made-this.so").output().unwrap();
    let said = String::from_utf8_lossy(&left.stderr);
    assert_eq!(left.status.code(), Some(4), "{said}");
    assert!(said.contains("LD_PRELOAD"), "{said}");
}

fn may_unshare(kind: &str) -> bool {
    let may = Command::new("unshare")
        .args([kind, "true"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !may {
        eprintln!("skipped: unshare {kind} is not allowed here");
    }
    may
}

#[test]
fn a_program_behind_mounts_of_its_own_is_not_the_one_whose_path_it_has() {
    let house = house();
    // As root; and as anybody may be who keeps the own number in the namespace, which the bus wants to be told.
    for (kind, text) in [
        ("-m", "mount --bind \"$1\" \"$2\"; exec \"$2\" \"$3\" \"$4\" plain"),
        ("-Ucm", "exec \"$1\" \"$3\" \"$4\" plain"),
    ] {
        if !may_unshare(kind) {
            continue;
        }
        for at in DOORS {
            let mut command = house.command("unshare");
            command.args([kind, "sh", "-ec", text, "sh"]).arg(built("fob-cheat").unwrap()).arg(built("fob").unwrap());
            let said = Cheat::start(command.arg(at).arg(door(&house, at))).said();
            assert!(said.contains("it has a mount namespace of its own"), "{kind} at {at}: {said}");
        }
    }
}

#[test]
fn another_user_gets_nothing_at_either_door() {
    if !rustix::process::geteuid().is_root() {
        return eprintln!("skipped: only root becomes another user");
    }
    let house = house();
    // Even where the files let it in.
    let program = house.home().join("fob-cheat");
    fs::copy(built("fob-cheat").unwrap(), &program).unwrap();
    let open = |path: &Path| fs::set_permissions(path, Permissions::from_mode(0o777)).unwrap();
    for path in [house.home(), &house.home().join("run"), &house.home().join("run/fob"), &house.socket(), &program] {
        open(path);
    }
    open(&house.home().join("run/bus"));
    for at in DOORS {
        let mut command = house.command("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
        let said = Cheat::start(command.arg(at).arg(door(&house, at)).arg("plain")).said();
        assert_eq!(said, "closed", "{at}");
    }
}
