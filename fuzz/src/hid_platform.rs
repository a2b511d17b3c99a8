//! A platform's end of CTAPHID: each 65 bytes are a pause in hundredths of a second and a report of the key.

use fob_ambient::Millis;
use fob_ctap::hid::{
    ChannelId, Deadlines, HidCommand, HidMessage, LinkError, OpenStep, Opening, Packet, Step, Transaction,
};

use crate::hid_device::reports;

const OURS: ChannelId = ChannelId(1);

/// Nobody else's report counts, no answer is longer than CTAPHID carries, and no key holds us beyond the deadline.
pub fn hid_platform(data: &[u8]) {
    open(data);
    let deadlines = Deadlines { answer: Millis(30_000), silence: Millis(1_000) };
    let request = HidMessage::new(OURS, HidCommand::Cbor, vec![4]).expect("one byte fits");
    let mut transaction = Transaction::start(&request, deadlines, Millis(0));
    let mut now = Millis(0);
    for (pause, report) in reports(data) {
        now = now.plus(Millis(u64::from(pause) * 10));
        if transaction.on_tick(now) == Err(LinkError::TimedOut) {
            assert!(now >= Millis(30_000));
            return assert!(transaction.cancel(now.plus(Millis(500))).is_some());
        }
        let foreign = Packet::parse(&report).channel() != OURS;
        match transaction.on_report(&report, now) {
            Ok(Step::Done(answer)) => return assert!(!foreign && answer.len() <= HidMessage::LONGEST),
            Ok(step) => assert!(!foreign || step == Step::Foreign),
            Err(_) => return assert!(!foreign),
        }
        assert!(transaction.deadline() <= Millis(30_000));
    }
}

fn open(data: &[u8]) {
    let (mut opening, _) = Opening::start([0; 8], Millis(500));
    for (_, report) in reports(data) {
        if let Ok(OpenStep::Opened(init)) = opening.on_report(&report) {
            assert_eq!(init.nonce, [0; 8]);
            return assert!(!matches!(init.channel, ChannelId::BROADCAST | ChannelId::RESERVED));
        }
    }
}
