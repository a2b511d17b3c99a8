//! A wire log, and the same again.

use std::fs;

use fob_ctap::hid::{HidCommand, HidMessage};
use fob_ctap::selection::Selection;
use fob_ctap::{Command, Status};
use fob_softkey::{ReplayError, replay};
use fob_softkey_control::{Direction, Op, ResponseFault, Touch, WireFault};

use crate::place::Place;
use crate::wire::{Wire, ended};

/// A morning at the key: scripts, faults, PINs, a cancel, a power cycle. Gives the log.
fn recorded(arguments: &[&str]) -> String {
    let logs = Place::empty();
    let log = logs.text("log");
    let mut place = Place::with(&[["--record", &log].as_slice(), arguments].concat());
    let mut platform = place.platform();
    let credential = platform.register(true);
    platform.set_pin("1234");
    assert_eq!(platform.try_pin("4321"), Err(Status::PinInvalid));
    platform.try_pin("1234").unwrap();
    platform.sign_in(&credential);
    place.tell(Op::Presence { script: vec![Touch::Delay { ms: 230 }, Touch::Hold {}] });
    platform.send(&Selection).unwrap();
    platform.transact(HidCommand::Cbor, &Selection.encode(), |platform, number| {
        if number == 3 {
            let cancel = HidMessage::cancel(platform.channel);
            cancel.reports().for_each(|report| platform.wire.send(&report));
        }
    });
    let fault = ResponseFault::BogusSignature {};
    place.tell(Op::ResponseFault { fault, command: None, after: 0, times: None });
    platform.send(&crate::wire::assertion(&credential.0)).unwrap();
    let fault = WireFault::Duplicate { direction: Direction::ToHost };
    place.tell(Op::WireFault { fault, after: 0, times: None });
    platform.send_message(HidCommand::Ping, b"twice");
    assert_eq!(platform.wire.receive(), platform.wire.receive());
    place.tell(Op::Seed { seed: 11 });
    place.tell(Op::PowerCycle {});
    let mut platform = place.platform();
    platform.register(false);
    place.program.as_mut().unwrap().signal(rustix::process::Signal::TERM);
    fs::read_to_string(log).unwrap()
}

#[test]
fn what_was_recorded_repeats_to_the_byte() {
    let log = recorded(&["--seed", "7"]);
    let replayed = replay(&log).unwrap();
    assert!(replayed.to_key > 20 && replayed.to_host > 20, "{replayed:?}");
    // As the program does it.
    let place = Place::empty();
    fs::write(place.path("log"), &log).unwrap();
    let (code, said) = ended(&["replay", &place.text("log")]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn the_same_script_gives_the_same_bytes() {
    // Nonces and key agreements of the platform differ from run to run; what it sends in the open does not.
    let made = || {
        let place = Place::with(&["--seed", "3"]);
        place.tell(Op::Presence { script: vec![Touch::Delay { ms: 20 }] });
        let mut platform = place.platform();
        let request = crate::wire::registration(true).encode();
        platform.transact(HidCommand::Cbor, &request, |_, _| {})
    };
    assert_eq!(made(), made());
}

#[test]
fn a_log_that_was_changed_is_found_out_at_its_line() {
    let log = recorded(&["--seed", "7"]);
    let lines: Vec<&str> = log.lines().collect();
    let from_key = lines.iter().rposition(|line| line.contains(" < ")).unwrap();
    let mut other = lines.clone();
    let flipped = format!("{}{}", &lines[from_key][..lines[from_key].len() - 1], "f");
    other[from_key] = &flipped;
    match replay(&other.join("\n")) {
        Err(ReplayError::Differs { line, .. }) => assert_eq!(line, from_key + 1),
        result => panic!("{result:?}"),
    }
    other.remove(from_key);
    assert!(matches!(replay(&other.join("\n")), Err(ReplayError::Surplus { .. } | ReplayError::Differs { .. })));
    let seeded = log.replacen("\"seed\":7", "\"seed\":8", 1);
    assert!(matches!(replay(&seeded), Err(ReplayError::Differs { .. })));
}

#[test]
fn what_cannot_repeat_says_so() {
    assert!(matches!(replay(""), Err(ReplayError::NoLog { line: 1 })));
    assert!(matches!(replay("hello"), Err(ReplayError::NoLog { line: 1 })));
    let log = recorded(&[]);
    assert!(matches!(replay(&log), Err(ReplayError::NotRepeatable { .. })), "no seed");
    let place = Place::empty();
    let log = recorded(&["--seed", "7", "--state", &place.text("state")]);
    assert!(matches!(replay(&log), Err(ReplayError::NotRepeatable { .. })), "a state that is not in the log");
    assert!(matches!(
        replay(&format!("{TITLE}\n0.000 a > {}", "00".repeat(64))),
        Err(ReplayError::UnknownKey { line: 2 })
    ));
}

const TITLE: &str = "# fob-softkey wire log 1";

#[test]
fn what_was_recorded_once_repeats_for_ever() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/logs");
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "log") {
            let replayed = replay(&fs::read_to_string(&path).unwrap());
            let replayed = replayed.unwrap_or_else(|error| panic!("{}: {error}; see record.py there", path.display()));
            assert!(replayed.to_host > 50, "{}: {replayed:?}", path.display());
            names.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
        }
    }
    names.sort();
    assert_eq!(names, ["bench", "fingers", "python-fido2"]);
}
