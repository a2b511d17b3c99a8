//! A key's end of CTAPHID, clause by clause (CTAP 2.3 §11.2). Reports are written by hand: `first`, `next`.

use super::*;

const NONCE: [u8; 8] = *b"nonce 01";
const IDENTITY: DeviceIdentity =
    DeviceIdentity { version: [1, 2, 3], capabilities: Capabilities(Capabilities::WINK.0 | Capabilities::CBOR.0) };
const ONE: ChannelId = ChannelId(1);
const TWO: ChannelId = ChannelId(2);
const INIT: u8 = 0x86;
const PING: u8 = 0x81;
const MSG: u8 = 0x83;
const LOCK: u8 = 0x84;
const WINK: u8 = 0x88;
const CBOR: u8 = 0x90;
const CANCEL: u8 = 0x91;
const START: Millis = Millis(1_000);

fn report(channel: ChannelId, head: &[u8], data: &[u8]) -> Report {
    let mut report = [0; 64];
    let bytes = [&channel.0.to_be_bytes(), head, data].concat();
    report[..bytes.len()].copy_from_slice(&bytes);
    report
}

fn first(channel: ChannelId, command: u8, length: u16, data: &[u8]) -> Report {
    let [high, low] = length.to_be_bytes();
    report(channel, &[command, high, low], data)
}

fn short(channel: ChannelId, command: u8, data: &[u8]) -> Report {
    first(channel, command, data.len() as u16, data)
}

fn next(channel: ChannelId, sequence: u8, data: &[u8]) -> Report {
    report(channel, &[sequence], data)
}

fn sends(report: Report) -> Vec<DeviceEvent> {
    vec![DeviceEvent::Send(report)]
}

fn error(channel: ChannelId, code: u8) -> Vec<DeviceEvent> {
    sends(short(channel, 0xbf, &[code]))
}

fn keepalive(channel: ChannelId, status: u8) -> Vec<DeviceEvent> {
    sends(short(channel, 0xbb, &[status]))
}

fn cbor(channel: ChannelId, data: &[u8]) -> Vec<DeviceEvent> {
    vec![DeviceEvent::Cbor { channel, data: data.to_vec() }]
}

fn init_reply(on: ChannelId, channel: ChannelId) -> Vec<DeviceEvent> {
    let rest = [channel.0.to_be_bytes().as_slice(), &[2, 1, 2, 3, 5]].concat();
    sends(short(on, INIT, &[NONCE.as_slice(), &rest].concat()))
}

/// A key with channels 1 and 2.
fn device() -> Device {
    let mut device = Device::new(IDENTITY);
    for channel in [ONE, TWO] {
        let events = device.on_report(&short(ChannelId::BROADCAST, INIT, &NONCE), START);
        assert_eq!(events, init_reply(ChannelId::BROADCAST, channel));
    }
    device
}

/// A key where channel 1 waits for the answer to getInfo.
fn busy() -> Device {
    let mut device = device();
    assert_eq!(device.on_report(&short(ONE, CBOR, &[4]), START), cbor(ONE, &[4]));
    device
}

#[test]
fn one_report_is_judged_by_its_channel_command_and_length() {
    for (case, report, expected) in [
        ("ping", short(ONE, PING, b"hello"), sends(short(ONE, PING, b"hello"))),
        ("an empty ping", short(ONE, PING, &[]), sends(short(ONE, PING, &[]))),
        ("filling behind a ping", first(ONE, PING, 2, b"hi and more"), sends(short(ONE, PING, b"hi"))),
        ("a channel nobody has", short(ChannelId(3), PING, b"x"), error(ChannelId(3), 0x0b)),
        ("the reserved channel", short(ChannelId(0), PING, b"x"), error(ChannelId(0), 0x0b)),
        ("a ping to all", short(ChannelId::BROADCAST, PING, b"x"), error(ChannelId::BROADCAST, 0x0b)),
        ("INIT on the reserved channel", short(ChannelId(0), INIT, &NONCE), error(ChannelId(0), 0x0b)),
        ("INIT on a channel nobody has", short(ChannelId(3), INIT, &NONCE), error(ChannelId(3), 0x0b)),
        ("INIT with seven bytes", short(ONE, INIT, &NONCE[..7]), error(ONE, 0x03)),
        ("INIT with nine bytes", first(ONE, INIT, 9, &NONCE), error(ONE, 0x03)),
        ("INIT with 7609 bytes", first(ONE, INIT, 7609, &NONCE), error(ONE, 0x03)),
        ("7610 bytes", first(ONE, PING, 7610, b"x"), error(ONE, 0x03)),
        ("an empty CBOR", short(ONE, CBOR, &[]), error(ONE, 0x03)),
        ("an unknown command", short(ONE, 0xa0, b"x"), error(ONE, 0x01)),
        ("a vendor's command", short(ONE, 0xc1, b"x"), error(ONE, 0x01)),
        ("a keepalive from a platform", short(ONE, 0xbb, &[1]), error(ONE, 0x01)),
        ("an error from a platform", short(ONE, 0xbf, &[1]), error(ONE, 0x01)),
        ("wink with a byte", short(ONE, WINK, &[1]), error(ONE, 0x03)),
        ("lock without a byte", short(ONE, LOCK, &[]), error(ONE, 0x03)),
        ("lock for eleven seconds", short(ONE, LOCK, &[11]), error(ONE, 0x02)),
        ("the rest of nothing", next(ONE, 0, b"x"), Vec::new()),
        ("the rest of nothing on no channel", next(ChannelId(9), 0, b"x"), Vec::new()),
        ("a cancel of nothing", short(ONE, CANCEL, &[]), Vec::new()),
        ("getInfo", short(ONE, CBOR, &[4]), cbor(ONE, &[4])),
        (
            "a U2F message",
            short(ONE, MSG, &[0, 3, 0, 0]),
            vec![DeviceEvent::Msg { channel: ONE, data: vec![0, 3, 0, 0] }],
        ),
    ] {
        assert_eq!(device().on_report(&report, START), expected, "{case}");
    }
}

#[test]
fn a_wink_is_shown_and_answered() {
    let expected = vec![DeviceEvent::Wink, DeviceEvent::Send(short(ONE, WINK, &[]))];
    assert_eq!(device().on_report(&short(ONE, WINK, &[]), START), expected);
}

#[test]
fn what_a_key_says_it_cannot_it_does_not_take() {
    let cannot = DeviceIdentity { capabilities: Capabilities::NMSG, ..IDENTITY };
    let mut device = Device::new(cannot);
    let _ = device.on_report(&short(ChannelId::BROADCAST, INIT, &NONCE), START);
    for command in [WINK, MSG, CBOR] {
        assert_eq!(device.on_report(&short(ONE, command, &[]), START), error(ONE, 0x01));
    }
}

#[test]
fn a_long_message_comes_together() {
    let mut device = device();
    let data: Vec<u8> = (0..150).collect();
    assert_eq!(device.on_report(&first(ONE, CBOR, 150, &data[..57]), START), []);
    assert_eq!(device.on_report(&next(ONE, 0, &data[57..116]), START), []);
    assert_eq!(device.on_report(&next(ONE, 1, &data[116..]), START), cbor(ONE, &data));
}

#[test]
fn a_wrong_sequence_number_ends_the_message() {
    let mut device = device();
    assert_eq!(device.on_report(&first(ONE, PING, 200, b"x"), START), []);
    assert_eq!(device.on_report(&next(ONE, 1, b"x"), START), error(ONE, 0x04));
    assert_eq!(device.on_report(&next(ONE, 0, b"x"), START), [], "the message is gone");
}

#[test]
fn a_new_message_where_the_rest_of_one_is_due_ends_both() {
    let mut device = device();
    assert_eq!(device.on_report(&first(ONE, PING, 200, b"x"), START), []);
    assert_eq!(device.on_report(&short(ONE, PING, b"x"), START), error(ONE, 0x04));
    assert_eq!(device.on_report(&short(ONE, PING, b"x"), START), sends(short(ONE, PING, b"x")));
}

#[test]
fn the_rest_of_a_message_may_take_half_a_second_a_report() {
    let mut device = device();
    assert_eq!(device.on_report(&first(ONE, PING, 120, b"x"), START), []);
    assert_eq!(device.deadline(), Some(Millis(1_500)));
    assert_eq!(device.on_tick(Millis(1_499)), []);
    assert_eq!(device.on_report(&next(ONE, 0, b"x"), Millis(1_499)), []);
    assert_eq!(device.deadline(), Some(Millis(1_999)));
    assert_eq!(device.on_tick(Millis(1_999)), error(ONE, 0x05));
    assert_eq!(device.deadline(), None);
    assert_eq!(device.on_report(&next(ONE, 1, b"x"), Millis(2_000)), []);
}

/// The driver may have slept: a report after the time is up does not bring the message back.
#[test]
fn a_late_report_finds_the_message_gone() {
    let mut device = device();
    assert_eq!(device.on_report(&first(ONE, PING, 60, b"x"), START), []);
    assert_eq!(device.on_report(&next(ONE, 0, b"x"), Millis(1_500)), error(ONE, 0x05));
}

#[test]
fn another_channel_is_told_that_the_key_is_busy() {
    for (case, mut device) in [("while it receives", device()), ("while it works", busy())] {
        let _ = device.on_report(&first(ONE, PING, 100, b"x"), START);
        for command in [PING, CBOR, MSG, WINK, LOCK] {
            assert_eq!(device.on_report(&short(TWO, command, &[1]), START), error(TWO, 0x06), "{case}");
        }
        assert_eq!(device.on_report(&next(TWO, 0, b"x"), START), [], "{case}");
        assert_eq!(device.on_report(&short(TWO, CANCEL, &[]), START), [], "{case}");
        assert_eq!(device.on_report(&short(TWO, INIT, &NONCE), START), init_reply(TWO, TWO), "{case}");
        let new = init_reply(ChannelId::BROADCAST, ChannelId(3));
        assert_eq!(device.on_report(&short(ChannelId::BROADCAST, INIT, &NONCE), START), new, "{case}");
    }
}

#[test]
fn a_busy_key_still_finishes_the_message_it_receives() {
    let mut device = device();
    assert_eq!(device.on_report(&first(ONE, PING, 60, &[7; 57]), START), []);
    assert_eq!(device.on_report(&short(TWO, PING, b"x"), START), error(TWO, 0x06));
    let events = device.on_report(&next(ONE, 0, &[7; 3]), START);
    assert_eq!(events, [DeviceEvent::Send(first(ONE, PING, 60, &[7; 57])), DeviceEvent::Send(next(ONE, 0, &[7; 3]))]);
}

#[test]
fn a_second_request_on_the_same_channel_is_busy_too() {
    assert_eq!(busy().on_report(&short(ONE, PING, b"x"), START), error(ONE, 0x06));
}

#[test]
fn a_reply_ends_the_request_and_comes_once() {
    let mut device = busy();
    assert_eq!(device.pending(), Some(ONE));
    assert_eq!(device.reply(TWO, vec![0]), Ok(Vec::new()), "nobody waits there");
    assert_eq!(device.reply(ONE, vec![0x2e]), Ok(sends(short(ONE, CBOR, &[0x2e]))));
    assert_eq!((device.pending(), device.deadline()), (None, None));
    assert_eq!(device.reply(ONE, vec![0x2e]), Ok(Vec::new()));
}

#[test]
fn a_reply_that_no_message_carries_leaves_the_request_pending() {
    let mut device = busy();
    assert_eq!(device.reply(ONE, vec![0; 7610]), Err(TooLong { length: 7610 }));
    assert_eq!(device.pending(), Some(ONE));
}

#[test]
fn a_working_key_says_so_every_tenth_of_a_second() {
    let mut device = busy();
    assert_eq!(device.deadline(), Some(Millis(1_100)));
    assert_eq!(device.on_tick(Millis(1_099)), []);
    assert_eq!(device.on_tick(Millis(1_100)), keepalive(ONE, 1));
    assert_eq!(device.on_tick(Millis(1_101)), []);
    assert_eq!(device.on_tick(Millis(1_200)), keepalive(ONE, 1));
    assert_eq!(device.keepalive(KeepaliveStatus::UserPresenceNeeded, Millis(1_210)), keepalive(ONE, 2));
    assert_eq!(device.deadline(), Some(Millis(1_310)));
    assert_eq!(device.on_tick(Millis(5_000)), keepalive(ONE, 2), "one, however late");
    let _ = device.reply(ONE, vec![0]);
    assert_eq!(device.on_tick(Millis(9_000)), []);
    assert_eq!(device.keepalive(KeepaliveStatus::Processing, Millis(9_000)), []);
}

#[test]
fn u2f_messages_get_no_keepalives() {
    let mut device = device();
    let _ = device.on_report(&short(ONE, MSG, &[0, 1]), START);
    assert_eq!((device.deadline(), device.on_tick(Millis(60_000))), (None, Vec::new()));
    assert_eq!(device.on_report(&short(ONE, CANCEL, &[]), START), []);
    assert_eq!(device.reply(ONE, vec![0x90, 0]), Ok(sends(short(ONE, MSG, &[0x90, 0]))));
}

#[test]
fn a_cancel_is_heard_once_and_answered_by_the_request() {
    let mut device = busy();
    assert_eq!(device.on_report(&short(ONE, CANCEL, &[]), START), [DeviceEvent::Cancel(ONE)]);
    assert_eq!(device.on_report(&short(ONE, CANCEL, &[]), START), []);
    assert_eq!(device.reply(ONE, vec![0x2d]), Ok(sends(short(ONE, CBOR, &[0x2d]))));
    assert_eq!(device.on_report(&short(ONE, CANCEL, &[]), START), []);
}

#[test]
fn an_init_ends_what_its_channel_was_doing() {
    let mut device = busy();
    let mut expected = vec![DeviceEvent::Aborted(ONE)];
    expected.extend(init_reply(ONE, ONE));
    assert_eq!(device.on_report(&short(ONE, INIT, &NONCE), START), expected);
    assert_eq!(device.reply(ONE, vec![0]), Ok(Vec::new()), "nobody waits any more");
    assert_eq!(device.on_report(&first(ONE, PING, 100, b"x"), START), []);
    assert_eq!(device.on_report(&short(ONE, INIT, &NONCE), START), init_reply(ONE, ONE));
    assert_eq!(device.on_report(&next(ONE, 0, b"x"), START), []);
}

#[test]
fn a_lock_holds_for_its_seconds_and_for_its_channel() {
    let mut device = device();
    assert_eq!(device.on_report(&short(ONE, LOCK, &[2]), START), sends(short(ONE, LOCK, &[])));
    assert_eq!(device.on_report(&short(TWO, PING, b"x"), Millis(2_999)), error(TWO, 0x06));
    assert_eq!(device.on_report(&short(ONE, PING, b"x"), Millis(2_999)), sends(short(ONE, PING, b"x")));
    assert_eq!(device.on_report(&short(TWO, PING, b"x"), Millis(3_000)), sends(short(TWO, PING, b"x")));
}

#[test]
fn a_lock_keeps_inits_out_but_not_who_comes_new() {
    let mut device = device();
    let _ = device.on_report(&short(ONE, LOCK, &[10]), START);
    assert_eq!(device.on_report(&short(TWO, INIT, &NONCE), START), error(TWO, 0x06));
    assert_eq!(device.on_report(&short(ONE, INIT, &NONCE), START), init_reply(ONE, ONE));
    let new = init_reply(ChannelId::BROADCAST, ChannelId(3));
    assert_eq!(device.on_report(&short(ChannelId::BROADCAST, INIT, &NONCE), START), new);
    assert_eq!(device.on_report(&short(ChannelId(3), PING, b"x"), START), error(ChannelId(3), 0x06));
}

#[test]
fn a_lock_of_no_seconds_ends_the_lock() {
    let mut device = device();
    let _ = device.on_report(&short(ONE, LOCK, &[10]), START);
    assert_eq!(device.on_report(&short(TWO, LOCK, &[0]), START), error(TWO, 0x06), "not another's lock");
    assert_eq!(device.on_report(&short(ONE, LOCK, &[0]), START), sends(short(ONE, LOCK, &[])));
    assert_eq!(device.on_report(&short(TWO, PING, b"x"), START), sends(short(TWO, PING, b"x")));
}

#[test]
fn channels_run_out_and_begin_again() {
    let mut device = device();
    device.last_channel = ChannelId::BROADCAST.0 - 2;
    for channel in [ChannelId(0xffff_fffe), ONE] {
        let reply = init_reply(ChannelId::BROADCAST, channel);
        assert_eq!(device.on_report(&short(ChannelId::BROADCAST, INIT, &NONCE), START), reply);
    }
}
