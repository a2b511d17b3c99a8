//! The program itself: its one line, its end, its first words when it cannot start.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
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

#[test]
fn what_hinders_it_is_said_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let damaged = folder.path().join("damaged.sqlite");
    std::fs::write(&damaged, "no database, and long enough to be looked at ".repeat(100)).unwrap();
    for (database, origin, expected) in [
        (folder.path().join("db"), "http://id.example", "signin: the origin http://id.example is not https"),
        (folder.path().join("db"), "https://id.example", "signin: the RP ID localhost is neither the host of"),
        (folder.path().join("missing/db"), "http://localhost", "signin: the key file"),
        (damaged, "http://localhost", "signin: the database"),
    ] {
        let output = command(&database, "127.0.0.1:0", origin).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.starts_with(expected), "{said}");
        assert!(output.stdout.is_empty());
    }
}
