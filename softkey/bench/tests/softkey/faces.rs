//! The wires: framing by datagram and by counting, several programs at once, and senders who know nothing of reports.

use fob_ctap::Status;
use fob_ctap::client_pin::GetKeyAgreement;
use fob_ctap::get_info::GetInfo;
use fob_ctap::hid::{HidCommand, Packet, Report};
use fob_ctap::pin::Protocol;
use fob_ctap::reset::Reset;
use fob_ctap::selection::Selection;

use crate::wire::{Datagrams, Packets, Platform, Program, Stream, Wire};

fn exercised(mut platform: Platform<impl Wire>) {
    for length in [0, 57, 58, 7609] {
        let data: Vec<u8> = (0..length).map(|byte| byte as u8).collect();
        assert_eq!(platform.transact(HidCommand::Ping, &data, |_, _| {}), data, "{length} bytes");
    }
    let credential = platform.register(false);
    assert!(platform.sign_in(&credential) > credential.2);
}

#[test]
fn a_packet_socket_carries_reports() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let _program = Program::start(&["--socket", path.to_str().unwrap()]);
    let packets = Packets::open(&path);
    // Neither shorter nor longer datagrams are reports.
    packets.send_bytes(&[1; 63]);
    packets.send_bytes(&[1; 65]);
    exercised(Platform::open(packets, *b"packets!"));
}

#[test]
fn a_stream_socket_carries_reports() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let _program = Program::start(&["--stream", path.to_str().unwrap()]);
    exercised(Platform::open(Stream::open(&path), *b"streams!"));
}

#[test]
fn udp_answers_the_last_sender() {
    let program = Program::start(&["--udp", "127.0.0.1:0"]);
    let address = program.ready.trim_end().rsplit(' ').next().unwrap().to_owned();
    exercised(Platform::open(Datagrams::open(&address), *b"first..."));
    exercised(Platform::open(Datagrams::open(&address), *b"second.."));
}

/// A wire that writes down what comes from the key.
struct Recorded<W>(W, Vec<Report>);

impl<W: Wire> Wire for Recorded<W> {
    fn send(&mut self, report: &Report) {
        self.0.send(report);
    }

    fn receive(&mut self) -> Report {
        let report = self.0.receive();
        self.1.push(report);
        report
    }
}

/// Every report that a key sends to a platform that always says the same.
fn said(wire: impl Wire) -> Vec<Report> {
    let mut platform = Platform::open(Recorded(wire, Vec::new()), *b"the same");
    platform.transact(HidCommand::Ping, &[7; 300], |_, _| {});
    platform.transact(HidCommand::Wink, &[], |_, _| {});
    platform.send(&GetInfo).unwrap();
    for protocol in [Protocol::One, Protocol::Two] {
        platform.send(&GetKeyAgreement { protocol }).unwrap();
    }
    for resident in [true, false] {
        let credential = platform.register(resident);
        platform.sign_in(&credential);
    }
    // U2F, asked twice: the touch comes in between.
    let register = [&[0, 1, 0, 0, 0, 0, 64][..], &[5; 64], &[0, 0]].concat();
    let answers = [(); 2].map(|()| platform.transact(HidCommand::Msg, &register, |_, _| {}));
    assert_eq!((answers[0].as_slice(), answers[1][0]), (&[0x69, 0x85][..], 5));
    platform.send(&Reset).unwrap();
    platform.register(true);
    platform.wire.1
}

#[test]
fn a_seed_gives_the_same_bytes_on_every_wire() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let start = |arguments: &[&str]| Program::start(&[&["--seed", "7"], arguments].concat());
    let _packets = start(&["--socket", &path("packets")]);
    let expected = said(Packets::open(&folder.path().join("packets")));
    assert!(expected.len() > 60, "{}", expected.len());
    let _stream = start(&["--stream", &path("stream")]);
    assert_eq!(said(Stream::open(&folder.path().join("stream"))), expected);
    let udp = start(&["--udp", "127.0.0.1:0"]);
    assert_eq!(said(Datagrams::open(udp.ready.trim_end().rsplit(' ').next().unwrap())), expected);
    let _sealed = start(&["--socket", &path("sealed"), "--state", &path("state")]);
    assert_eq!(said(Packets::open(&folder.path().join("sealed"))), expected, "a state file changes nothing");
    let _other = Program::start(&["--seed", "8", "--stream", &path("other")]);
    assert_ne!(said(Stream::open(&folder.path().join("other"))), expected);
}

/// Where a report belongs, as everybody sees it.
fn channel(report: &Report) -> u32 {
    Packet::parse(report).channel().0
}

#[test]
fn every_program_sees_every_report_as_on_one_node() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let _program = Program::start(&["--socket", path.to_str().unwrap()]);
    let mut first = Platform::open(Packets::open(&path), *b"first...");
    let mut second = Platform::open(Packets::open(&path), *b"second..");
    assert_ne!(first.channel, second.channel);
    second.send(&GetInfo).unwrap();
    // The second's channel and its getInfo have gone to the first, too.
    assert_eq!(channel(&first.wire.receive()), u32::MAX);
    assert_eq!(channel(&first.wire.receive()), second.channel.0);
    // What is not for it is skipped by a careful program.
    assert!(first.send(&GetInfo).unwrap().has_version("FIDO_2_0"));
    assert!(second.register(false).2 > 0);
}

#[test]
fn a_second_channel_is_told_that_the_key_is_busy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let _program = Program::start(&["--socket", path.to_str().unwrap(), "--touch", "ask"]);
    let mut first = Platform::open(Packets::open(&path), *b"first...");
    let mut second = Platform::open(Packets::open(&path), *b"second..");
    let selection = fob_ctap::Command::encode(&Selection);
    let mut busy = None;
    let reply = first.transact(HidCommand::Cbor, &selection, |first, number| {
        if number == 1 {
            second.send_message(HidCommand::Cbor, &[0x04]);
            let error =
                std::iter::repeat_with(|| second.wire.receive()).find(|report| channel(report) == second.channel.0);
            busy = error.map(|report| report[4..8].to_vec());
            let cancel = fob_ctap::hid::HidMessage::cancel(first.channel);
            cancel.reports().for_each(|report| first.wire.send(&report));
        }
    });
    assert_eq!(busy.unwrap(), [0xbf, 0, 1, 0x06], "CTAPHID_ERROR, ERR_CHANNEL_BUSY");
    assert_eq!(reply, Status::KeepaliveCancel.encode());
}

#[test]
fn a_program_that_does_not_read_stops_nobody() {
    let folder = tempfile::tempdir().unwrap();
    for (face, wire) in [("--socket", "packets"), ("--stream", "stream")] {
        let path = folder.path().join(wire);
        let _program = Program::start(&[face, path.to_str().unwrap()]);
        let idle: Box<dyn std::any::Any> =
            if wire == "stream" { Box::new(Stream::open(&path)) } else { Box::new(Packets::open(&path)) };
        let pinged = |mut platform: Platform<Box<dyn Wire>>| {
            for _ in 0..20 {
                let data = vec![1; 7609];
                assert_eq!(platform.transact(HidCommand::Ping, &data, |_, _| {}), data);
            }
        };
        let open: Box<dyn Wire> =
            if wire == "stream" { Box::new(Stream::open(&path)) } else { Box::new(Packets::open(&path)) };
        pinged(Platform::open(open, *b"reader.."));
        drop(idle);
    }
}

impl Wire for Box<dyn Wire> {
    fn send(&mut self, report: &Report) {
        (**self).send(report);
    }

    fn receive(&mut self) -> Report {
        (**self).receive()
    }
}
