//! The keeper of the clipboard as a process of its own: what it says, when it ends, and that an X server's other clients
//! get the code from it.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Output, Stdio};

use super::common::daemon::CODE;

/// A keeper that was told nothing yet.
fn call(way: &str, seconds: &str, display: Option<&str>, input: Stdio) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fob"));
    command.args(["--keep-clipboard", way, seconds]).stdin(input).stdout(Stdio::piped());
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("XAUTHORITY");
    display.map(|display| command.env("DISPLAY", display));
    command.spawn().unwrap()
}

/// A keeper of a display, with the code in its standard input.
fn keeper(way: &str, seconds: &str, display: Option<&str>) -> Child {
    let mut child = call(way, seconds, display, Stdio::piped());
    child.stdin.take().unwrap().write_all(CODE.as_bytes()).unwrap();
    child
}

#[test]
fn where_there_is_no_display_it_says_so_and_ends() {
    for way in ["x11", "wayland"] {
        let output = keeper(way, "600", None).wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(!said.is_empty() && said != "ok\n" && !said.contains(CODE), "{way}: {said}");
    }
}

#[test]
fn a_dead_code_goes_out_of_the_terminals_clipboard() {
    for (way, expected) in [("terminal", "\u{1b}]52;c;\u{7}"), ("tmux", "\u{1b}]52;c;IA==\u{7}")] {
        // It only empties: the code was put there before, and it may have ended before anybody could tell it one.
        let output = call(way, "0", None, Stdio::null()).wait_with_output().unwrap();
        assert_eq!((output.status.code(), String::from_utf8(output.stdout).unwrap().as_str()), (Some(0), expected));
    }
}

/// An X server of this test's own; `None` where there is none to start.
struct Server {
    child: Child,
    display: String,
}

impl Server {
    fn start() -> Option<Self> {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "64x64x24", "-nolisten", "tcp"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut number = String::new();
        // It writes its number when it is ready.
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut number).unwrap();
        Some(Self { child, display: format!(":{}", number.trim()) })
    }

    fn xclip(&self, arguments: &[&str]) -> Option<Output> {
        let mut command = Command::new("xclip");
        command.args(["-selection", "clipboard"]).args(arguments).env("DISPLAY", &self.display);
        command.stdin(Stdio::null()).output().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn another_program_pastes_the_code_until_it_is_dead_or_something_else_is_copied() {
    let Some(server) = Server::start() else {
        println!("skipped: no Xvfb");
        return;
    };
    let Some(empty) = server.xclip(&["-o"]) else {
        println!("skipped: no xclip");
        return;
    };
    assert!(empty.stdout.is_empty());
    let mut first = keeper("x11", "600", Some(&server.display));
    let mut said = String::new();
    // Closed once it is said, long before the keeper ends.
    first.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said, "ok\n");
    let pasted = |arguments: &[&str]| String::from_utf8(server.xclip(arguments).unwrap().stdout).unwrap();
    assert_eq!(pasted(&["-o"]), CODE);
    assert_eq!(pasted(&["-o", "-t", "text/plain;charset=utf-8"]), CODE);
    assert_eq!(pasted(&["-o", "-t", "x-kde-passwordManagerHint"]), "secret");
    assert_eq!(pasted(&["-o", "-t", "image/png"]), "");
    // Another copy ends the first keeper; the second one ends by its time.
    let mut second = keeper("x11", "0", Some(&server.display));
    assert!(first.wait().unwrap().success());
    assert!(second.wait().unwrap().success());
    assert_eq!(pasted(&["-o"]), "");
}
