//! Keys that are silent, slow, broken or malicious, and other programs' reports on the same wire.

use fob_ctap::hid::{HidError, LinkError as Fault};
use fob_ctap::{Malformed, Status, Strictness};

use super::wire::*;
use crate::{KeyError, KeyState, Limits};

const OK: &[u8] = &[0];

struct Silent;

impl Brain for Silent {
    fn cbor(&mut self, _: &[u8]) -> Vec<Timed> {
        Vec::new()
    }
    fn init(&mut self, _: u32, _: &[u8]) -> Vec<Timed> {
        Vec::new()
    }
}

#[test]
fn a_key_that_gives_no_channel_costs_half_a_second() {
    let bench = Bench::new();
    assert!(matches!(bench.open(Silent), Err(KeyError::Silent)));
    assert_eq!(bench.elapsed(), 500);
}

#[test]
fn a_key_that_does_not_describe_itself_costs_a_second() {
    let bench = Bench::new();
    assert!(matches!(bench.open(|_: &[u8]| Vec::new()), Err(KeyError::Silent)));
    assert_eq!(bench.elapsed(), 1_000);
}

/// Keepalives without end do not make getInfo something to wait for.
#[test]
fn a_key_that_is_forever_about_to_describe_itself_costs_two_seconds_and_the_way_out() {
    let bench = Bench::new();
    let forever = |_: &[u8]| after_keepalives(&[1; 9_999], OK);
    assert!(matches!(bench.open(forever), Err(KeyError::Silent)));
    assert_eq!((bench.elapsed(), bench.commands()), (2_000, vec![INIT, CBOR, CANCEL]));
}

#[test]
fn a_key_that_falls_silent_is_given_up_after_a_second() {
    let mut bench = Bench::new();
    let mut session = bench.open(simple(|_| after_keepalives(&[2; 5], OK).into_iter().take(5).collect())).unwrap();
    assert!(matches!(bench.touch(&mut session), Err(KeyError::Silent)));
    assert_eq!(bench.elapsed(), 500 + 1_000);
}

#[test]
fn reports_of_zeros_are_no_sign_of_life() {
    let mut bench = Bench::new();
    let mut session = bench.open(simple(|_| vec![(10, [0; 64]); 500])).unwrap();
    assert!(matches!(bench.touch(&mut session), Err(KeyError::Silent)));
    assert_eq!(bench.elapsed(), 1_000);
}

/// Each report just before the silence limit: only the deadline ends it, and the end is read for three seconds at most.
#[test]
fn an_answer_in_drops_is_ended_by_the_deadline() {
    let mut bench = Bench::new();
    let drops = |_: &[u8]| message(OURS, CBOR, &[0; 7_000]).into_iter().map(|report| (900, report)).collect();
    let mut session = bench.open(simple(drops)).unwrap();
    assert!(matches!(bench.call_within(&mut session, 10_000), Err(KeyError::TimedOut)));
    assert!((10_000..=13_000).contains(&bench.elapsed()), "{}", bench.elapsed());
    assert_eq!(bench.commands(), [INIT, CBOR, CBOR, CANCEL]);
}

/// Everything that another program's traffic can look like, before every single report of ours.
#[test]
fn other_programs_reports_are_passed_over_wherever_they_come() {
    let foreign = [
        message(THEIRS, CBOR, &[0x31]),
        message(THEIRS, CBOR, &[0; 200]),
        message(THEIRS, KEEPALIVE, &[2]),
        message(THEIRS, ERROR, &[CHANNEL_BUSY]),
        message(BROADCAST, INIT, &init_reply(&[0xee; 8], 0x0c)),
        message(BROADCAST, ERROR, &[CHANNEL_BUSY]),
        message(0, CBOR, &[0x31]),
        // The rest of an answer to somebody who had our channel before us.
        message(OURS, CBOR, &[0; 100]).split_off(1),
    ];
    for noise in foreign {
        let mut bench = Bench::new();
        bench.noise = noise.clone();
        let brain = simple(|request: &[u8]| {
            assert_eq!(request, [0x0b]);
            after_keepalives(&[1, 2], OK)
        });
        let mut session = bench.open(brain).unwrap();
        let touched = bench.touch(&mut session);
        assert!(touched.is_ok(), "{touched:?} after {noise:02x?}");
        assert_eq!(bench.states, [KeyState::Processing, KeyState::TouchNeeded]);
    }
}

/// Between the reports of one long answer, at each of its borders.
#[test]
fn a_long_answer_survives_foreign_reports_between_its_own() {
    let foreign = message(THEIRS, CBOR, &[0x55; 150]);
    let answer = {
        let mut info = info_2_0();
        info[1] = 0xa3;
        // A third member, unknown to us and 500 bytes long.
        info.extend([0x18, 0x60, 0x59, 0x01, 0xf4]);
        info.extend([7; 500]);
        message(OURS, CBOR, &info)
    };
    for position in 0..=answer.len() {
        let mut reports = answer.clone();
        reports.splice(position..position, foreign.iter().copied());
        let session = Bench::new().open(move |_: &[u8]| now(reports.clone())).unwrap();
        assert_eq!(session.info().versions, ["FIDO_2_0"], "at {position}");
    }
}

#[test]
fn an_answer_to_another_nonce_is_not_ours() {
    struct TwoAnswers;
    impl Brain for TwoAnswers {
        fn cbor(&mut self, _: &[u8]) -> Vec<Timed> {
            now(message(OURS, CBOR, &info_2_0()))
        }
        fn init(&mut self, channel: u32, nonce: &[u8]) -> Vec<Timed> {
            let mut wrong = init_reply(nonce, 0x0c);
            wrong[0] ^= 1;
            wrong[8..12].copy_from_slice(&THEIRS.to_be_bytes());
            let mut answers = now(message(channel, INIT, &wrong));
            answers.extend(now(message(channel, INIT, &init_reply(nonce, 0x0c))));
            answers
        }
    }
    let bench = Bench::new();
    bench.open(TwoAnswers).unwrap();
    assert_eq!(bench.log.lock().unwrap()[1].channel, OURS);
}

#[test]
fn only_wrong_nonces_are_a_silence_and_a_busy_key_says_so() {
    struct Answers(u8, Vec<u8>);
    impl Brain for Answers {
        fn cbor(&mut self, _: &[u8]) -> Vec<Timed> {
            Vec::new()
        }
        fn init(&mut self, channel: u32, _: &[u8]) -> Vec<Timed> {
            now(message(channel, self.0, &self.1))
        }
    }
    let wrong = Answers(INIT, init_reply(&[0xee; 8], 0x0c));
    assert!(matches!(Bench::new().open(wrong), Err(KeyError::Silent)));
    let busy = Answers(ERROR, vec![CHANNEL_BUSY]);
    assert!(matches!(Bench::new().open(busy), Err(KeyError::Busy)));
}

/// Pulled out after every number of reports there is: the same clear error each time.
#[test]
fn a_key_pulled_out_after_any_report_is_removed() {
    let whole = {
        let bench = Bench::new();
        let mut session = bench.open(simple(|_| after_keepalives(&[1, 2, 2], OK))).unwrap();
        let mut bench = bench;
        bench.touch(&mut session).unwrap();
        // INIT and its answer, getInfo and its, the command, three keepalives, the answer.
        9
    };
    for reports in 0..whole {
        let mut bench = Bench::new();
        bench.reports_left = reports;
        let outcome =
            bench.open(simple(|_| after_keepalives(&[1, 2, 2], OK))).and_then(|mut session| bench.touch(&mut session));
        assert!(matches!(outcome, Err(KeyError::Removed)), "after {reports}: {outcome:?}");
    }
    let mut bench = Bench::new();
    bench.reports_left = whole;
    let mut session = bench.open(simple(|_| after_keepalives(&[1, 2, 2], OK))).unwrap();
    bench.touch(&mut session).unwrap();
}

#[test]
fn an_announced_length_that_no_message_has_is_refused() {
    let mut bench = Bench::new();
    let mut session = bench.open(simple(|_| now(announced(OURS, CBOR, 7_610, &[0; 57])))).unwrap();
    assert!(matches!(bench.touch(&mut session), Err(KeyError::Confused(Fault::Framing(_)))));
}

#[test]
fn a_missing_report_is_noticed_and_the_next_command_starts_afresh() {
    let mut bench = Bench::new();
    let mut first = true;
    let brain = simple(move |_| {
        let mut answer = message(OURS, CBOR, &[0; 300]);
        if std::mem::take(&mut first) {
            answer.remove(2);
            return now(answer);
        }
        now(message(OURS, CBOR, OK))
    });
    let mut session = bench.open(brain).unwrap();
    assert!(matches!(bench.touch(&mut session), Err(KeyError::Confused(Fault::Framing(_)))));
    bench.touch(&mut session).unwrap();
    assert_eq!(bench.commands(), [INIT, CBOR, CBOR, INIT, CBOR]);
    assert_eq!(bench.log.lock().unwrap()[3].channel, OURS);
}

#[test]
fn answers_that_are_none_are_named_for_what_they_are() {
    let answer = |reports: Vec<crate::Report>| {
        let mut bench = Bench::new();
        let mut session = bench.open(simple(move |_| now(reports.clone()))).unwrap();
        bench.touch(&mut session)
    };
    assert!(matches!(answer(message(OURS, CBOR, &[])), Err(KeyError::Malformed(Malformed::Empty))));
    assert!(matches!(answer(message(OURS, CBOR, &[0x27])), Err(KeyError::Refused(Status::OperationDenied))));
    assert!(matches!(answer(message(OURS, CBOR, &[0xf3])), Err(KeyError::Refused(Status::Unknown(0xf3)))));
    assert!(matches!(answer(message(OURS, CBOR, &[0, 0xff])), Err(KeyError::Malformed(Malformed::Cbor(_)))));
    assert!(matches!(answer(message(OURS, 0x03, &[0])), Err(KeyError::Confused(Fault::WrongCommand(_)))));
    let invalid = message(OURS, ERROR, &[0x01]);
    assert!(matches!(answer(invalid), Err(KeyError::Confused(Fault::Refused(HidError::InvalidCommand)))));
}

/// {3: …, 1: …}: keys out of order (§8).
#[test]
fn unsorted_cbor_is_refused_unless_asked_for() {
    let unsorted = || {
        let mut bytes = vec![0x00, 0xa2, 0x03, 0x50];
        bytes.extend([0x42; 16]);
        bytes.extend([0x01, 0x81, 0x68]);
        bytes.extend(b"FIDO_2_0");
        move |_: &[u8]| now(message(OURS, CBOR, &bytes))
    };
    assert!(matches!(Bench::new().open(unsorted()), Err(KeyError::Malformed(Malformed::Cbor(_)))));
    let mut bench = Bench::new();
    bench.limits = Limits { strictness: Strictness::Lenient, ..Limits::default() };
    assert_eq!(bench.open(unsorted()).unwrap().info().versions, ["FIDO_2_0"]);
}
