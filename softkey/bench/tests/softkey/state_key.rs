//! What seals a state: a key in a file, through a pipe, a passphrase; and what is said when it is another one.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::wire::command;

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

/// Starts fob-softkey with a secret on standard input, ends it as soon as it is ready, or waits until it has failed.
fn run(folder: &Path, arguments: &[&str], secret: &str) -> Output {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let mut start: Command = command(&["--socket", &path("socket"), "--state", &path("state")]);
    let mut child = start.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(secret.as_bytes()).unwrap();
    let mut ready = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.as_mut().unwrap()), &mut ready).unwrap();
    if !ready.is_empty() {
        let process = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
    }
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_state_is_opened_by_what_sealed_it_and_by_nothing_else() {
    let keys = tempfile::tempdir().unwrap();
    let file = keys.path().join("key");
    fs::write(&file, KEY).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let by_file = ["--state-key", file.to_str().unwrap()];
    let (by_fd, by_passphrase) = (["--state-key-fd", "0"], ["--state-passphrase-fd", "0"]);

    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &by_file, "").status.success());
    assert!(run(folder.path(), &by_fd, KEY).status.success(), "the same key by another way");
    assert!(said(&run(folder.path(), &by_fd, &KEY.replace("1f", "20"))).contains("another key or passphrase opens it"));
    assert!(said(&run(folder.path(), &by_fd, "short")).contains("a key is 32 bytes, or 64 hexadecimal digits"));
    assert!(said(&run(folder.path(), &by_passphrase, "tower\n")).contains("give it with --state-key"));
    assert!(said(&run(folder.path(), &[], "")).contains("there is no key for it"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(said(&run(folder.path(), &by_file, "")).contains("can be read by others"));

    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &by_passphrase, "tower\n").status.success());
    assert!(run(folder.path(), &by_passphrase, "tower").status.success(), "with and without a line end");
    assert!(said(&run(folder.path(), &by_passphrase, "Tower\n")).contains("another key or passphrase opens it"));
    assert!(said(&run(folder.path(), &by_fd, KEY)).contains("give it with --state-passphrase-fd"));
    assert!(!folder.path().join("state.key").exists());
}

#[test]
fn a_state_alone_makes_its_key_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &[], "").status.success());
    assert!(run(folder.path(), &[], "").status.success());
    let (state, key) = (folder.path().join("state"), folder.path().join("state.key"));
    for path in [&state, &key] {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // Format 1, which was CBOR in the clear.
    fs::write(&state, b"\xa4\x01\x71fob softkey state").unwrap();
    assert!(said(&run(folder.path(), &[], "")).contains("it has format 1, and this fob reads format 2"));
}
