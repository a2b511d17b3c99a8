//! A disk that fails in the middle of a command's write, as the control channel has it do: the file behind it is real, and
//! so are its bytes.

use std::os::unix::process::ExitStatusExt;

use fob_ctap::hid::HidCommand;
use fob_ctap::reset::Reset;
use fob_ctap::{Command, Status};
use fob_softkey_control::{Op, StoreFault};

use crate::place::Place;
use crate::wire::{registration, registration_of};

/// What a record of a makeCredential has at least, in bytes: head, tag, private and public half.
const RECORD: u32 = 32 + 16 + 32 + 65;

fn armed(fault: StoreFault) -> Op {
    Op::StoreFault { fault, after: 0, times: None }
}

fn credentials(place: &Place) -> usize {
    place.tell(Op::Credentials {}).as_array().unwrap().len()
}

#[test]
fn a_write_that_stops_in_the_middle_is_refused_and_leaves_nothing_behind() {
    let short = |bytes| StoreFault::ShortWrite { bytes };
    let full = |bytes| StoreFault::Full { bytes };
    let mut faults = vec![StoreFault::Fail {}];
    faults.extend([0, 1, 31, 32, 100, RECORD].into_iter().flat_map(|bytes| [short(bytes), full(bytes)]));
    for fault in faults {
        let folder = Place::empty();
        let state = folder.text("state");
        let place = Place::with(&["--state", &state]);
        let mut platform = place.platform();
        let credential = platform.register(true);
        place.tell(armed(fault.clone()));
        assert_eq!(platform.send(&registration_of(2, true)).unwrap_err(), Status::Other, "{fault:?}");
        assert_eq!(credentials(&place), 1, "{fault:?}");
        // The key works on, over the torn record.
        assert_eq!(platform.sign_in(&credential), 2, "{fault:?}");
        platform.send(&registration_of(3, true)).unwrap();
        drop(platform);
        drop(place);
        let place = Place::with(&["--state", &state]);
        assert_eq!(credentials(&place), 2, "{fault:?}");
        assert_eq!(place.platform().sign_in(&credential), 4, "{fault:?}");
    }
}

#[test]
fn a_torn_record_is_on_the_disk_and_is_forgotten_at_the_next_start() {
    let folder = Place::empty();
    let state = folder.text("state");
    let mut place = Place::with(&["--state", &state]);
    place.platform().register(true);
    let before = std::fs::read(&state).unwrap();
    place.tell(armed(StoreFault::CrashWithin { bytes: 40 }));
    die(&mut place, &registration(true).encode());
    let after = std::fs::read(&state).unwrap();
    let changed = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    // Zeros in its length and number are those of the room.
    assert!((25..=40).contains(&changed), "{changed} bytes of a record that was cut after 40");
    let place = Place::with(&["--state", &state]);
    assert_eq!(credentials(&place), 1);
}

/// Sends a request, in whose write the program dies.
fn die(place: &mut Place, request: &[u8]) {
    place.platform().send_message(HidCommand::Cbor, request);
    let mut program = place.program.take().unwrap();
    assert_eq!(program.child.wait().unwrap().signal(), Some(9));
}

/// How many credentials are found after a death at this call of a request's write; none if it needs fewer calls.
fn found_after_death(request: &[u8], step: u32) -> Option<usize> {
    let folder = Place::empty();
    let state = folder.text("state");
    let mut place = Place::with(&["--state", &state]);
    let credential = place.platform().register(true);
    place.tell(armed(StoreFault::CrashAt { step }));
    let mut platform = place.platform();
    platform.send_message(HidCommand::Cbor, request);
    let mut report = [0; 64];
    if platform.wire.receive_some(&mut report) > 0 {
        return None;
    }
    let mut program = place.program.take().unwrap();
    assert_eq!(program.child.wait().unwrap().signal(), Some(9));
    let place = Place::with(&["--state", &state]);
    let found = credentials(&place);
    if found > 0 {
        assert!(place.platform().sign_in(&credential) > 1, "step {step}");
    }
    Some(found)
}

#[test]
fn a_death_at_any_call_of_a_write_leaves_what_was_or_what_was_to_be() {
    let found = |request: &[u8]| -> Vec<usize> { (0..).map_while(|step| found_after_death(request, step)).collect() };
    // A record is written and synced; once it is written, it may be there.
    let found_after_append = found(&registration_of(2, true).encode());
    assert_eq!(found_after_append.len(), 2);
    assert_eq!(found_after_append[0], 1);
    // A reset makes a new file: all of it is there from the rename on, and nothing of it before.
    let found_after_reset = found(&Reset.encode());
    assert!(found_after_reset.len() > 5, "{found_after_reset:?}");
    assert!(found_after_reset.is_sorted_by(|before, after| before >= after), "{found_after_reset:?}");
    assert_eq!((found_after_reset[0], found_after_reset.last()), (1, Some(&0)), "{found_after_reset:?}");
}

#[test]
fn a_fault_that_the_write_is_too_short_for_does_not_happen() {
    let folder = Place::empty();
    let place = Place::with(&["--state", &folder.text("state")]);
    let mut platform = place.platform();
    let credential = platform.register(true);
    for fault in [
        StoreFault::ShortWrite { bytes: 65_000 },
        StoreFault::CrashWithin { bytes: 65_000 },
        StoreFault::CrashAt { step: 2 },
    ] {
        place.tell(armed(fault));
        platform.sign_in(&credential);
        assert_eq!(place.control().keys().unwrap()[0].faults, 0, "it is used up all the same");
    }
}

#[test]
fn in_memory_the_same_faults_refuse_and_kill() {
    for fault in [StoreFault::ShortWrite { bytes: 9 }, StoreFault::Full { bytes: 9 }] {
        let place = Place::with(&[]);
        let mut platform = place.platform();
        place.tell(armed(fault));
        assert_eq!(platform.send(&registration(true)).unwrap_err(), Status::Other);
        assert_eq!(credentials(&place), 0);
    }
    for fault in [StoreFault::CrashWithin { bytes: 9 }, StoreFault::CrashAt { step: 1 }] {
        let mut place = Place::with(&[]);
        place.tell(armed(fault));
        die(&mut place, &registration(true).encode());
    }
}
