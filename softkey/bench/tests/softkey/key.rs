//! The key without its process: time is in the test's hand.

use fob_ambient::{Millis, SeededRng};
use fob_authenticator::{Authenticator, Parts, Presence, RamStore, RepeatableSigner};
use fob_ctap::hid::{ChannelId, HidCommand, HidMessage, Report};
use fob_ctap::selection::Selection;
use fob_ctap::{Command, Strictness};
use fob_softkey::{Key, Output};

fn key() -> Key {
    let parts = Parts {
        store: Box::new(RamStore),
        rng: Box::new(SeededRng::new(1)),
        signer: Box::new(RepeatableSigner),
        strictness: Strictness::Canonical,
    };
    Key::new(Authenticator::power_up(parts, Millis(0)).unwrap())
}

/// Sends a message that fits into one report.
fn send(key: &mut Key, message: &HidMessage, now: u64) -> Vec<Output> {
    let report = message.reports().next().unwrap();
    key.on_report(&report, Millis(now))
}

/// A key with an open channel.
fn opened() -> (Key, ChannelId) {
    let mut key = key();
    let outputs = send(&mut key, &HidMessage::init(ChannelId::BROADCAST, [1; 8]), 0);
    let [Output::Send(report)] = outputs.as_slice() else { panic!("{outputs:?}") };
    (key, ChannelId(u32::from_be_bytes(report[15..19].try_into().unwrap())))
}

fn select(key: &mut Key, channel: ChannelId, now: u64) -> Vec<Output> {
    send(key, &HidMessage::new(channel, HidCommand::Cbor, Selection.encode()).unwrap(), now)
}

/// Command and first data byte of each report; 0xbb is KEEPALIVE, 0x90 CBOR.
fn sent(outputs: &[Output]) -> Vec<(u8, u8)> {
    let report = |output: &Output| match output {
        Output::Send(report) => Some((report[4], report[7])),
        _ => None,
    };
    outputs.iter().filter_map(report).collect()
}

#[test]
fn nobody_answers_for_30_seconds() {
    let (mut key, channel) = opened();
    let outputs = select(&mut key, channel, 1_000);
    assert_eq!(sent(&outputs), [(0xbb, 2)]);
    assert!(matches!(outputs.last(), Some(Output::AskTouch(_))));
    let mut keepalives = 0;
    let reply = loop {
        let now = key.deadline().unwrap();
        let outputs = key.on_tick(now);
        match sent(&outputs).as_slice() {
            [(0xbb, 2)] => keepalives += 1,
            [(0x90, status)] => {
                assert_eq!(now, Millis(31_000));
                assert_eq!(outputs.first(), Some(&Output::TouchOver));
                break *status;
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(reply, 0x2f, "CTAP2_ERR_USER_ACTION_TIMEOUT");
    assert_eq!(keepalives, 299, "every 100 ms");
    assert_eq!(key.deadline(), None, "an idle key wakes for nothing");
}

#[test]
fn a_touch_is_preceded_by_a_keepalive_however_fast_it_is() {
    let (mut key, channel) = opened();
    assert_eq!(sent(&select(&mut key, channel, 5)), [(0xbb, 2)]);
    assert_eq!(sent(&key.presence(Presence::Touched, Millis(5))), [(0x90, 0x00)]);
    assert!(key.presence(Presence::Touched, Millis(5)).is_empty(), "once");
}

#[test]
fn cancel_and_touch_race_to_one_answer() {
    let (mut key, channel) = opened();
    select(&mut key, channel, 5);
    let outputs = send(&mut key, &HidMessage::cancel(channel), 6);
    assert_eq!(sent(&outputs), [(0x90, 0x2d)]);
    assert!(key.presence(Presence::Touched, Millis(6)).is_empty());
    assert!(send(&mut key, &HidMessage::cancel(channel), 7).is_empty());
}

#[test]
fn an_init_on_its_channel_aborts_a_request() {
    let (mut key, channel) = opened();
    select(&mut key, channel, 5);
    let outputs = send(&mut key, &HidMessage::init(channel, [2; 8]), 6);
    assert_eq!(sent(&outputs).iter().map(|(command, _)| *command).collect::<Vec<_>>(), [0x86]);
    assert!(outputs.contains(&Output::TouchOver));
    assert!(key.presence(Presence::Touched, Millis(7)).is_empty());
    assert_eq!(key.deadline(), None);
    assert_eq!(sent(&select(&mut key, channel, 8)), [(0xbb, 2)]);
}

#[test]
fn u2f_is_answered_at_once_and_its_touch_counts_for_the_next_time() {
    let (mut key, channel) = opened();
    let raw = |data: Vec<u8>| HidMessage::new(channel, HidCommand::Msg, data).unwrap();
    // U2F_VERSION (U2F Raw Message Formats §6): the text, then SW_NO_ERROR.
    let outputs = send(&mut key, &raw(vec![0, 3, 0, 0, 0, 0, 0]), 1);
    let [Output::Send(report)] = outputs.as_slice() else { panic!("{outputs:?}") };
    assert_eq!(report[4..15], *b"\x83\0\x08U2F_V2\x90\0");
    // U2F_REGISTER.
    let mut register = vec![0, 1, 0, 0, 0, 0, 64];
    register.extend([7; 64]);
    let sent_all = |key: &mut Key, now: u64| {
        let reports: Vec<Report> = raw(register.clone()).reports().collect();
        reports.iter().flat_map(|report| key.on_report(report, Millis(now))).collect::<Vec<_>>()
    };
    let outputs = sent_all(&mut key, 2);
    // SW_CONDITIONS_NOT_SATISFIED, and a touch is wanted; asked again, it is still the same touch.
    let [Output::Send(report), Output::AskTouch(_)] = outputs.as_slice() else { panic!("{outputs:?}") };
    assert_eq!(report[4..9], [0x83, 0, 2, 0x69, 0x85]);
    assert_eq!(sent(&sent_all(&mut key, 200)), [(0x83, 0x69)]);
    assert_eq!(key.presence(Presence::Touched, Millis(300)), [Output::TouchOver]);
    let outputs = sent_all(&mut key, 400);
    let Output::Send(first) = &outputs[0] else { panic!("{outputs:?}") };
    assert_eq!((first[4], first[7], outputs.len() > 5), (0x83, 0x05, true), "a registration begins with 5");
    assert_eq!(sent(&sent_all(&mut key, 500)), [(0x83, 0x69)], "one touch, one registration");
}

#[test]
fn wink_is_done_and_told() {
    let mut key = key();
    let outputs = send(&mut key, &HidMessage::init(ChannelId::BROADCAST, [1; 8]), 0);
    let [Output::Send(report)] = outputs.as_slice() else { panic!("{outputs:?}") };
    assert_eq!(report[23], 0x05, "WINK, CBOR, and no NMSG");
    let channel = ChannelId(u32::from_be_bytes(report[15..19].try_into().unwrap()));
    let wink = HidMessage::new(channel, HidCommand::Wink, Vec::new()).unwrap();
    let outputs = send(&mut key, &wink, 2);
    assert!(outputs.contains(&Output::Wink));
    assert_eq!(sent(&outputs)[0].0, 0x88);
}
