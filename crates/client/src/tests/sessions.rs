//! What goes over the wire when all is well, and states on the way.

use super::wire::*;
use crate::{KeyError, KeyState};

const OK: &[u8] = &[0];

#[test]
fn a_session_asks_for_a_channel_and_a_description_then_uses_the_channel() {
    let mut bench = Bench::new();
    let mut session = bench.open(simple(|_| now(message(OURS, CBOR, OK)))).unwrap();
    assert_eq!(session.info().versions, ["FIDO_2_0"]);
    bench.touch(&mut session).unwrap();
    let log = bench.log.lock().unwrap();
    assert_eq!((log[0].channel, log[0].command, log[0].data.len()), (BROADCAST, INIT, 8));
    assert_eq!(log[1], Seen { channel: OURS, command: CBOR, data: vec![0x04] });
    assert_eq!(log[2], Seen { channel: OURS, command: CBOR, data: vec![0x0b] });
}

#[test]
fn a_minute_of_keepalives_is_waited_for_and_told_once() {
    let mut bench = Bench::new();
    let mut session = bench.open(simple(|_| after_keepalives(&[2; 599], OK))).unwrap();
    bench.touch(&mut session).unwrap();
    assert_eq!(bench.states, [KeyState::TouchNeeded]);
    assert_eq!(bench.elapsed(), 59_900);
}

#[test]
fn every_change_of_state_is_told_and_unknown_states_are_borne() {
    let mut bench = Bench::new();
    let states = [1, 1, 2, 2, 7, 2, 0, 1];
    let mut session = bench.open(simple(move |_| after_keepalives(&states, OK))).unwrap();
    bench.touch(&mut session).unwrap();
    use KeyState::{Other, Processing, TouchNeeded};
    assert_eq!(bench.states, [Processing, TouchNeeded, Other(7), TouchNeeded, Other(0), Processing]);
}

/// A request of several reports, and a reply of several: {1: ["FIDO_2_0"], 3: …} with a long extension list.
#[test]
fn long_messages_are_cut_and_joined() {
    let bench = Bench::new();
    let mut info = vec![0x00, 0xa3, 0x01, 0x81, 0x68];
    info.extend(b"FIDO_2_0");
    // 2: an array of 200 texts of one letter.
    info.extend([0x02, 0x98, 200]);
    info.extend([0x61, b'x'].repeat(200));
    info.extend([0x03, 0x50]);
    info.extend([0; 16]);
    let session = bench.open(move |_: &[u8]| now(message(OURS, CBOR, &info))).unwrap();
    assert_eq!(session.info().extensions.len(), 200);
}

#[test]
fn a_key_that_serves_another_program_is_asked_again() {
    let mut bench = Bench::new();
    let mut busy = 3;
    let brain = simple(move |_| {
        if busy == 0 {
            return now(message(OURS, CBOR, OK));
        }
        busy -= 1;
        now(message(OURS, ERROR, &[CHANNEL_BUSY]))
    });
    let mut session = bench.open(brain).unwrap();
    bench.touch(&mut session).unwrap();
    assert_eq!(bench.states, [KeyState::InUse; 3]);
    assert_eq!(bench.elapsed(), 50 + 100 + 200);
}

#[test]
fn a_key_that_stays_busy_is_given_up_at_the_deadline() {
    let mut bench = Bench::new();
    let mut session = bench.open(simple(|_| now(message(OURS, ERROR, &[CHANNEL_BUSY])))).unwrap();
    assert!(matches!(bench.call_within(&mut session, 2_000), Err(KeyError::Busy)));
    assert_eq!(bench.elapsed(), 2_000);
    assert!(bench.states.iter().all(|state| *state == KeyState::InUse));
}

#[test]
fn a_u2f_key_is_told_apart() {
    struct U2f;
    impl Brain for U2f {
        fn cbor(&mut self, _: &[u8]) -> Vec<Timed> {
            panic!("a key without CTAP2 is asked nothing of it")
        }
        fn init(&mut self, channel: u32, nonce: &[u8]) -> Vec<Timed> {
            now(message(channel, INIT, &init_reply(nonce, 0x01)))
        }
    }
    assert!(matches!(Bench::new().open(U2f), Err(KeyError::NoCtap2)));
}

/// A transaction runs on a thread of its own, with all that belongs to it.
#[test]
fn a_session_and_its_token_move_to_another_thread() {
    let mut bench = Bench::new();
    let mut session = bench.open(simple(|_| now(message(OURS, CBOR, OK)))).unwrap();
    let cancel = bench.cancel.clone();
    let touched = std::thread::spawn(move || bench.touch(&mut session)).join().unwrap();
    touched.unwrap();
    cancel.cancel();
}
