//! The program as a process: what survives it, how it ends, what it refuses and how it says so.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::Stdio;

use fob_ctap::client_pin::GetPinRetries;
use fob_ctap::get_info::GetInfo;
use fob_ctap::hid::{HidCommand, HidMessage, KeepaliveStatus};
use fob_ctap::selection::Selection;
use fob_ctap::{Command, Status};
use rustix::process::Signal;

use crate::wire::{Packets, Platform, Program, command, ended, registration};

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn start(&self, arguments: &[&str]) -> Program {
        let socket = self.text("key");
        Program::start(&[["--socket", &socket].as_slice(), arguments].concat())
    }

    fn platform(&self) -> Platform<Packets> {
        Platform::open(Packets::open(&self.path("key")), *b"01234567")
    }
}

#[test]
fn after_kill_9_it_is_the_same_key_after_a_power_cycle() {
    let place = Place::new();
    let state = place.text("state");
    let mut program = place.start(&["--state", &state]);
    let mut platform = place.platform();
    let sealed = platform.register(false);
    let kept = platform.register(true);
    let before = platform.sign_in(&sealed);
    let aaguid = platform.send(&GetInfo).unwrap().aaguid;
    platform.set_pin("1234");
    assert_eq!(platform.try_pin("9999"), Err(Status::PinInvalid));
    assert_eq!(platform.try_pin("9999"), Err(Status::PinInvalid));
    program.signal(Signal::KILL);

    let mut program = place.start(&["--state", &state]);
    let mut platform = place.platform();
    assert_eq!(platform.send(&GetPinRetries { protocol: None }).unwrap().retries, 6);
    // A power cycle lies between: the third wrong PIN in all is the first in a row.
    assert_eq!(platform.try_pin("9999"), Err(Status::PinInvalid));
    assert_eq!(platform.try_pin("1234"), Ok(()));
    let between = platform.sign_in(&sealed);
    assert!(between > before);
    assert!(platform.sign_in(&kept) > between);
    assert_eq!(platform.send(&GetInfo).unwrap().aaguid, aaguid);
    assert!(program.signal(Signal::TERM).success());
    assert_eq!(fs::metadata(place.path("state")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_counter_never_goes_back_wherever_the_kill_hits() {
    let place = Place::new();
    let state = place.text("state");
    let mut program = place.start(&["--state", &state]);
    let credential = place.platform().register(false);
    let mut highest = credential.2;
    for round in 0..8 {
        let mut platform = place.platform();
        for _ in 0..round {
            let counter = platform.sign_in(&credential);
            assert!(counter > highest);
            highest = counter;
        }
        // Killed with a request on the way: at whichever step of the write it happens to be.
        platform.send_message(HidCommand::Cbor, &crate::wire::assertion(&credential.0).encode());
        program.signal(Signal::KILL);
        program = place.start(&["--state", &state]);
    }
    assert!(place.platform().sign_in(&credential) > highest);
}

#[test]
fn it_ends_cleanly_when_told_to() {
    for signal in [Signal::TERM, Signal::INT] {
        let place = Place::new();
        let mut program = place.start(&["--ram"]);
        assert!(fs::metadata(place.path("key")).unwrap().file_type().is_socket());
        assert_eq!(fs::metadata(place.path("key")).unwrap().permissions().mode() & 0o077, 0);
        assert!(program.signal(signal).success());
        assert!(!place.path("key").exists());
    }
}

#[test]
fn a_dead_socket_is_replaced_and_a_live_one_is_not() {
    let place = Place::new();
    let mut program = place.start(&[]);
    let (code, said) = ended(&["--socket", &place.text("key")]);
    assert_eq!(code, Some(1));
    assert!(said.contains("is in use by a running program"), "{said}");
    place.platform();
    program.signal(Signal::KILL);
    assert!(place.path("key").exists(), "a killed program cannot tidy up");
    let _program = place.start(&[]);
    place.platform();
}

#[test]
fn what_is_no_socket_of_ours_stays() {
    let place = Place::new();
    fs::write(place.path("letter"), "dear").unwrap();
    let (code, said) = ended(&["--socket", &place.text("letter")]);
    assert_eq!((code, said.contains("is no socket")), (Some(1), true), "{said}");
    assert_eq!(fs::read(place.path("letter")).unwrap(), b"dear");
    let _other = UnixListener::bind(place.path("other")).unwrap();
    let (code, said) = ended(&["--socket", &place.text("other")]);
    assert_eq!((code, said.contains("is in use")), (Some(1), true), "{said}");
}

#[test]
fn a_damaged_state_is_named_and_left_alone() {
    let place = Place::new();
    let state = place.text("state");
    place.start(&["--state", &state]).signal(Signal::TERM);
    let mut bytes = fs::read(&state).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    for damaged in [bytes.as_slice(), &bytes[..last], b""] {
        fs::write(&state, damaged).unwrap();
        let (code, said) = ended(&["--socket", &place.text("key"), "--state", &state]);
        assert_eq!(code, Some(1));
        assert!(said.contains(&format!("cannot read {state}")) && said.contains("hint: "), "{said}");
        assert_eq!(fs::read(&state).unwrap(), damaged);
        assert!(!place.path("key").exists());
    }
}

#[test]
fn a_state_that_others_can_read_or_another_key_uses_is_refused() {
    let place = Place::new();
    let state = place.text("state");
    let mut program = place.start(&["--state", &state]);
    let (code, said) = ended(&["--socket", &place.text("second"), "--state", &state]);
    assert_eq!((code, said.contains("in use by another fob-softkey")), (Some(1), true), "{said}");
    program.signal(Signal::TERM);
    fs::set_permissions(&state, fs::Permissions::from_mode(0o644)).unwrap();
    let (code, said) = ended(&["--socket", &place.text("key"), "--state", &state]);
    assert_eq!((code, said.contains("mode is 644")), (Some(1), true), "{said}");
}

#[test]
fn the_command_line_refuses_what_makes_no_sense() {
    for arguments in [
        [].as_slice(),
        &["--udp", "192.0.2.1:4000"],
        &["--udp", "0.0.0.0:4000"],
        &["--udp", "localhost"],
        &["--socket", "a", "--stream", "b"],
        &["--socket", "a", "--ram", "--state", "b"],
        &["--socket", "a", "--touch", "maybe"],
    ] {
        let (code, said) = ended(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {said}");
    }
}

#[test]
fn a_closed_standard_output_is_no_reason_to_stop() {
    let place = Place::new();
    let mut child = command(&["--socket", &place.text("key")]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    while !place.path("key").exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        std::thread::yield_now();
    }
    place.platform().send(&GetInfo).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_terminal_is_asked_while_keepalives_go_on() {
    for (answer, expected) in [("y\n", 0x00), ("n\n", 0x27), ("what?\nYES\n", 0x00)] {
        let place = Place::new();
        // What is typed before anybody asks counts for nothing.
        let mut program = place.start(&["--touch", "ask"]);
        let mut keyboard = program.child.stdin.take().unwrap();
        keyboard.write_all(b"y\ny\nn\n").unwrap();
        let mut platform = place.platform();
        platform.send(&GetInfo).unwrap();
        let reply = platform.transact(HidCommand::Cbor, &Selection.encode(), |_, number| {
            if number == 3 {
                keyboard.write_all(answer.as_bytes()).unwrap();
            }
        });
        assert_eq!(reply, [expected], "{answer:?}");
        assert!(platform.keepalives.len() >= 3);
        assert!(platform.keepalives.iter().all(|status| *status == KeepaliveStatus::UserPresenceNeeded));
    }
}

#[test]
fn cancel_is_answered_once_and_the_key_goes_on() {
    let place = Place::new();
    let _program = place.start(&["--touch", "ask"]);
    let mut platform = place.platform();
    let reply = platform.transact(HidCommand::Cbor, &registration(false).encode(), |platform, number| {
        if number == 1 {
            let cancel = HidMessage::cancel(platform.channel);
            cancel.reports().for_each(|report| crate::wire::Wire::send(&mut platform.wire, &report));
        }
    });
    assert_eq!(reply, Status::KeepaliveCancel.encode());
    platform.send(&GetInfo).unwrap();
}

#[test]
fn deny_says_no() {
    let place = Place::new();
    let _program = place.start(&["--touch", "deny"]);
    assert_eq!(place.platform().send(&registration(false)).unwrap_err(), Status::OperationDenied);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_state_others() {
    let place = Place::new();
    let bytes = |arguments: &[&str]| {
        let mut program = place.start(arguments);
        let reply = place.platform().transact(HidCommand::Cbor, &registration(false).encode(), |_, _| {});
        program.signal(Signal::TERM);
        reply
    };
    let state = place.text("state");
    let first = bytes(&["--seed", "7"]);
    assert_eq!(first, bytes(&["--seed", "7", "--ram"]));
    assert_ne!(first, bytes(&["--seed", "8"]));
    assert_eq!(first, bytes(&["--seed", "7", "--state", &state]));
    assert_ne!(first, bytes(&["--seed", "7", "--state", &state]), "a second credential repeats the first");
}

#[test]
fn sloppy_cbor_is_taken_only_when_allowed() {
    // getPINRetries with its two members out of order.
    let sloppy = [0x06, 0xa2, 0x02, 0x01, 0x01, 0x01];
    for (arguments, expected) in [([].as_slice(), 0x12), (&["--lenient-cbor"], 0x00)] {
        let place = Place::new();
        let _program = place.start(arguments);
        assert_eq!(place.platform().transact(HidCommand::Cbor, &sloppy, |_, _| {})[0], expected);
    }
}

#[test]
fn the_diary_names_commands_and_no_payload() {
    let place = Place::new();
    let mut program = place.start(&[]);
    let mut platform = place.platform();
    platform.register(true);
    platform.set_pin("1234");
    program.signal(Signal::TERM);
    let mut diary = String::new();
    std::io::Read::read_to_string(&mut program.child.stderr.take().unwrap(), &mut diary).unwrap();
    assert!(diary.contains("makeCredential") && diary.contains("clientPIN"), "{diary}");
    assert!(!diary.contains("site.example"), "{diary}");
}
