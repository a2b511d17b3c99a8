//! The power goes at every write of every command: the old state or the new one is there, and nothing is regained.

use fob_ctap::Status;
use fob_ctap::pin::Protocol;
use fob_ctap::reset::Reset;

use crate::platform::{ALL, Credential, Cut, PIN, Platform, RP, assertion, registration, resident};

const CUTS: [Cut; 2] = [Cut::Before, Cut::After];

/// A key with a PIN, seven tries left and a discoverable credential.
fn prepared() -> (Platform, Credential) {
    let mut platform = Platform::with_pin();
    let made = platform.register(resident(1), true).unwrap();
    platform.token(Protocol::Two, "9999", ALL, Some(RP)).unwrap_err();
    (platform, made)
}

/// What a command does, as far as these tests want to know.
type Act = fn(&mut Platform, &Credential) -> Result<(), Status>;

/// Each command that changes something, and how often it writes.
const ACTS: [(&str, usize, Act); 7] = [
    ("makeCredential, kept", 3, |p, _| p.register(resident(2), true).map(drop)),
    ("makeCredential, sealed", 1, |p, _| p.send(&registration()).map(drop)),
    ("getAssertion", 1, |p, made| p.send(&assertion(&[made])).map(drop)),
    ("changePIN", 3, |p, _| p.change_pin(Protocol::Two, PIN, "5678")),
    ("token, right PIN", 2, |p, _| p.token(Protocol::Two, PIN, ALL, Some(RP)).map(drop)),
    ("token, wrong PIN", 1, |p, _| p.token(Protocol::Two, "9999", ALL, Some(RP)).map(drop)),
    ("reset", 1, |p, _| p.send(&Reset)),
];

#[test]
fn a_cut_at_any_write_leaves_the_state_before_it_or_after_it() {
    for (name, writes, act) in ACTS {
        let (mut platform, made) = prepared();
        let before = platform.tape.writes();
        let _ = act(&mut platform, &made);
        assert_eq!(platform.tape.writes() - before, writes, "{name}");
        for (cut, at) in CUTS.iter().flat_map(|cut| (0..writes).map(move |at| (*cut, at))) {
            let (mut platform, made) = prepared();
            let counter = platform.key.state().counter();
            platform.tape.cut_at(at, cut);
            let outcome = act(&mut platform, &made);
            assert_eq!(outcome, Err(Status::Other), "{name}: a write that failed is never called done");
            platform.restart();
            let state = platform.key.state();
            let reset = state.resident_count() == 0;
            assert!(!reset || name == "reset", "{name}");
            assert!(state.counter() >= counter || reset, "{name}: the counter went back");
            if reset {
                assert_eq!(platform.retries().retries, 8, "{name}: half a reset");
                platform.set_pin(Protocol::Two, PIN).unwrap();
            } else {
                let reply = platform.send(&assertion(&[&made])).unwrap();
                made.verify(&reply.auth_data, &reply.signature);
            }
        }
    }
}

#[test]
fn tries_are_never_regained_by_a_cut() {
    for (pin, cut) in [(PIN, Cut::Before), (PIN, Cut::After), ("9999", Cut::Before), ("9999", Cut::After)] {
        // The first write is the one before the comparison: whoever cuts it learns nothing about the PIN.
        let (mut platform, _) = prepared();
        platform.tape.cut_at(0, cut);
        assert_eq!(platform.token(Protocol::Two, pin, ALL, Some(RP)).unwrap_err(), Status::Other);
        platform.restart();
        assert_eq!(platform.retries().retries, if cut == Cut::Before { 7 } else { 6 });
    }
    // The second, which gives the tries back, comes only after a right PIN.
    let (mut platform, _) = prepared();
    platform.tape.cut_at(1, Cut::Before);
    assert_eq!(platform.token(Protocol::Two, PIN, ALL, Some(RP)).unwrap_err(), Status::Other);
    platform.restart();
    assert_eq!(platform.retries().retries, 6);
    let (mut platform, _) = prepared();
    platform.tape.cut_at(1, Cut::Before);
    assert_eq!(platform.token(Protocol::Two, "9999", ALL, Some(RP)).unwrap_err(), Status::PinInvalid);
    platform.restart();
    assert_eq!(platform.retries().retries, 6);
}

#[test]
fn a_full_disk_stops_neither_the_key_nor_its_count() {
    for (name, _, act) in ACTS {
        let (mut platform, made) = prepared();
        platform.tape.cut_at(0, Cut::Before);
        for _ in 0..3 {
            let _ = act(&mut platform, &made);
        }
        platform.tape.mend();
        let counter = platform.key.state().counter();
        let reply = platform.send(&assertion(&[&made])).unwrap();
        made.verify(&reply.auth_data, &reply.signature);
        assert!(platform.key.state().counter() > counter, "{name}");
        assert_eq!(platform.retries().retries, 7, "{name}: PINs that were not compared cost nothing");
    }
}

#[test]
fn a_first_start_that_fails_leaves_no_key() {
    let tape = crate::platform::Tape::default();
    tape.cut_at(0, Cut::Before);
    let parts = fob_authenticator::Parts {
        store: Box::new(tape),
        rng: Box::new(fob_ambient::SeededRng::new(1)),
        signer: Box::new(fob_authenticator::RepeatableSigner),
        strictness: fob_ctap::Strictness::Canonical,
    };
    assert!(fob_authenticator::Authenticator::power_up(parts, fob_ambient::Millis(0)).is_err());
}
