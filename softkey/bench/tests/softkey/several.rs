//! Several keys in one program.

use fob_ctap::get_info::GetInfo;
use fob_ctap::hid::HidCommand;
use fob_softkey_control::{Client, ControlError, ErrorName, Op};

use crate::place::Place;
use crate::wire::{Datagrams, Packets, Platform, Program, Stream, ended, registration};

#[test]
fn each_has_its_own_wire_credentials_script_and_plug() {
    let place = Place::empty();
    let (a, b, control) = (place.text("a"), place.text("b"), place.text("control"));
    let first = format!("first,socket={a},profile=no-pin");
    let second = format!("second,stream={b},touch=deny");
    let program =
        Program::start(&["--key", &first, "--key", &second, "--key", "third,udp=127.0.0.1:0", "--control", &control]);
    let mut control = Client::connect(&place.path("control")).unwrap();
    let keys = control.keys().unwrap();
    assert_eq!(keys.iter().map(|key| key.name.as_str()).collect::<Vec<_>>(), ["first", "second", "third"]);
    assert_eq!((keys[0].profile.as_str(), keys[1].profile.as_str()), ("no-pin", "default"));
    let mut one = Platform::open(Packets::open(&place.path("a")), *b"01234567");
    let mut two = Platform::open(Stream::open(&place.path("b")), *b"01234567");
    let address = program.ready.trim_end().rsplit(' ').next().unwrap().to_owned();
    let mut three = Platform::open(Datagrams::open(&address), *b"01234567");
    one.register(true);
    assert!(two.send(&registration(true)).is_err(), "the second is denied");
    three.register(true);
    assert_eq!(control.keys().unwrap().iter().map(|key| key.credentials).collect::<Vec<_>>(), [1, 0, 1]);
    // Which key is meant has to be said.
    let error = control.call(None, Op::Unplug {}).unwrap_err();
    assert!(matches!(error, ControlError::Refused(failure) if failure.name == ErrorName::NoSuchKey));
    let error = control.call(Some("fourth"), Op::Unplug {}).unwrap_err();
    assert!(matches!(error, ControlError::Refused(failure) if failure.name == ErrorName::NoSuchKey));
    control.call(Some("third"), Op::Unplug {}).unwrap();
    one.send(&GetInfo).unwrap();
    two.send(&GetInfo).unwrap();
    control.call(Some("third"), Op::Plug {}).unwrap();
    // At the same port, though it was a free one that was asked for.
    let mut three = Platform::open(Datagrams::open(&address), *b"01234567");
    three.send(&GetInfo).unwrap();
}

#[test]
fn one_seed_gives_each_key_its_own_bytes_again() {
    let made = || {
        let place = Place::empty();
        let keys: Vec<String> = ["x", "y"].iter().map(|name| format!("{name},socket={}", place.text(name))).collect();
        let _program = Program::start(&["--seed", "9", "--key", &keys[0], "--key", &keys[1]]);
        let registered = |name: &str| {
            let mut platform = Platform::open(Packets::open(&place.path(name)), *b"01234567");
            let request = fob_ctap::Command::encode(&registration(true));
            platform.transact(HidCommand::Cbor, &request, |_, _| {})
        };
        // In another order each time: they do not share a stream.
        (registered("y"), registered("x"))
    };
    let first = made();
    assert_ne!(first.0, first.1);
    assert_eq!(first, made());
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (arguments, code) in [
        (&["--key", "a,socket=/nowhere/x"][..], 1),
        (&["--key", "a"], 2),
        (&["--key", "a,uhid=3"], 2),
        (&["--key", "a,socket=x", "--socket", "y"], 2),
        (&["--key", "a,socket=x", "--state", "y"], 2),
        (&["--key", "a,udp=127.0.0.1:0", "--key", "a,udp=127.0.0.1:0"], 1),
        (&["--gadget", "/sys", "--udp", "127.0.0.1:0"], 1),
    ] {
        let (came, said) = ended(arguments);
        assert_eq!(came, Some(code), "{arguments:?}: {said}");
    }
}
