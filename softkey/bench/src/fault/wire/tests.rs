//! Each fault as it is on the wire, report by report.

use fob_ctap::hid::{ChannelId, HidCommand, HidMessage, Report};
use fob_softkey_control::{Direction, WireFault};

use super::*;

/// A report that is recognised by a number.
fn numbered(number: u8) -> Report {
    let mut report = [0; 64];
    report[..8].copy_from_slice(&[0, 0, 0, 1, 0x90, 0, 1, number]);
    report
}

fn message(command: HidCommand, data: &[u8]) -> Report {
    HidMessage::new(ChannelId(1), command, data.to_vec()).unwrap().reports().next().unwrap()
}

/// What arrives of the reports 1 to 5 from the key.
fn arrives(fault: WireFault, after: u32, times: Option<u32>) -> Vec<String> {
    let mut wire = WireFaults::default();
    assert!(wire.add(fault, after, times));
    (1..=5).flat_map(|number| wire.key_sent(numbered(number), Millis(0))).map(named).collect()
}

fn named(step: WireStep) -> String {
    match step {
        WireStep::ToHost(bytes) if bytes.len() == 64 && bytes[3] == 1 => bytes[7].to_string(),
        WireStep::ToHost(bytes) if bytes.len() == 64 => format!("channel {}", bytes[3]),
        WireStep::ToHost(bytes) => format!("{} bytes", bytes.len()),
        WireStep::ToKey(report) => format!("to key {}", report[7]),
        WireStep::Unplug => "unplugged".to_owned(),
    }
}

#[test]
fn each_fault_is_what_it_says() {
    let to_host = Direction::ToHost;
    for (fault, after, times, expected) in [
        (WireFault::Drop { direction: to_host }, 0, None, &["2", "3", "4", "5"][..]),
        (WireFault::Drop { direction: to_host }, 1, Some(2), &["1", "4", "5"]),
        (WireFault::Drop { direction: Direction::ToKey }, 0, Some(0), &["1", "2", "3", "4", "5"]),
        (WireFault::Duplicate { direction: to_host }, 2, None, &["1", "2", "3", "3", "4", "5"]),
        (WireFault::Reorder { direction: to_host }, 1, None, &["1", "3", "2", "4", "5"]),
        (WireFault::Reorder { direction: to_host }, 0, Some(0), &["2", "1", "4", "3"]),
        (WireFault::Truncate { length: 10 }, 3, None, &["1", "2", "3", "10 bytes", "5"]),
        (WireFault::Truncate { length: 200 }, 4, None, &["1", "2", "3", "4", "63 bytes"]),
        (WireFault::Silence {}, 2, None, &["1", "2"]),
        (WireFault::Foreign { channel: 9 }, 1, None, &["1", "channel 9", "2", "3", "4", "5"]),
        (WireFault::Unplug {}, 0, None, &["unplugged", "2", "3", "4", "5"]),
        (WireFault::Unplug {}, 3, None, &["1", "2", "3", "unplugged", "4", "5"]),
    ] {
        assert_eq!(arrives(fault.clone(), after, times), expected, "{fault:?} after {after}, {times:?}");
    }
}

#[test]
fn a_slow_wire_keeps_the_order_and_is_never_early() {
    let mut wire = WireFaults::default();
    wire.add(WireFault::Slow { ms: 50 }, 0, Some(2));
    assert!(wire.key_sent(numbered(1), Millis(0)).is_empty());
    assert!(wire.key_sent(numbered(2), Millis(10)).is_empty());
    // No fault is left, but the third must not overtake.
    assert!(wire.key_sent(numbered(3), Millis(20)).is_empty());
    assert_eq!(wire.deadline(), Some(Millis(50)));
    assert!(wire.on_tick(Millis(49)).is_empty());
    assert_eq!(wire.on_tick(Millis(50)), [WireStep::ToHost(numbered(1).to_vec())]);
    let rest: Vec<_> = wire.on_tick(Millis(60)).into_iter().map(named).collect();
    assert_eq!(rest, ["2", "3"]);
    assert_eq!(wire.deadline(), None);
    assert_eq!(wire.key_sent(numbered(4), Millis(61)).len(), 1);
}

#[test]
fn a_busy_key_never_comes_to_an_end_but_by_init() {
    let mut wire = WireFaults::default();
    wire.add(WireFault::Keepalive { status: 1 }, 0, None);
    let answer = HidMessage::new(ChannelId(1), HidCommand::Cbor, vec![0; 100]).unwrap();
    let first: Vec<_> = answer.reports().flat_map(|report| wire.key_sent(report, Millis(0))).collect();
    let keepalive = message(HidCommand::Keepalive, &[1]).to_vec();
    assert_eq!(first, [WireStep::ToHost(keepalive.clone())]);
    for turn in 1..=1_000 {
        assert_eq!(wire.deadline(), Some(Millis(turn * 100)));
        assert_eq!(wire.on_tick(Millis(turn * 100)), [WireStep::ToHost(keepalive.clone())]);
    }
    // A cancel does not help, another channel is served.
    assert_eq!(wire.host_sent(message(HidCommand::Cancel, &[])).len(), 1);
    assert!(wire.key_sent(message(HidCommand::Cbor, &[0x2d]), Millis(100_001)).is_empty());
    let other = HidMessage::new(ChannelId(2), HidCommand::Cbor, vec![0]).unwrap().reports().next().unwrap();
    assert_eq!(wire.key_sent(other, Millis(100_001)).len(), 1);
    wire.host_sent(message(HidCommand::Init, &[7; 8]));
    assert_eq!(wire.deadline(), None);
    assert_eq!(wire.key_sent(message(HidCommand::Init, &[7; 17]), Millis(100_002)).len(), 1);
}

#[test]
fn a_busy_channel_answers_for_the_key() {
    let mut wire = WireFaults::default();
    wire.add(WireFault::Busy {}, 0, Some(1));
    assert_eq!(
        wire.host_sent(message(HidCommand::Init, &[1; 8])),
        [WireStep::ToKey(message(HidCommand::Init, &[1; 8]))]
    );
    let request = message(HidCommand::Cbor, &[4]);
    // CTAPHID_ERROR with ERR_CHANNEL_BUSY (§11.2.9.1.6).
    let mut busy = vec![0, 0, 0, 1, 0xbf, 0, 1, 0x06];
    busy.resize(64, 0);
    assert_eq!(wire.host_sent(request), [WireStep::ToHost(busy)]);
    assert_eq!(wire.host_sent(request), [WireStep::ToKey(request)]);
}

#[test]
fn a_wrong_nonce_changes_the_nonce_and_nothing_else() {
    let mut wire = WireFaults::default();
    wire.add(WireFault::WrongNonce {}, 0, None);
    // Not in what is no INIT.
    assert_eq!(wire.key_sent(numbered(1), Millis(0)), [WireStep::ToHost(numbered(1).to_vec())]);
    let init = message(HidCommand::Init, &[0x55; 17]);
    let mut expected = init.to_vec();
    expected[7] = 0xaa;
    assert_eq!(wire.key_sent(init, Millis(0)), [WireStep::ToHost(expected)]);
    assert_eq!(wire.key_sent(init, Millis(0)), [WireStep::ToHost(init.to_vec())]);
}

#[test]
fn the_way_to_the_key_has_its_own_faults() {
    let mut wire = WireFaults::default();
    wire.add(WireFault::Drop { direction: Direction::ToKey }, 1, None);
    wire.add(WireFault::Duplicate { direction: Direction::ToKey }, 1, None);
    let arrived: Vec<_> = (1..=4).flat_map(|number| wire.host_sent(numbered(number))).map(named).collect();
    assert_eq!(arrived, ["to key 1", "to key 3", "to key 3", "to key 4"]);
    assert_eq!(wire.len(), 0);
}

#[test]
fn faults_and_what_they_hold_are_bounded() {
    let mut wire = WireFaults::default();
    let added = (0..10_000).filter(|_| wire.add(WireFault::Drop { direction: Direction::ToKey }, 9, None)).count();
    assert_eq!(added, MOST_FAULTS);
    wire.clear();
    wire.add(WireFault::Slow { ms: u64::MAX }, 0, None);
    (0..20_000).for_each(|_| assert!(wire.key_sent(numbered(1), Millis(5)).is_empty()));
    assert_eq!(wire.delayed.len(), MOST_DELAYED);
}
