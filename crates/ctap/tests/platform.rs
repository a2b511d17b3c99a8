//! A platform's end of CTAPHID against hand-written reports (CTAP 2.3 §11.2), and against a key's end.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a table that does not fit ends its test")]

use fob_ambient::Millis;
use fob_ctap::Status;
use fob_ctap::hid::{
    Capabilities, ChannelId, Deadlines, Device, DeviceEvent, DeviceIdentity, FramingError, HidCommand, HidError,
    HidMessage, KeepaliveStatus, LinkError, OpenStep, Opening, Report, Step, Transaction,
};
use proptest::prelude::*;

const OURS: ChannelId = ChannelId(7);
const THEIRS: ChannelId = ChannelId(8);
const NONCE: [u8; 8] = [9; 8];
const START: Millis = Millis(10_000);
const DEADLINES: Deadlines = Deadlines { answer: Millis(40_000), silence: Millis(1_000) };

fn report(channel: ChannelId, rest: &[u8]) -> Report {
    let mut report = [0; 64];
    let bytes = [channel.0.to_be_bytes().as_slice(), rest].concat();
    report[..bytes.len()].copy_from_slice(&bytes);
    report
}

fn transaction(command: HidCommand) -> Transaction {
    let request = HidMessage::new(OURS, command, vec![4]).unwrap();
    Transaction::start(&request, DEADLINES, START)
}

fn answer(nonce: [u8; 8], channel: ChannelId) -> Vec<u8> {
    [&[0x86, 0, 17], nonce.as_slice(), &channel.0.to_be_bytes(), &[2, 5, 4, 3, 4]].concat()
}

#[test]
fn a_channel_is_ours_when_the_nonce_is() {
    let all = ChannelId::BROADCAST;
    let (mut opening, sent) = Opening::start(NONCE, Millis(10_500));
    assert_eq!(sent, report(all, &[[0x86, 0, 8].as_slice(), &NONCE].concat()));
    let short = [&[0x86, 0, 16], &answer(NONCE, OURS)[3..19]].concat();
    for (case, passed_over) in [
        ("another's nonce", report(all, &answer([8; 8], OURS))),
        ("another channel", report(THEIRS, &answer(NONCE, OURS))),
        ("sixteen bytes", report(all, &short)),
        ("the broadcast channel as ours", report(all, &answer(NONCE, all))),
        ("the reserved channel as ours", report(all, &answer(NONCE, ChannelId(0)))),
        ("the rest of something", report(all, &[0, 1, 2, 3])),
        ("nothing but zeros", [0; 64]),
        ("a keepalive", report(all, &[0xbb, 0, 1, 1])),
    ] {
        assert_eq!(opening.on_report(&passed_over), Ok(OpenStep::Waiting), "{case}");
    }
    let Ok(OpenStep::Opened(reply)) = opening.on_report(&report(all, &answer(NONCE, OURS))) else { panic!("waiting") };
    assert_eq!((reply.channel, reply.device_version), (OURS, [5, 4, 3]));
    assert!(reply.capabilities.contains(Capabilities::CBOR) && !reply.capabilities.contains(Capabilities::NMSG));
}

#[test]
fn an_opening_ends_at_its_deadline() {
    let (mut opening, _) = Opening::start(NONCE, Millis(10_500));
    assert_eq!(opening.deadline(), Millis(10_500));
    assert_eq!(opening.on_tick(Millis(10_499)), Ok(()));
    assert_eq!(opening.on_tick(Millis(10_500)), Err(LinkError::TimedOut));
    // On the channel of all the error may be another's; at the end it is the best explanation that there is.
    let busy = report(ChannelId::BROADCAST, &[0xbf, 0, 1, 6]);
    assert_eq!(opening.on_report(&busy), Ok(OpenStep::Waiting));
    assert_eq!(opening.on_tick(Millis(10_500)), Err(LinkError::Refused(HidError::ChannelBusy)));
}

#[test]
fn a_fresh_start_asks_on_our_own_channel() {
    let (mut opening, sent) = Opening::resynchronize(OURS, NONCE, Millis(10_500));
    assert_eq!(sent, report(OURS, &[[0x86, 0, 8].as_slice(), &NONCE].concat()));
    assert_eq!(opening.on_report(&report(OURS, &[0x90, 0, 1, 0x2d])), Ok(OpenStep::Waiting), "an old answer");
    let unknown = opening.on_report(&report(OURS, &[0xbf, 0, 1, 0x0b]));
    assert_eq!(unknown, Err(LinkError::Refused(HidError::InvalidChannel)));
}

#[test]
fn an_answer_comes_through_strangers_and_keepalives() {
    let mut transaction = transaction(HidCommand::Cbor);
    let step =
        |transaction: &mut Transaction, channel, rest: &[u8]| transaction.on_report(&report(channel, rest), START);
    let long: Vec<u8> = (0..70).collect();
    for (case, channel, rest, expected) in [
        ("another's answer", THEIRS, [&[0x90, 0, 1], &[0][..]].concat(), Step::Foreign),
        ("another's error", THEIRS, vec![0xbf, 0, 1, 6], Step::Foreign),
        ("the rest of something", OURS, vec![0, 1, 2], Step::Foreign),
        ("working", OURS, vec![0xbb, 0, 1, 1], Step::Keepalive(KeepaliveStatus::Processing)),
        ("touch me", OURS, vec![0xbb, 0, 1, 2], Step::Keepalive(KeepaliveStatus::UserPresenceNeeded)),
        ("a state nobody knows", OURS, vec![0xbb, 0, 1, 9], Step::Keepalive(KeepaliveStatus::Unknown(9))),
        ("the beginning", OURS, [&[0x90, 0, 70], &long[..57]].concat(), Step::Partial),
        ("another's in between", THEIRS, vec![0, 7, 7], Step::Foreign),
        ("the end", OURS, [&[0], &long[57..]].concat(), Step::Done(long.clone())),
    ] {
        assert_eq!(step(&mut transaction, channel, &rest), Ok(expected), "{case}");
    }
}

#[test]
fn an_answer_that_is_none_ends_the_transaction() {
    for (case, reports, expected) in [
        ("an error", vec![vec![0xbf, 0, 1, 6]], LinkError::Refused(HidError::ChannelBusy)),
        ("an error without number", vec![vec![0xbf, 0, 0]], LinkError::Refused(HidError::Other(0x7f))),
        ("another command's answer", vec![vec![0x81, 0, 1, 0]], LinkError::WrongCommand(HidCommand::Ping)),
        ("too long", vec![vec![0x90, 0xff, 0xff]], LinkError::Framing(FramingError::TooLong(0xffff))),
        (
            "a gap",
            vec![vec![0x90, 0, 200], vec![1]],
            LinkError::Framing(FramingError::Sequence { expected: 0, came: 1 }),
        ),
    ] {
        let mut transaction = transaction(HidCommand::Cbor);
        let steps = reports.iter().map(|rest| transaction.on_report(&report(OURS, rest), START));
        assert_eq!(steps.last().unwrap(), Err(expected), "{case}");
    }
}

#[test]
fn silence_is_noticed_and_ended_by_our_reports_alone() {
    let mut transaction = transaction(HidCommand::Cbor);
    assert_eq!(transaction.deadline(), Millis(11_000));
    assert_eq!(transaction.on_tick(Millis(10_999)), Ok(()));
    let _ = transaction.on_report(&report(OURS, &[0xbb, 0, 1, 2]), Millis(10_900));
    assert_eq!(transaction.on_tick(Millis(11_899)), Ok(()));
    let _ = transaction.on_report(&report(THEIRS, &[0xbb, 0, 1, 2]), Millis(11_800));
    let _ = transaction.on_report(&report(OURS, &[0, 1, 2]), Millis(11_800));
    assert_eq!(transaction.on_tick(Millis(11_900)), Err(LinkError::Silent));
}

/// ctap-hid-fido2 gives up after 500 keepalives with a false status; here only time counts.
#[test]
fn no_number_of_keepalives_is_too_many() {
    let mut transaction = transaction(HidCommand::Cbor);
    for beat in 1..300 {
        let now = START.plus(Millis(beat * 100));
        let step = transaction.on_report(&report(OURS, &[0xbb, 0, 1, 2]), now).unwrap();
        assert_eq!(step, Step::Keepalive(KeepaliveStatus::UserPresenceNeeded));
        assert_eq!(transaction.on_tick(now), Ok(()));
    }
    assert_eq!(transaction.on_tick(Millis(40_000)), Err(LinkError::TimedOut));
}

#[test]
fn a_cancelled_request_is_read_to_its_end() {
    let mut transaction = transaction(HidCommand::Cbor);
    let _ = transaction.on_report(&report(OURS, &[0xbb, 0, 1, 2]), Millis(39_900));
    assert_eq!(transaction.on_tick(Millis(40_000)), Err(LinkError::TimedOut));
    assert_eq!(transaction.cancel(Millis(41_000)), Some(report(OURS, &[0x91, 0, 0])));
    assert_eq!(transaction.cancel(Millis(41_000)), None, "once is enough");
    assert_eq!(transaction.on_tick(Millis(40_800)), Ok(()));
    let _ = transaction.on_report(&report(OURS, &[0xbb, 0, 1, 2]), Millis(40_800)).unwrap();
    let end = transaction.on_report(&report(OURS, &[0x90, 0, 1, 0x2d]), Millis(40_900));
    assert_eq!(end, Ok(Step::Done(Status::KeepaliveCancel.encode())));
}

#[test]
fn only_cbor_can_be_cancelled() {
    assert_eq!(transaction(HidCommand::Msg).cancel(Millis(41_000)), None);
}

/// Both ends together: whatever is sent arrives, in either direction, whatever another channel says in between.
fn exchange(request: &[u8], reply: &[u8], noise: &[Report]) -> Vec<u8> {
    let mut device = Device::new(DeviceIdentity { version: [1, 0, 0], capabilities: Capabilities::CBOR });
    let sent = |events: Vec<DeviceEvent>| {
        events.into_iter().filter_map(|event| if let DeviceEvent::Send(report) = event { Some(report) } else { None })
    };
    let (mut opening, asks) = Opening::start(NONCE, Millis(10_500));
    let answer = sent(device.on_report(&asks, START)).next().unwrap();
    let Ok(OpenStep::Opened(init)) = opening.on_report(&answer) else { panic!("no channel") };
    let message = HidMessage::new(init.channel, HidCommand::Cbor, request.to_vec()).unwrap();
    let mut transaction = Transaction::start(&message, DEADLINES, START);
    let mut events = Vec::new();
    for report in message.reports() {
        noise.iter().for_each(|noise| drop(device.on_report(noise, START)));
        events.extend(device.on_report(&report, START));
    }
    assert_eq!(events, [DeviceEvent::Cbor { channel: init.channel, data: request.to_vec() }]);
    for report in sent(device.reply(init.channel, reply.to_vec()).unwrap()) {
        for noise in noise {
            assert_eq!(transaction.on_report(noise, START), Ok(Step::Foreign));
        }
        if let Step::Done(data) = transaction.on_report(&report, START).unwrap() {
            return data;
        }
    }
    panic!("no end");
}

proptest! {
    #[test]
    fn what_is_sent_arrives(
        request in prop::collection::vec(any::<u8>(), 1..600),
        reply in prop::collection::vec(any::<u8>(), 0..600),
        noise in prop::collection::vec(prop::array::uniform32(any::<u8>()), 0..3),
    ) {
        let noise: Vec<Report> = noise.iter().map(|noise| report(THEIRS, noise)).collect();
        prop_assert_eq!(exchange(&request, &reply, &noise), reply);
    }
}
