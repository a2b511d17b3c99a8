//! A broken wire and a broken store, as fob's own client meets them.

use std::time::{Duration, Instant};

use fob_client::{CancelToken, KeyError, KeyState, Watch};
use fob_ctap::Status;
use fob_ctap::get_info::GetInfo;
use fob_ctap::selection::Selection;
use fob_softkey_control::{CrashPoint, Direction, Op, StoreFault, Touch, WireFault};

use crate::place::Place;
use crate::wire::registration;

fn wire(fault: WireFault, after: u32) -> Op {
    Op::WireFault { fault, after, times: None }
}

/// What getInfo on an open session comes to.
fn outcome(place: &Place, op: Op) -> String {
    let mut session = place.session().unwrap();
    place.tell(op);
    let cancel = CancelToken::new();
    let mut in_use = false;
    let mut states = |state| in_use |= state == KeyState::InUse;
    let deadline = session.deadline_in(fob_ambient::Millis(20_000));
    let result = session.refresh(&mut Watch::new(deadline, &cancel, &mut states)).map(|info| info.versions.clone());
    match result {
        Ok(versions) => format!("{}{}", versions.join(" "), if in_use { ", was busy" } else { "" }),
        Err(KeyError::Confused(_)) => "confused".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

#[test]
fn each_fault_of_the_wire_is_what_it_says() {
    let place = Place::with(&[]);
    let versions = outcome(&place, Op::ClearFaults {});
    let fine = versions.as_str();
    let busy = format!("{versions}, was busy");
    let to_host = Direction::ToHost;
    for (fault, after, expected) in [
        // The answer has several reports: without its first nothing begins, without another it cannot be put together.
        (WireFault::Drop { direction: to_host }, 0, "Silent"),
        (WireFault::Drop { direction: to_host }, 1, "confused"),
        (WireFault::Drop { direction: Direction::ToKey }, 0, "Silent"),
        (WireFault::Duplicate { direction: to_host }, 1, "confused"),
        (WireFault::Reorder { direction: to_host }, 1, "confused"),
        (WireFault::Silence {}, 0, "Silent"),
        (WireFault::Slow { ms: 60 }, 0, fine),
        (WireFault::Busy {}, 0, busy.as_str()),
        (WireFault::Foreign { channel: 0x0a0b_0c0d }, 0, fine),
        (WireFault::Unplug {}, 1, "Removed"),
    ] {
        assert_eq!(outcome(&place, wire(fault.clone(), after)), expected, "{fault:?}");
        place.tell(Op::ClearFaults {});
        if fault == (WireFault::Unplug {}) {
            place.tell(Op::Plug {});
        }
        assert_eq!(outcome(&place, Op::ClearFaults {}), fine, "after {fault:?}");
    }
}

#[test]
fn a_short_report_is_none() {
    let place = Place::with(&[]);
    assert_eq!(outcome(&place, wire(WireFault::Truncate { length: 20 }, 0)), "Silent");
}

#[test]
fn a_wrong_nonce_is_somebody_elses() {
    let place = Place::with(&[]);
    place.tell(wire(WireFault::WrongNonce {}, 0));
    assert!(matches!(place.session(), Err(KeyError::Silent)));
    place.session().unwrap();
}

#[test]
fn keepalives_without_end_end_at_the_deadline() {
    let place = Place::with(&[]);
    let mut session = place.session().unwrap();
    place.tell(wire(WireFault::Keepalive { status: 2 }, 0));
    let (cancel, mut seen) = (CancelToken::new(), Vec::new());
    let deadline = session.deadline_in(fob_ambient::Millis(700));
    let result = session.call(&Selection, &mut Watch::new(deadline, &cancel, &mut |state| seen.push(state)));
    assert!(matches!(result, Err(KeyError::TimedOut)), "{result:?}");
    assert!(seen.contains(&KeyState::TouchNeeded));
    place.tell(Op::ClearFaults {});
    place.session().unwrap();
}

#[test]
fn a_slow_wire_is_slow() {
    let place = Place::with(&[]);
    let mut platform = place.platform();
    place.tell(wire(WireFault::Slow { ms: 120 }, 0));
    let began = Instant::now();
    platform.send(&GetInfo).unwrap();
    // The bench counts whole milliseconds.
    assert!(began.elapsed() >= Duration::from_millis(119));
}

#[test]
fn a_store_that_fails_refuses_and_changes_nothing() {
    for fault in [StoreFault::Fail {}, StoreFault::Full { bytes: 0 }, StoreFault::ShortWrite { bytes: 0 }] {
        let place = Place::with(&[]);
        let mut platform = place.platform();
        let credential = platform.register(true);
        place.tell(Op::StoreFault { fault, after: 1, times: None });
        let before = platform.sign_in(&credential);
        assert_eq!(platform.send(&registration(true)).unwrap_err(), Status::Other);
        assert_eq!(place.tell(Op::Credentials {}).as_array().unwrap().len(), 1);
        assert_eq!(platform.sign_in(&credential), before + 1, "the counter of what failed was not used up");
    }
}

#[test]
fn a_crash_at_a_write_is_a_crash() {
    for (when, after_it) in [(CrashPoint::Before, 1), (CrashPoint::After, 2)] {
        let folder = Place::empty();
        let state = folder.text("state");
        let mut place = Place::with(&["--state", &state]);
        let mut platform = place.platform();
        platform.register(true);
        place.tell(Op::StoreFault { fault: StoreFault::Crash { when }, after: 0, times: None });
        platform.send_message(
            fob_ctap::hid::HidCommand::Cbor,
            &fob_ctap::Command::encode(&crate::wire::registration_of(2, true)),
        );
        let mut program = place.program.take().unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&program.child.wait().unwrap()), Some(9));
        let place = Place::with(&["--state", &state]);
        assert_eq!(place.tell(Op::Credentials {}).as_array().unwrap().len(), after_it, "{when:?}");
    }
}

#[test]
fn a_key_that_is_unplugged_while_it_waits_comes_back_without_a_memory_of_it() {
    let place = Place::with(&[]);
    place.tell(Op::Presence { script: vec![Touch::Hold {}] });
    let mut session = place.session().unwrap();
    let cancel = CancelToken::new();
    let deadline = session.deadline_in(fob_ambient::Millis(20_000));
    // The answers to INIT and getInfo are out already: the next two reports are keepalives.
    place.tell(Op::WireFault { fault: WireFault::Unplug {}, after: 2, times: None });
    let result = session.call(&Selection, &mut Watch::new(deadline, &cancel, &mut |_| ()));
    assert!(matches!(result, Err(KeyError::Removed)), "{result:?}");
    place.tell(Op::Plug {});
    assert_eq!(place.control().keys().unwrap()[0].waiting, None);
    place.platform().send(&Selection).unwrap();
}
