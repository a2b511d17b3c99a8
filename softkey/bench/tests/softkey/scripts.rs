//! The person's script, the clock, the cable: what the control channel can have happen.

use std::time::Duration;

use fob_ctap::client_pin::GetPinRetries;
use fob_ctap::get_info::GetInfo;
use fob_ctap::hid::{HidCommand, HidMessage};
use fob_ctap::selection::Selection;
use fob_ctap::{Command, Status};
use fob_softkey_control::{ClockMode, ControlError, ErrorName, Event, Op, RaceWinner, Touch, Watch};

use crate::place::Place;
use crate::wire::{Packets, Platform, Wire, registration};

const SOON: Duration = Duration::from_secs(20);

fn select(platform: &mut Platform<Packets>) -> u8 {
    platform.transact(HidCommand::Cbor, &Selection.encode(), |_, _| {})[0]
}

#[test]
fn touches_follow_the_script_and_then_the_policy() {
    let place = Place::with(&["--touch", "deny"]);
    let mut platform = place.platform();
    let script = vec![Touch::Allow {}, Touch::Deny {}, Touch::Delay { ms: 250 }, Touch::TimeOut { ms: Some(150) }];
    place.tell(Op::Presence { script });
    assert_eq!(place.control().keys().unwrap()[0].script, 4);
    assert_eq!(select(&mut platform), 0x00);
    assert_eq!(select(&mut platform), Status::OperationDenied.byte());
    assert_eq!(select(&mut platform), 0x00);
    assert!(platform.keepalives.len() >= 3, "one at once, then every 100 ms");
    assert_eq!(select(&mut platform), Status::UserActionTimeout.byte());
    assert_eq!(select(&mut platform), Status::OperationDenied.byte());
}

#[test]
fn a_held_touch_waits_for_the_call() {
    for (answer, status) in [(Op::Touch {}, 0x00), (Op::Refuse {}, Status::OperationDenied.byte())] {
        let place = Place::with(&[]);
        let mut control = place.control();
        let error = control.call(None, answer.clone()).unwrap_err();
        assert!(matches!(error, ControlError::Refused(failure) if failure.name == ErrorName::NotNow));
        control.presence(None, &[Touch::Hold {}]).unwrap();
        control.watch(&[Watch::Touch]).unwrap();
        let mut platform = place.platform();
        let message = platform.send_message(HidCommand::Cbor, &Selection.encode());
        let wanted = control.event(SOON).unwrap().unwrap();
        assert_eq!(wanted, Event::TouchWanted { key: "key".to_owned(), reason: "choose it".to_owned(), rp_id: None });
        assert_eq!(control.keys().unwrap()[0].waiting.as_deref(), Some("choose it"));
        control.call(None, answer).unwrap();
        assert_eq!(control.event(SOON).unwrap().unwrap(), Event::TouchOver { key: "key".to_owned() });
        let reply = std::iter::repeat_with(|| platform.wire.receive()).find(|report| report[4] == 0x90).unwrap();
        assert_eq!((reply[7], reply[..4] == message.channel().0.to_be_bytes()), (status, true));
    }
}

#[test]
fn a_touch_and_a_cancel_race_as_told() {
    for (winner, status) in [(RaceWinner::Touch, 0x00), (RaceWinner::Cancel, Status::KeepaliveCancel.byte())] {
        let place = Place::with(&[]);
        let mut platform = place.platform();
        place.tell(Op::Presence { script: vec![Touch::Race { winner }] });
        let reply = platform.transact(HidCommand::Cbor, &Selection.encode(), |platform, number| {
            if number == 2 {
                let cancel = HidMessage::cancel(platform.channel);
                cancel.reports().for_each(|report| platform.wire.send(&report));
            }
        });
        assert_eq!(reply, [status], "{winner:?}");
        // One answer, not two: the next reply is the next request's.
        platform.send(&GetInfo).unwrap();
    }
}

#[test]
fn a_clock_that_stands_still_moves_when_told() {
    let place = Place::with(&[]);
    let mut control = place.control();
    let error = control.call(None, Op::Advance { ms: 1 }).unwrap_err();
    assert!(matches!(error, ControlError::Refused(failure) if failure.name == ErrorName::NotNow));
    let start = control.call(None, Op::Clock { mode: ClockMode::Virtual }).unwrap()["now"].as_u64().unwrap();
    control.presence(None, &[Touch::TimeOut { ms: None }]).unwrap();
    control.watch(&[Watch::Touch]).unwrap();
    let mut platform = place.platform();
    platform.send_message(HidCommand::Cbor, &Selection.encode());
    control.event(SOON).unwrap().unwrap();
    let now = control.call(None, Op::Advance { ms: 30_000 }).unwrap()["now"].as_u64().unwrap();
    assert_eq!(now, start + 30_000);
    let mut keepalives = 0;
    let status = loop {
        match platform.wire.receive() {
            report if report[4] == 0xbb => keepalives += 1,
            report => break report[7],
        }
    };
    // Thirty seconds of them, in no time.
    assert_eq!((keepalives, status), (300, Status::UserActionTimeout.byte()));
    let error = control.call(None, Op::Advance { ms: Op::LONGEST_ADVANCE + 1 }).unwrap_err();
    assert!(matches!(error, ControlError::Refused(failure) if failure.name == ErrorName::BadRequest));
    control.call(None, Op::Clock { mode: ClockMode::Real }).unwrap();
    assert_eq!(select(&mut platform), 0x00);
}

#[test]
fn the_reset_window_is_the_clocks() {
    let place = Place::with(&[]);
    let mut control = place.control();
    control.call(None, Op::Clock { mode: ClockMode::Virtual }).unwrap();
    control.call(None, Op::Advance { ms: 10_001 }).unwrap();
    let mut platform = place.platform();
    assert_eq!(platform.send(&fob_ctap::reset::Reset).unwrap_err(), Status::NotAllowed);
    control.call(None, Op::PowerCycle {}).unwrap();
    let mut platform = place.platform();
    platform.send(&fob_ctap::reset::Reset).unwrap();
}

#[test]
fn a_power_cycle_forgets_the_session_and_keeps_the_credentials() {
    let place = Place::with(&[]);
    let mut platform = place.platform();
    let credential = platform.register(true);
    platform.set_pin("1234");
    for _ in 0..2 {
        assert_eq!(platform.try_pin("0000"), Err(Status::PinInvalid));
    }
    assert_eq!(platform.try_pin("0000"), Err(Status::PinAuthBlocked));
    place.tell(Op::PowerCycle {});
    // The channel is gone.
    platform.send_message(HidCommand::Cbor, &[4]);
    assert_eq!(platform.wire.receive()[4..8], [0xbf, 0, 1, 0x0b], "ERR_INVALID_CHANNEL");
    let mut platform = place.platform();
    assert_eq!(platform.try_pin("1234"), Ok(()));
    assert_eq!(platform.send(&GetPinRetries { protocol: None }).unwrap().retries, 8);
    platform.sign_in(&credential);
}

#[test]
fn a_key_is_unplugged_and_plugged_in_again() {
    let place = Place::with(&[]);
    let mut control = place.control();
    control.watch(&[Watch::Plug]).unwrap();
    let mut platform = place.platform();
    let credential = platform.register(true);
    control.call(None, Op::Unplug {}).unwrap();
    assert_eq!(control.event(SOON).unwrap().unwrap(), Event::Unplugged { key: "key".to_owned() });
    assert!(!place.path("key").exists(), "its socket is gone");
    assert!(!control.keys().unwrap()[0].plugged);
    let again = control.call(None, Op::Unplug {}).unwrap_err();
    assert!(matches!(again, ControlError::Refused(failure) if failure.name == ErrorName::NotNow));
    control.call(None, Op::Plug {}).unwrap();
    assert_eq!(control.event(SOON).unwrap().unwrap(), Event::Plugged { key: "key".to_owned() });
    place.platform().sign_in(&credential);
}

#[test]
fn a_key_whose_place_is_taken_stays_out() {
    let place = Place::with(&[]);
    place.tell(Op::Unplug {});
    std::fs::write(place.path("key"), "mine").unwrap();
    let error = place.control().call(None, Op::Plug {}).unwrap_err();
    assert!(matches!(error, ControlError::Refused(failure) if failure.name == ErrorName::Failed));
    assert!(!place.control().keys().unwrap()[0].plugged);
    std::fs::remove_file(place.path("key")).unwrap();
    place.tell(Op::Plug {});
    place.platform().send(&GetInfo).unwrap();
}

#[test]
fn a_seed_repeats_from_where_it_is_set() {
    let place = Place::with(&[]);
    let mut platform = place.platform();
    let mut made = |seed| {
        place.tell(Op::Seed { seed });
        let reply = platform.send(&registration(true)).unwrap();
        reply.authenticator_data(fob_ctap::Strictness::Canonical).unwrap().attested_credential.unwrap()
    };
    let first = made(5);
    assert_eq!(made(5), first);
    assert_ne!(made(6), first);
}

#[test]
fn a_wink_is_told() {
    let place = Place::with(&[]);
    let mut control = place.control();
    control.watch(&[Watch::Wink]).unwrap();
    let mut platform = place.platform();
    platform.send_message(HidCommand::Wink, &[]);
    assert_eq!(control.event(SOON).unwrap().unwrap(), Event::Wink { key: "key".to_owned() });
}
