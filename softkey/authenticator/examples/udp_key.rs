//! A key with everything switched on, on UDP, touched at once and with finger number 1 on its sensor: how a program
//! embeds the authenticator, in a hundred lines. fob-softkey is the same with scripts, faults and a memory.
//!
//! usage: udp_key PORT CA_FILE        (one report of 64 bytes a datagram; the test CA's certificate is written to CA_FILE)

use std::net::{Ipv4Addr, UdpSocket};

use fob_ambient::{Clock, SystemClock, SystemRng};
use fob_authenticator::{
    Abilities, Attestation, Authenticator, Caller, Parts, Presence, RamStore, Step, SystemSigner, test_ca_certificate,
};
use fob_ctap::Strictness;
use fob_ctap::hid::{Capabilities, Device, DeviceEvent, DeviceIdentity, KeepaliveStatus, Report};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().ok_or("which port?")?.parse()?;
    std::fs::write(arguments.next().ok_or("which file?")?, test_ca_certificate())?;
    let clock = SystemClock::new();
    let parts = Parts {
        store: Box::new(RamStore),
        rng: Box::new(SystemRng::new()),
        signer: Box::new(SystemSigner::new()),
        strictness: Strictness::Canonical,
    };
    let abilities = Abilities { attestation: Attestation::Certificate, preview: true, ..Abilities::complete() };
    let key = Authenticator::power_up_as(parts, abilities, clock.monotonic())?;
    let identity = DeviceIdentity { version: [1, 0, 0], capabilities: Capabilities::WINK | Capabilities::CBOR };
    serve(&UdpSocket::bind((Ipv4Addr::LOCALHOST, port))?, Device::new(identity), key, &clock)
}

/// Answers whoever sends a report.
fn serve(
    socket: &UdpSocket,
    mut device: Device,
    mut key: Authenticator,
    clock: &SystemClock,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut report: Report = [0; 64];
    loop {
        let (_, peer) = socket.recv_from(&mut report)?;
        for event in device.on_report(&report, clock.monotonic()) {
            for report in handled(event, &mut device, &mut key, clock) {
                socket.send_to(&report, peer)?;
            }
        }
    }
}

/// The reports that follow.
fn handled(event: DeviceEvent, device: &mut Device, key: &mut Authenticator, clock: &SystemClock) -> Vec<Report> {
    let now = clock.monotonic();
    let (channel, reply, mut events) = match event {
        DeviceEvent::Send(report) => return vec![report],
        DeviceEvent::Cbor { channel, data } => {
            let mut events = Vec::new();
            let mut step = key.request(&data, Caller(channel.0), now);
            let reply = loop {
                match step {
                    Step::Reply(reply) => break reply,
                    Step::AskPresence(_) => {
                        events.extend(device.keepalive(KeepaliveStatus::UserPresenceNeeded, now));
                        step = key.presence(Presence::Touched, now);
                    }
                }
            };
            (channel, reply, events)
        }
        DeviceEvent::Msg { channel, data } => {
            let mut step = key.u2f(&data, now);
            if step.ask.is_some() {
                key.u2f_presence(Presence::Touched, now);
                step = key.u2f(&data, now);
            }
            (channel, step.reply, Vec::new())
        }
        DeviceEvent::Wink | DeviceEvent::Cancel(_) | DeviceEvent::Aborted(_) => return Vec::new(),
    };
    events.extend(device.reply(channel, reply).unwrap_or_default());
    events
        .into_iter()
        .filter_map(|event| match event {
            DeviceEvent::Send(report) => Some(report),
            _ => None,
        })
        .collect()
}
