//! A key's end of CTAPHID: each 65 bytes are a pause in hundredths of a second and a report.

use fob_ambient::Millis;
use fob_ctap::hid::{
    Capabilities, Device, DeviceEvent, DeviceIdentity, HidCommand, HidMessage, KeepaliveStatus, Packet, REPORT, Report,
};

/// Whatever comes, the key stays in its limits, and time never runs behind it.
pub fn hid_device(data: &[u8]) {
    let identity = DeviceIdentity { version: [1, 0, 0], capabilities: Capabilities::WINK | Capabilities::CBOR };
    let mut device = Device::new(identity);
    let mut now = Millis(0);
    for (pause, report) in reports(data) {
        now = now.plus(Millis(u64::from(pause) * 10));
        for event in device.on_report(&report, now) {
            heed(&mut device, event, pause, now);
        }
        drop(device.on_tick(now));
        assert!(device.deadline().is_none_or(|deadline| deadline > now));
    }
}

fn heed(device: &mut Device, event: DeviceEvent, pause: u8, now: Millis) {
    match event {
        DeviceEvent::Cbor { channel, data } | DeviceEvent::Msg { channel, data } => {
            assert!(!data.is_empty() && data.len() <= HidMessage::LONGEST);
            assert_eq!(device.pending(), Some(channel));
            if pause.is_multiple_of(2) {
                assert!(device.reply(channel, data).is_ok_and(|events| !events.is_empty()));
                assert_eq!(device.pending(), None);
            } else {
                drop(device.keepalive(KeepaliveStatus::UserPresenceNeeded, now));
            }
        }
        DeviceEvent::Cancel(channel) => {
            assert!(device.reply(channel, vec![0x2d]).is_ok_and(|events| events.len() == 1));
        }
        DeviceEvent::Aborted(channel) => assert_ne!(device.pending(), Some(channel)),
        DeviceEvent::Send(report) => {
            let unknown = matches!(Packet::parse(&report), Packet::First { command: HidCommand::Unknown(_), .. });
            assert!(!unknown, "a key never sends a command that nobody knows");
        }
        DeviceEvent::Wink => {}
    }
}

/// Takes an input apart; the last report may be short.
pub(crate) fn reports(data: &[u8]) -> impl Iterator<Item = (u8, Report)> + '_ {
    data.chunks(1 + REPORT).filter_map(|step| {
        let (pause, bytes) = step.split_first()?;
        let mut report = [0; REPORT];
        report.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Some((*pause, report))
    })
}
