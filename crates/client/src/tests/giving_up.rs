//! Cancel and deadlines: the key is told, its answer is read to the end, the next command works.

use std::sync::Arc;

use fob_ambient::Millis;
use fob_ctap::selection::Selection;

use super::wire::*;
use crate::{KeyError, KeyState, Session, Watch};

const OK: &[u8] = &[0];
const FOREVER: [u8; 2_000] = [2; 2_000];

/// Waits for a touch for ever; what it does about a CANCEL is up to the test. Its second command works at once.
struct Patient {
    on_cancel: Option<Vec<Timed>>,
    commands: u8,
}

impl Brain for Patient {
    fn cbor(&mut self, request: &[u8]) -> Vec<Timed> {
        if request == [0x04] {
            return now(message(OURS, CBOR, &info_2_0()));
        }
        self.commands += 1;
        if self.commands == 1 { after_keepalives(&FOREVER, OK) } else { now(message(OURS, CBOR, OK)) }
    }

    fn cancel(&mut self) -> Option<Vec<Timed>> {
        self.on_cancel.clone()
    }
}

fn patient(on_cancel: Option<Vec<Timed>>) -> Patient {
    Patient { on_cancel, commands: 0 }
}

/// Somebody cancels as soon as the key blinks.
fn cancelled_when_it_blinks(bench: &Bench, session: &mut Session) -> Result<(), KeyError> {
    let cancel = bench.cancel.clone();
    let mut states = |state| {
        if state == KeyState::TouchNeeded {
            cancel.cancel();
        }
    };
    let deadline = session.deadline_in(Millis(60_000));
    session.call(&Selection, &mut Watch { deadline, cancel: &bench.cancel, states: &mut states })
}

fn next_command_works(bench: &mut Bench, session: &mut Session) {
    bench.cancel = crate::CancelToken::new();
    bench.touch(session).unwrap();
}

#[test]
fn a_cancel_reaches_the_key_and_its_answer_is_read_to_the_end() {
    let mut bench = Bench::new();
    // One more keepalive before it notices.
    let answer = after_keepalives(&[2], &[KEEPALIVE_CANCEL]);
    let mut session = bench.open(patient(Some(answer))).unwrap();
    assert!(matches!(cancelled_when_it_blinks(&bench, &mut session), Err(KeyError::Cancelled)));
    assert_eq!(bench.elapsed(), 200);
    next_command_works(&mut bench, &mut session);
    // No fresh start was needed.
    assert_eq!(bench.commands(), [INIT, CBOR, CBOR, CANCEL, CBOR]);
}

/// The touch came at the same moment. Whoever cancelled must not get a credential, and the session goes on.
#[test]
fn an_answer_that_crosses_a_cancel_is_dropped() {
    let mut bench = Bench::new();
    let mut session = bench.open(patient(Some(now(message(OURS, CBOR, OK))))).unwrap();
    assert!(matches!(cancelled_when_it_blinks(&bench, &mut session), Err(KeyError::Cancelled)));
    next_command_works(&mut bench, &mut session);
    assert_eq!(bench.commands(), [INIT, CBOR, CBOR, CANCEL, CBOR]);
}

#[test]
fn an_answer_that_crosses_the_deadline_counts() {
    let mut bench = Bench::new();
    let mut session = bench.open(patient(Some(now(message(OURS, CBOR, OK))))).unwrap();
    bench.call_within(&mut session, 5_000).unwrap();
    assert_eq!((bench.elapsed(), bench.commands()), (5_000, vec![INIT, CBOR, CBOR, CANCEL]));
}

#[test]
fn at_the_deadline_the_key_is_told() {
    let mut bench = Bench::new();
    let mut session = bench.open(patient(Some(now(message(OURS, CBOR, &[KEEPALIVE_CANCEL]))))).unwrap();
    assert!(matches!(bench.call_within(&mut session, 5_000), Err(KeyError::TimedOut)));
    assert_eq!(bench.elapsed(), 5_000);
    next_command_works(&mut bench, &mut session);
    assert_eq!(bench.commands(), [INIT, CBOR, CBOR, CANCEL, CBOR]);
}

#[test]
fn a_key_that_knows_no_cancel_is_left_after_three_seconds_and_started_afresh() {
    let mut bench = Bench::new();
    let mut session = bench.open(patient(None)).unwrap();
    assert!(matches!(cancelled_when_it_blinks(&bench, &mut session), Err(KeyError::Cancelled)));
    assert_eq!(bench.elapsed(), 100 + 3_000);
    next_command_works(&mut bench, &mut session);
    assert_eq!(bench.commands(), [INIT, CBOR, CBOR, CANCEL, INIT, CBOR]);
    assert_eq!(bench.log.lock().unwrap()[4].channel, OURS);
}

#[test]
fn a_key_that_falls_silent_over_a_cancel_is_left_after_a_second() {
    let mut bench = Bench::new();
    let mut session = bench.open(patient(Some(Vec::new()))).unwrap();
    assert!(matches!(cancelled_when_it_blinks(&bench, &mut session), Err(KeyError::Cancelled)));
    assert_eq!(bench.elapsed(), 100 + 1_000);
    next_command_works(&mut bench, &mut session);
}

#[test]
fn a_key_pulled_out_over_a_cancel_is_removed() {
    let mut bench = Bench::new();
    // INIT and its answer, getInfo and its, the command, a keepalive, CANCEL.
    bench.reports_left = 7;
    let mut session = bench.open(patient(Some(now(message(OURS, CBOR, &[KEEPALIVE_CANCEL]))))).unwrap();
    assert!(matches!(cancelled_when_it_blinks(&bench, &mut session), Err(KeyError::Removed)));
}

#[test]
fn what_was_cancelled_before_is_not_sent() {
    let mut bench = Bench::new();
    let mut session = bench.open(simple(|_| panic!("nothing is sent"))).unwrap();
    assert!(matches!(bench.call_within(&mut session, 0), Err(KeyError::TimedOut)));
    bench.cancel.cancel();
    assert!(matches!(bench.touch(&mut session), Err(KeyError::Cancelled)));
    assert!(matches!(
        Bench { clock: Arc::clone(&bench.clock), ..bench }.open(simple(|_| Vec::new())),
        Err(KeyError::Cancelled)
    ));
}

#[test]
fn a_cancel_ends_the_waiting_for_another_program() {
    let bench = Bench::new();
    let mut session = bench.open(simple(|_| now(message(OURS, ERROR, &[CHANNEL_BUSY])))).unwrap();
    let cancel = bench.cancel.clone();
    let mut busy = 0;
    let mut states = |_| {
        busy += 1;
        if busy == 3 {
            cancel.cancel();
        }
    };
    let deadline = session.deadline_in(Millis(60_000));
    let outcome = session.call(&Selection, &mut Watch::new(deadline, &bench.cancel, &mut states));
    assert!(matches!(outcome, Err(KeyError::Cancelled)));
    assert_eq!(bench.elapsed(), 150);
}

/// 1 024 bytes is what a key takes that does not say (§6.4).
#[test]
fn a_request_longer_than_the_key_takes_is_not_sent() {
    use fob_ctap::client_pin::{GetPinToken, Permissions};
    use fob_ctap::cose::{KeyAgreementKey, P256Point};
    let bench = Bench::new();
    let mut session = bench.open(simple(|_| panic!("nothing is sent"))).unwrap();
    let request = GetPinToken {
        key_agreement: KeyAgreementKey(P256Point { x: [1; 32], y: [2; 32] }),
        pin_hash_enc: vec![0; 1_024],
        permissions: Some(Permissions::GET_ASSERTION),
        rp_id: None,
        protocol: fob_ctap::pin::Protocol::One,
    };
    let deadline = session.deadline_in(Millis(1_000));
    let outcome = session.call(&request, &mut Watch::new(deadline, &bench.cancel, &mut |_| {}));
    assert!(matches!(outcome, Err(KeyError::TooLarge { length: 1_025.., limit: 1_024 })));
}
