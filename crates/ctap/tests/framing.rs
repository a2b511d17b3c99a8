//! Messages into reports and back: PyPI's fido2 cuts, ours must cut alike and put together (CTAP 2.3 §11.2.4).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a table that does not fit ends its test")]

use data_encoding::HEXLOWER;
use fob_ctap::hid::{Assembler, ChannelId, FramingError, HidCommand, HidMessage, InitReply, Packet, Report};
use fob_ctap::sha256;
use proptest::prelude::*;
use serde::Deserialize;

const CHANNEL: ChannelId = ChannelId(0x0102_0304);

#[derive(Deserialize)]
struct Vectors {
    ping: Vec<Ping>,
}

#[derive(Deserialize)]
struct Ping {
    length: usize,
    reports: usize,
    sha256: String,
    last: String,
}

fn payload(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place * 7 % 256) as u8).collect()
}

fn reports(command: HidCommand, data: Vec<u8>) -> Vec<Report> {
    HidMessage::new(CHANNEL, command, data).unwrap().reports().collect()
}

fn assemble(reports: &[Report]) -> Result<Vec<u8>, FramingError> {
    let (first, rest) = reports.split_first().unwrap();
    let mut assembler = Assembler::begin_with(&Packet::parse(first))?.expect("a first report");
    for report in rest {
        let Packet::Next { sequence, data, .. } = Packet::parse(report) else { panic!("a first report in between") };
        assert!(!assembler.is_complete());
        assembler.next(sequence, data)?;
    }
    assert!(assembler.is_complete());
    assert_eq!(assembler.channel(), CHANNEL);
    Ok(assembler.into_data())
}

#[test]
fn messages_are_cut_as_fido2_cuts_them() {
    let vectors: Vectors = toml::from_str(include_str!("vectors/python-fido2-framing.toml")).unwrap();
    for ping in vectors.ping {
        let cut = reports(HidCommand::Ping, payload(ping.length));
        assert_eq!(cut.len(), ping.reports, "{} bytes", ping.length);
        assert_eq!(HEXLOWER.encode(cut.last().unwrap()), ping.last, "{} bytes", ping.length);
        assert_eq!(HEXLOWER.encode(&sha256(&cut.concat())), ping.sha256, "{} bytes", ping.length);
        assert_eq!(assemble(&cut), Ok(payload(ping.length)), "{} bytes", ping.length);
    }
}

#[test]
fn a_message_ends_at_7609_bytes() {
    assert!(HidMessage::new(CHANNEL, HidCommand::Ping, vec![0; 7609]).is_ok());
    assert_eq!(HidMessage::new(CHANNEL, HidCommand::Ping, vec![0; 7610]).unwrap_err().length, 7610);
    let error = Assembler::begin(CHANNEL, HidCommand::Ping, 7610, &[0; 57]).unwrap_err();
    assert_eq!(error, FramingError::TooLong(7610));
}

#[test]
fn a_report_out_of_turn_is_noticed() {
    let sequence = |expected, came| Err(FramingError::Sequence { expected, came });
    let cut = reports(HidCommand::Cbor, payload(300));
    assert_eq!(cut.len(), 6);
    for (case, order, expected) in [
        ("one missing", vec![0, 1, 3], sequence(1, 2)),
        ("one twice", vec![0, 1, 1], sequence(1, 0)),
        ("two swapped", vec![0, 2], sequence(0, 1)),
    ] {
        let order: Vec<Report> = order.into_iter().map(|place| cut[place]).collect();
        assert_eq!(assemble(&order), expected, "{case}");
    }
}

/// CTAP 2.3 §11.2.9.1.3: nonce, channel, version 2, 1.2.3, WINK|CBOR.
#[test]
fn the_answer_to_init_is_seventeen_bytes() {
    let bytes = HEXLOWER.decode(b"a1a2a3a4a5a6a7a8010203040201020305").unwrap();
    let reply = InitReply::decode(&bytes).unwrap();
    assert_eq!(reply.nonce, [0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8]);
    assert_eq!((reply.channel, reply.protocol_version, reply.device_version), (CHANNEL, 2, [1, 2, 3]));
    assert_eq!(reply.capabilities.0, 5);
    assert_eq!(reply.encode(), bytes);
    assert_eq!(InitReply::decode(&bytes[..16]), None);
    assert_eq!(InitReply::decode(&[bytes.as_slice(), &[0; 40]].concat()), Some(reply));
}

#[test]
fn every_command_byte_survives() {
    for byte in 0..0x80 {
        assert_eq!(HidCommand::from_byte(byte).byte(), byte);
        assert_eq!(HidCommand::from_byte(byte | 0x80).byte(), byte);
    }
    assert_eq!(HidCommand::from_byte(0x90), HidCommand::Cbor);
    assert_eq!(HidCommand::from_byte(0xbf), HidCommand::Error);
    assert_eq!(HidCommand::from_byte(0xc1), HidCommand::Vendor(0x41));
}

proptest! {
    #[test]
    fn what_is_cut_can_be_put_together(data in prop::collection::vec(any::<u8>(), 0..7610)) {
        prop_assert_eq!(assemble(&reports(HidCommand::Msg, data.clone())), Ok(data));
    }
}
