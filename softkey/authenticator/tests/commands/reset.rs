//! authenticatorReset (§6.6) and authenticatorSelection (§6.9).

use fob_authenticator::Presence;
use fob_ctap::get_info::{GetInfo, option};
use fob_ctap::pin::Protocol;
use fob_ctap::reset::Reset;
use fob_ctap::selection::Selection;
use fob_ctap::{Command, Status};

use crate::platform::{ALL, PIN, Platform, RP, assertion, registration, resident};

#[test]
fn a_reset_is_possible_for_ten_seconds_after_power_up() {
    let mut platform = Platform::new();
    platform.wait(10_000);
    platform.send(&Reset).unwrap();
    platform.wait(1);
    assert_eq!(platform.send(&Reset).unwrap_err(), Status::NotAllowed);
    platform.key.power_cycle(platform.now);
    platform.send(&Reset).unwrap();
}

#[test]
fn a_reset_forgets_everything() {
    let mut platform = Platform::with_pin();
    let kept = platform.register(resident(1), true).unwrap();
    let sealed = platform.register(registration(), true).unwrap();
    platform.token(Protocol::Two, "9999", ALL, Some(RP)).unwrap_err();
    platform.send(&Reset).unwrap();
    for made in [kept, sealed] {
        assert_eq!(platform.send(&assertion(&[&made])).unwrap_err(), Status::NoCredentials);
    }
    assert_eq!(platform.send(&GetInfo).unwrap().options.get(option::CLIENT_PIN), Some(false));
    assert_eq!(platform.retries().retries, 8);
    platform.set_pin(Protocol::Two, PIN).unwrap();
    platform.restart();
    assert_eq!(platform.key.state().resident_count(), 0);
}

#[test]
fn a_blocked_key_can_be_reset_and_used_again() {
    let mut platform = Platform::with_pin();
    for _ in 0..3 {
        platform.token(Protocol::Two, "9999", ALL, Some(RP)).unwrap_err();
    }
    platform.send(&Reset).unwrap();
    platform.set_pin(Protocol::Two, PIN).unwrap();
    platform.token(Protocol::Two, PIN, ALL, Some(RP)).unwrap();
}

#[test]
fn no_touch_has_four_faces() {
    for (person, expected) in [
        (Presence::Touched, Ok(())),
        (Presence::Refused, Err(Status::OperationDenied)),
        (Presence::TimedOut, Err(Status::UserActionTimeout)),
        (Presence::Cancelled, Err(Status::KeepaliveCancel)),
    ] {
        let mut platform = Platform::new();
        let kept = platform.register(resident(1), false).unwrap();
        platform.person = person;
        assert_eq!(platform.send(&Selection), expected);
        assert_eq!(platform.send(&Reset), expected);
        platform.person = Presence::Touched;
        assert_eq!(platform.send(&assertion(&[&kept])).is_ok(), expected.is_err(), "{person:?}");
    }
}

#[test]
fn a_touch_that_nobody_asked_for_changes_nothing() {
    let mut platform = Platform::new();
    let step = platform.key.presence(Presence::Touched, platform.now);
    assert_eq!(step, fob_authenticator::Step::Reply(Status::NoOperations.encode()));
    // And one whose request was aborted.
    let asked = platform.key.request(&Reset.encode(), platform.caller, platform.now);
    assert!(matches!(asked, fob_authenticator::Step::AskPresence(_)));
    platform.key.abort();
    let step = platform.key.presence(Presence::Touched, platform.now);
    assert_eq!(step, fob_authenticator::Step::Reply(Status::NoOperations.encode()));
}
