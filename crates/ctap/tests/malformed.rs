//! What an authenticator answers to requests that are none (CTAP 2.3 §6 and §8), and what a platform makes of replies
//! that are none.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a table that does not fit ends its test")]

use data_encoding::HEXLOWER;
use fob_ctap::auth_data::AuthenticatorData;
use fob_ctap::client_pin::{GetKeyAgreement, GetPinRetries};
use fob_ctap::get_info::GetInfo;
use fob_ctap::selection::Selection;
use fob_ctap::{Command, Malformed, ReplyError, Request, Status, Strictness};
use proptest::prelude::*;

/// Client data hash, RP "a", user 01, ES256: the least that authenticatorMakeCredential takes, part by part.
const HASH: &str = "0158200000000000000000000000000000000000000000000000000000000000000000";
const RP: &str = "02a1626964616103";
const USER: &str = "a1626964410104";
const ES256: &str = "81a263616c672664747970656a7075626c69632d6b6579";

fn hex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

fn status(text: &str) -> Option<Status> {
    Request::decode(&hex(text), Strictness::Canonical).err().map(|malformed| malformed.status())
}

#[test]
fn a_request_that_is_none_gets_the_standards_status() {
    let ok = format!("01a4{HASH}{RP}{USER}{ES256}");
    assert_eq!(status(&ok), None);
    for (case, request, expected) in [
        ("no byte", String::new(), Status::InvalidLength),
        ("no parameters", "01".to_owned(), Status::MissingParameter),
        ("an empty map", "01a0".to_owned(), Status::MissingParameter),
        ("an array of parameters", "0180".to_owned(), Status::CborUnexpectedType),
        ("half a map", "01a401".to_owned(), Status::InvalidCbor),
        ("a byte too many", format!("{ok}00"), Status::InvalidCbor),
        ("keys out of order", "01a202000100".to_owned(), Status::InvalidCbor),
        ("a key twice", "01a201000100".to_owned(), Status::InvalidCbor),
        ("no pubKeyCredParams", format!("01a3{HASH}{RP}a16269644101"), Status::MissingParameter),
        ("a short hash", format!("01a4014100{RP}{USER}{ES256}"), Status::InvalidLength),
        ("a hash of text", format!("01a4016100{RP}{USER}{ES256}"), Status::CborUnexpectedType),
        ("an RP without id", format!("01a4{HASH}02a003{USER}{ES256}"), Status::MissingParameter),
        (
            "an RP id of bytes",
            format!("01a4{HASH}02a16269644161 03{USER}{ES256}").replace(' ', ""),
            Status::CborUnexpectedType,
        ),
        (
            "a user id of 65 bytes",
            format!("01a4{HASH}{RP}a16269645841{}04{ES256}", "00".repeat(65)),
            Status::InvalidLength,
        ),
        (
            "a parameter without alg",
            format!("01a4{HASH}{RP}{USER}81a164747970656a7075626c69632d6b6579"),
            Status::MissingParameter,
        ),
        ("an option of a number", format!("01a5{HASH}{RP}{USER}{ES256}07a162726b01"), Status::CborUnexpectedType),
        ("a proof of text", format!("01a5{HASH}{RP}{USER}{ES256}0860"), Status::CborUnexpectedType),
        ("an exclude list of numbers", format!("01a5{HASH}{RP}{USER}{ES256}058100"), Status::CborUnexpectedType),
        ("parameters for getInfo", "0400".to_owned(), Status::InvalidLength),
        ("an assertion without hash", "02a1016161".to_owned(), Status::MissingParameter),
        ("a PIN command without subcommand", "06a10101".to_owned(), Status::MissingParameter),
        ("subcommand 8", "06a201010208".to_owned(), Status::InvalidSubcommand),
        ("a subcommand of text", "06a201010260".to_owned(), Status::CborUnexpectedType),
        ("key agreement without protocol", "06a10202".to_owned(), Status::MissingParameter),
        ("protocol three", "06a201030202".to_owned(), Status::InvalidParameter),
        ("setPIN without key", "06a201010203".to_owned(), Status::MissingParameter),
    ] {
        assert_eq!(status(&request), Some(expected), "{case}");
    }
}

#[test]
fn what_nobody_knows_is_skipped_or_kept() {
    for (case, request) in [
        ("an unknown member", format!("01a5{HASH}{RP}{USER}{ES256}187f00")),
        ("an unknown option", format!("01a5{HASH}{RP}{USER}{ES256}07a161780 1").replace(' ', "")),
        ("an unknown credential type", format!("01a4{HASH}{RP}{USER}81a263616c672664747970656178")),
        ("an empty map behind getInfo", "04a0".to_owned()),
    ] {
        assert_eq!(status(&request), None, "{case}");
    }
    assert_eq!(Request::decode(&[0x42, 1, 2, 3], Strictness::Canonical), Ok(Request::Unknown(0x42)));
}

#[test]
fn a_lenient_reader_takes_keys_in_any_order() {
    let request = hex("06a202020101");
    assert!(Request::decode(&request, Strictness::Canonical).is_err());
    let Ok(Request::ClientPin(request)) = Request::decode(&request, Strictness::Lenient) else { panic!("refused") };
    assert_eq!(format!("{request:?}"), "GetKeyAgreement(GetKeyAgreement { protocol: One })");
}

#[test]
fn a_reply_that_is_none_says_why() {
    let read = |text| GetPinRetries::decode_reply(&hex(text), Strictness::Canonical).unwrap_err();
    for (case, reply, expected) in [
        ("nothing", "", Malformed::Empty.into()),
        ("a refusal", "31", ReplyError::Status(Status::PinInvalid)),
        ("a refusal with bytes behind it", "3100", ReplyError::Status(Status::PinInvalid)),
        ("a refusal that nobody knows", "f2", ReplyError::Status(Status::Unknown(0xf2))),
        ("success without retries", "00", Malformed::Missing("pinRetries").into()),
        ("256 retries", "00a103190100", Malformed::Value("pinRetries").into()),
        ("retries below zero", "00a10320", Malformed::Type("pinRetries").into()),
    ] {
        assert_eq!(read(reply), expected, "{case}");
    }
    assert_eq!(Selection::decode_reply(&[0], Strictness::Canonical), Ok(()));
    let off_kind = "00a101a5010103381820012158200000000000000000000000000000000000000000000000000000000000000000225820\
                    0000000000000000000000000000000000000000000000000000000000000000";
    let refused = GetKeyAgreement::decode_reply(&hex(off_kind), Strictness::Canonical).unwrap_err();
    assert_eq!(refused, Malformed::Value("keyAgreement").into(), "a key of kind OKP");
    assert!(GetInfo::decode_reply(&hex("00a10180"), Strictness::Canonical).is_err(), "no AAGUID");
}

#[test]
fn every_status_has_one_byte() {
    for byte in 1..=u8::MAX {
        assert_eq!(Status::from_byte(byte).map(Status::byte), Some(byte));
    }
    assert_eq!(Status::from_byte(0), None);
    assert_eq!(Status::PinAuthBlocked.to_string(), "CTAP2_ERR_PIN_AUTH_BLOCKED (0x34)");
    assert_eq!(Status::from_byte(0xe1).map(Status::name), Some("CTAP2_ERR_EXTENSION"));
}

#[test]
fn authenticator_data_is_read_to_the_last_byte() {
    let data = |flags: &str, rest: &str| format!("{}{flags}00000001{rest}", "11".repeat(32));
    let attested = |rest: &str| format!("{}{rest}", "22".repeat(16));
    let read = |text: &str| AuthenticatorData::decode(&hex(text), Strictness::Canonical);
    assert!(read(&data("01", "")).is_ok());
    assert!(read(&data("81", "a0")).is_ok());
    let long = Malformed::Length("authData");
    for (case, text, expected) in [
        ("36 bytes", data("01", "")[..72].to_owned(), long),
        ("a byte too many", data("01", "00"), long),
        ("extensions that nobody announced", data("01", "a0"), long),
        ("a credential that is not there", data("41", ""), long),
        ("an id longer than all", data("41", &attested("ffff00")), long),
        ("extensions of another type", data("81", "80"), Malformed::Type("authData")),
        ("an id of one byte that is not there", data("41", &attested("0001")), long),
        ("a key that is no map", data("41", &attested("00010000")), Malformed::Type("credentialPublicKey")),
    ] {
        assert_eq!(read(&text), Err(expected), "{case}");
    }
    for case in [data("81", ""), data("41", &attested("0000")), data("c1", &attested("0000a0"))] {
        assert!(matches!(read(&case), Err(Malformed::Cbor(_))), "{case}");
    }
}

/// Bytes in the shape of requests: a command, then something like CBOR.
fn like_a_request() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        prop::sample::select(b"\x01\x02\x03\x04\x05\x06\x09\x0a\x40\x41\x61\x81\xa0\xa1\xa2\xa5\xf4\xf5".as_slice()),
        any::<u8>()
    ];
    (0_u8..0x0e, prop::collection::vec(byte, 0..80)).prop_map(|(command, rest)| [vec![command], rest].concat())
}

proptest! {
    #[test]
    fn no_request_panics(bytes in like_a_request()) {
        let strict = Request::decode(&bytes, Strictness::Canonical);
        if strict.is_ok() {
            prop_assert_eq!(Request::decode(&bytes, Strictness::Lenient), strict);
        }
    }

    #[test]
    fn no_reply_panics(bytes in like_a_request()) {
        let reply = [&[0], &bytes[1..]].concat();
        let _ = fob_ctap::make_credential::MakeCredential::decode_reply(&reply, Strictness::Lenient);
        let _ = fob_ctap::get_assertion::GetAssertion::decode_reply(&reply, Strictness::Lenient);
        let _ = GetInfo::decode_reply(&reply, Strictness::Lenient);
        let _ = GetKeyAgreement::decode_reply(&reply, Strictness::Lenient);
    }

    /// What is taken canonically is written back byte for byte, reserved flags included.
    #[test]
    fn authenticator_data_is_one_encoding(head in prop::array::uniform32(any::<u8>()), tail in like_a_request()) {
        let bytes = [head.as_slice(), &tail].concat();
        if let Ok(data) = AuthenticatorData::decode(&bytes, Strictness::Canonical) {
            prop_assert_eq!(data.encode(), bytes);
        }
    }
}
