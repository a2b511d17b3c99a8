//! The program itself, as a process: its exit code, its streams, and whom it trusts.

use std::io::Read;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn fob(socket: &Path, line: &str, stdin: Stdio) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fob"));
    command.args(line.split(' ')).stdin(stdin).env("FOB_SOCKET", socket).env_remove("CLICOLOR_FORCE");
    command.output().unwrap()
}

#[test]
fn without_a_daemon_it_ends_with_nine_and_prints_no_colours() {
    let folder = tempfile::tempdir().unwrap();
    let output = fob(&folder.path().join("none"), "otp code ada --raw", Stdio::null());
    assert_eq!(output.status.code(), Some(9));
    assert!(output.stdout.is_empty());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("fob: fobd does not listen on "), "{stderr}");
    assert!(stderr.contains("\nhint: ") && !stderr.contains('\u{1b}'), "{stderr}");
}

#[test]
fn a_passphrase_is_not_given_to_a_program_that_is_not_fobd() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fobd.sock");
    // This test listens, and it is not called fobd.
    let squatter = UnixListener::bind(&path).unwrap();
    for line in ["unlock --passphrase-fd 0", "init --passphrase-fd 0 --recovery-fd 1"] {
        let (reader, mut writer) = std::io::pipe().unwrap();
        std::io::Write::write_all(&mut writer, b"correct horse").unwrap();
        drop(writer);
        let mut unread = reader.try_clone().unwrap();
        let output = fob(&path, line, reader.into());
        assert_eq!(output.status.code(), Some(9), "{line}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains("is not fobd") && stderr.contains("hint: nothing was sent to it"), "{stderr}");
        let mut heard = Vec::new();
        squatter.accept().unwrap().0.read_to_end(&mut heard).unwrap();
        assert!(heard.is_empty(), "{line}: the squatter heard {} bytes", heard.len());
        let mut left = String::new();
        unread.read_to_string(&mut left).unwrap();
        assert_eq!(left, "correct horse", "{line}: the passphrase was taken out of the pipe");
    }
}

#[test]
fn a_wrong_command_line_ends_with_two() {
    let folder = tempfile::tempdir().unwrap();
    for line in ["otp", "nonsense", "otp code", "key pin"] {
        let output = fob(&folder.path().join("none"), line, Stdio::null());
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(output.stdout.is_empty(), "{line}");
    }
}

#[test]
fn the_control_socket_may_be_named_in_the_environment() {
    let call = |control: Option<&Path>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fob"));
        command.args(["softkey", "touch"]).env_remove("FOB_SOFTKEY_CONTROL").env_remove("CLICOLOR_FORCE");
        control.map(|path| command.env("FOB_SOFTKEY_CONTROL", path));
        command.output().unwrap()
    };
    let unnamed = call(None);
    assert_eq!(unnamed.status.code(), Some(2));
    assert!(String::from_utf8(unnamed.stderr).unwrap().starts_with("fob: no control socket of fob-softkey is named\n"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none");
    let named = call(Some(&path));
    assert_eq!(named.status.code(), Some(1));
    let said = format!("fob: fob-softkey does not listen on {}\n", path.display());
    assert!(String::from_utf8(named.stderr).unwrap().starts_with(&said));
}

/// As `fob completions bash | head -n 1` does: the reader has had enough, which is nobody's failure.
#[test]
fn a_reader_who_has_seen_enough_is_no_failure() {
    for line in ["completions bash", "--help", "otp --help"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_fob"));
        command.args(line.split(' ')).stdin(Stdio::null()).stdout(writer);
        let output = command.output().unwrap();
        assert_eq!((output.status.code(), output.stderr.is_empty()), (Some(0), true), "{line}: {output:?}");
    }
}
