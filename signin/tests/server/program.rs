//! The program itself: its one line, its end, its first words when it cannot start.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

fn command(database: &Path, listen: &str, origin: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signin"));
    command.args(["serve", "--listen", listen, "--origin", origin, "--rp-id", "localhost", "--database"]).arg(database);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Reads the line and the address in it.
fn listening(child: &mut Child) -> (BufReader<std::process::ChildStdout>, SocketAddr) {
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let address = line.strip_prefix("signin is listening on ").unwrap().split(' ').next().unwrap();
    (stdout, address.parse().unwrap())
}

fn end(mut child: Child) -> ExitStatus {
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    child.wait().unwrap()
}

#[test]
fn it_says_one_line_serves_and_ends_cleanly_with_an_idle_connection_open() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db.sqlite");
    for _ in 0..2 {
        let mut child = command(&database, "127.0.0.1:0", "http://localhost:8080").spawn().unwrap();
        let (mut stdout, address) = listening(&mut child);
        let mut idle = TcpStream::connect(address).unwrap();
        idle.write_all(b"GET /api/v1/server HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut first = [0; 15];
        idle.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200 OK");
        assert!(end(child).success());
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "exactly one line");
    }
}

/// Password hashes, sessions and sealed seeds are in there.
#[test]
fn nobody_else_can_read_what_it_keeps() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db.sqlite");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    for start in ["a new database", "an old one that was open to all"] {
        let mut command = command(&database, "127.0.0.1:0", "http://localhost:8080");
        let mut child = command.env("RUST_LOG", "warn").spawn().unwrap();
        let (_stdout, _) = listening(&mut child);
        let files: Vec<_> = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(files.len() >= 3, "database, write-ahead log and key: {files:?}");
        for path in files {
            assert_eq!(mode(&path), 0o600, "{start}: {}", path.display());
        }
        let mut stderr = child.stderr.take().unwrap();
        assert!(end(child).success());
        let mut said = String::new();
        stderr.read_to_string(&mut said).unwrap();
        assert_eq!(said.contains("others could read this file"), start != "a new database", "{said}");
        std::fs::set_permissions(&database, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
}

/// One name for the diary's level in the whole house, or a test that turns all of it up would miss this program.
#[test]
fn the_diary_is_as_loud_as_rust_log_says() {
    let folder = tempfile::tempdir().unwrap();
    for (level, expected) in [("error", false), ("trace", true)] {
        let database = folder.path().join(level);
        let mut command = command(&database, "127.0.0.1:0", "http://localhost:8080");
        let mut child = command.env("RUST_LOG", level).spawn().unwrap();
        let (_stdout, _) = listening(&mut child);
        let mut stderr = child.stderr.take().unwrap();
        // Read while it runs: a diary at its loudest is more than a pipe holds.
        let diary = std::thread::spawn(move || {
            let mut said = String::new();
            stderr.read_to_string(&mut said).unwrap();
            said
        });
        assert!(end(child).success());
        let said = diary.join().unwrap();
        assert_eq!(said.contains("TRACE") || said.contains("DEBUG"), expected, "{said}");
    }
}

#[test]
fn what_hinders_it_is_said_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let damaged = folder.path().join("damaged.sqlite");
    std::fs::write(&damaged, "no database, and long enough to be looked at ".repeat(100)).unwrap();
    let key = folder.path().join("damaged.sqlite.key");
    std::fs::write(&key, [7; 32]).unwrap();
    for file in [&key, &damaged] {
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let keyless = folder.path().join("keyless.sqlite");
    std::fs::write(&keyless, "a database").unwrap();
    for (database, origin, expected) in [
        (folder.path().join("db"), "http://id.example", "signin: the origin http://id.example is not https"),
        (folder.path().join("db"), "https://id.example", "signin: the RP ID localhost is neither the host of"),
        (folder.path().join("missing/db"), "http://localhost", "signin: the key file"),
        (damaged, "http://localhost", "signin: the database"),
        (keyless, "http://localhost", "signin: the key file"),
    ] {
        let output = command(&database, "127.0.0.1:0", origin).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.starts_with(expected), "{said}");
        assert!(output.stdout.is_empty());
    }
}
