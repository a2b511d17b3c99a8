//! Asking, end to end: fobd starts the real fob-prompt, which asks on the terminal of whoever called; and what becomes of a
//! call when there is nobody to ask, or the prompt is killed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fob_tests::house::House;
use fob_tests::program::built;
use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

const PASSPHRASE: &str = "correct horse battery staple";
const URI: &str = "otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP";
/// Longest that anything may take. A limit for what is broken, no pause.
const LIMIT: Duration = Duration::from_secs(20);
/// A prompt has to be left alone for half a second; with a margin for a loaded machine.
const SETTLED: Duration = Duration::from_millis(700);

/// A call of `fob` in the foreground of a terminal of its own.
struct OnTerminal {
    child: Child,
    person: File,
    seen: Arc<Mutex<Vec<u8>>>,
}

impl OnTerminal {
    fn run(house: &House, fob: &Path, arguments: &str) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let path = ptsname(&ours, Vec::new()).unwrap();
        let theirs = open(path, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).unwrap();
        let mut command = house.command("setsid");
        command.arg("--ctty").arg(fob).args(arguments.split_whitespace());
        command.stdin(theirs.try_clone().unwrap()).stdout(theirs.try_clone().unwrap()).stderr(theirs);
        let child = command.spawn().unwrap();
        let (person, seen) = (File::from(ours), Arc::new(Mutex::new(Vec::new())));
        let (mut reader, keep) = (person.try_clone().unwrap(), seen.clone());
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut piece) {
                keep.lock().unwrap().extend_from_slice(&piece[..length]);
            }
        });
        Self { child, person, seen }
    }

    fn seen(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap()).into_owned()
    }

    fn shows(&self, words: &str) {
        eventually(|| self.seen().contains(words), || format!("{words:?} in {}", self.seen()));
    }

    fn answers(&mut self, text: &str) {
        std::thread::sleep(SETTLED);
        self.person.write_all(text.as_bytes()).unwrap();
    }

    fn ends(&mut self) -> Option<i32> {
        let child = &mut self.child;
        eventually(|| child.try_wait().unwrap().is_some(), || "its end".to_owned());
        child.wait().unwrap().code()
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn eventually(mut is_so: impl FnMut() -> bool, what: impl Fn() -> String) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMIT, "it never came: {}", what());
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A fobd that asks `fob` too, with an account in its vault; and the fob beside it.
fn asking_house() -> (House, std::path::PathBuf) {
    let mut house = House::build().unwrap();
    let fob = house.install(&built("fob").unwrap()).unwrap();
    assert!(house.home().join("bin/fob-prompt").exists(), "fob-prompt is not built");
    fs::create_dir(house.home().join("config/fob")).unwrap();
    fs::write(house.home().join("config/fob/fobd.toml"), "[consent]\ncompanion = \"ask\"\n").unwrap();
    house.start_daemon(&[]).unwrap();
    (house, fob)
}

/// `fob` with something on standard input and the passphrase, without a terminal.
fn quietly(house: &House, fob: &Path, arguments: &[&str], stdin: &str) -> std::process::Output {
    let mut child = house
        .command(fob)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn with_account() -> (House, std::path::PathBuf) {
    let (house, fob) = asking_house();
    let passphrase = house.home().join("passphrase");
    fs::write(&passphrase, PASSPHRASE).unwrap();
    fs::set_permissions(&passphrase, PermissionsExt::from_mode(0o600)).unwrap();
    let script = format!(
        "exec {0} init --passphrase-fd 3 --recovery-fd 4 3<{1} 4>/dev/null",
        fob.display(),
        passphrase.display()
    );
    let made = house.command("sh").args(["-c", &script]).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let added = quietly(&house, &fob, &["otp", "add"], URI);
    assert!(added.status.success(), "{added:?}");
    (house, fob)
}

#[test]
fn a_code_is_given_once_the_person_said_so_on_the_terminal_that_asked() {
    let (house, fob) = with_account();
    let mut call = OnTerminal::run(&house, &fob, "otp code Example --raw");
    call.shows("Give out a one-time code?");
    call.shows("then Enter: ");
    assert!(call.seen().contains("Example, ada") && call.seen().contains("fob itself"), "{}", call.seen());
    call.answers("o\r");
    call.shows("Allowed once.");
    assert_eq!(call.ends(), Some(0), "{}", call.seen());
    eventually(
        || call.seen().lines().any(|line| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit())),
        || call.seen(),
    );
}

#[test]
fn no_is_no() {
    let (house, fob) = with_account();
    let mut call = OnTerminal::run(&house, &fob, "otp code Example --raw");
    call.shows("then Enter: ");
    call.answers("n\r");
    assert_eq!(call.ends(), Some(4), "{}", call.seen());
}

#[test]
fn where_nobody_can_be_asked_nothing_is_given() {
    let (house, fob) = with_account();
    let refused = quietly(&house, &fob, &["otp", "code", "Example", "--raw"], "");
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
    assert!(refused.stdout.is_empty(), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("nobody can be asked here"), "{refused:?}");
}

#[test]
fn a_prompt_that_is_killed_grants_nothing_and_one_that_is_left_goes_away() {
    let (mut house, fob) = with_account();
    let daemon = house.daemon().unwrap().id();
    let mut call = OnTerminal::run(&house, &fob, "otp code Example --raw");
    call.shows("then Enter: ");
    kill_process(prompt_of(daemon), Signal::KILL).unwrap();
    assert_eq!(call.ends(), Some(4), "{}", call.seen());

    // Whoever asked is gone: so is the question.
    let call = OnTerminal::run(&house, &fob, "otp code Example --raw");
    call.shows("then Enter: ");
    let prompt = prompt_of(daemon);
    kill_process(Pid::from_child(&call.child), Signal::KILL).unwrap();
    let folder = format!("/proc/{}", prompt.as_raw_nonzero());
    eventually(|| !Path::new(&folder).exists(), || "the end of the prompt".to_owned());
}

/// The prompt that this fobd has started.
fn prompt_of(daemon: u32) -> Pid {
    let mut found = None;
    eventually(
        || {
            let children = fs::read_to_string(format!("/proc/{daemon}/task/{daemon}/children")).unwrap_or_default();
            found = children
                .split_whitespace()
                .find(|child| {
                    fs::read_to_string(format!("/proc/{child}/comm")).is_ok_and(|name| name.trim() == "fob-prompt")
                })
                .and_then(|child| child.parse().ok())
                .and_then(Pid::from_raw);
            found.is_some()
        },
        || "a prompt".to_owned(),
    );
    found.unwrap()
}

#[test]
fn a_fobd_of_a_package_takes_no_answers_from_a_script() {
    let said = Command::new(built("fobd").unwrap()).arg("--version").output().unwrap();
    let version = String::from_utf8(said.stdout).unwrap();
    let scripted = version.contains("scripted-prompt");
    let mut house = House::build().unwrap();
    let fob = house.install(&built("fob").unwrap()).unwrap();
    fs::create_dir(house.home().join("config/fob")).unwrap();
    fs::write(house.home().join("config/fob/fobd.toml"), "[consent]\ncompanion = \"ask\"\n").unwrap();
    let yes = house.home().join("yes");
    fs::write(&yes, "#!/bin/sh\nread -r question\nprintf '{\"answer\":\"granted\",\"choice\":\"once\"}\\n' >&0\n")
        .unwrap();
    fs::set_permissions(&yes, PermissionsExt::from_mode(0o755)).unwrap();
    let socket = house.socket();
    let mut fobd = house.command(house.home().join("bin/fobd"));
    fobd.arg("--no-session-bus").env("FOB_PROMPT", &yes).stdout(Stdio::null()).stderr(Stdio::null());
    let mut fobd = fobd.spawn().unwrap();
    eventually(|| std::os::unix::net::UnixStream::connect(&socket).is_ok(), || "fobd".to_owned());
    let passphrase = house.home().join("passphrase");
    fs::write(&passphrase, PASSPHRASE).unwrap();
    let script = format!(
        "exec {0} init --passphrase-fd 3 --recovery-fd 4 3<{1} 4>/dev/null",
        fob.display(),
        passphrase.display()
    );
    assert!(house.command("sh").args(["-c", &script]).status().unwrap().success());
    assert!(quietly(&house, &fob, &["otp", "add"], URI).status.success());
    let code = quietly(&house, &fob, &["otp", "code", "Example", "--raw"], "");
    fobd.kill().unwrap();
    fobd.wait().unwrap();
    assert_eq!(code.status.success(), scripted, "{version}: {code:?}");
}
