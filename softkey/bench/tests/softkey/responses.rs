//! Answers that are wrong, and each only in what it says.

use fob_ctap::auth_data::Flags;
use fob_ctap::get_assertion::GetAssertion;
use fob_ctap::get_info::GetInfo;
use fob_ctap::hid::HidCommand;
use fob_ctap::{Command, ReplyError, Status, Strictness, sha256};
use fob_softkey_control::{Flag, Op, ResponseFault, Sloppiness};

use crate::place::Place;
use crate::wire::{HASH, Packets, Platform, assertion};

fn faulty(fault: ResponseFault) -> Op {
    Op::ResponseFault { fault, command: None, after: 0, times: None }
}

/// An assertion: its authenticator data, and whether its signature verifies over them.
fn signed(
    platform: &mut Platform<Packets>,
    credential: &(fob_ctap::entity::Descriptor, Vec<u8>, u32),
) -> (Vec<u8>, bool) {
    let reply = platform.send(&assertion(&credential.0)).unwrap();
    let key = ring::signature::UnparsedPublicKey::new(&ring::signature::ECDSA_P256_SHA256_ASN1, &credential.1);
    let verifies = key.verify(&[reply.auth_data.as_slice(), &HASH].concat(), &reply.signature).is_ok();
    (reply.auth_data, verifies)
}

#[test]
fn each_fault_of_an_assertion_is_what_it_says_and_nothing_else() {
    let place = Place::with(&[]);
    let mut platform = place.platform();
    let credential = platform.register(false);
    let rp = sha256(b"site.example");
    let counter = |data: &[u8]| u32::from_be_bytes(data[33..37].try_into().unwrap());
    let (_, verifies) = signed(&mut platform, &credential);
    assert!(verifies);

    place.tell(faulty(ResponseFault::BogusSignature {}));
    let (data, verifies) = signed(&mut platform, &credential);
    assert!(!verifies);
    assert_eq!((&data[..32], data[32]), (&rp[..], 0x01));

    for (flip, flags) in [
        (vec![Flag::Up], 0x00),
        (vec![Flag::Uv], 0x05),
        (vec![Flag::Be], 0x09),
        (vec![Flag::Be, Flag::Bs], 0x19),
        (vec![Flag::Bs], 0x11),
    ] {
        place.tell(faulty(ResponseFault::Flags { flip }));
        let (data, verifies) = signed(&mut platform, &credential);
        assert_eq!((data[32], verifies, &data[..32]), (flags, true, &rp[..]));
    }

    let (before, _) = signed(&mut platform, &credential);
    place.tell(faulty(ResponseFault::CounterBack { by: 3 }));
    let (data, verifies) = signed(&mut platform, &credential);
    assert_eq!((counter(&data), verifies), (counter(&before) - 2, true));
    place.tell(faulty(ResponseFault::Counter { value: 7_000_000 }));
    let (data, verifies) = signed(&mut platform, &credential);
    assert_eq!((counter(&data), verifies), (7_000_000, true));

    place.tell(faulty(ResponseFault::WrongRpIdHash {}));
    let (data, verifies) = signed(&mut platform, &credential);
    assert!(verifies);
    assert_ne!(data[..32], rp);

    // All are spent.
    let (data, verifies) = signed(&mut platform, &credential);
    assert_eq!((verifies, data[32], counter(&data)), (true, 0x01, counter(&before) + 4));
}

#[test]
fn a_registration_has_the_same_faults() {
    let place = Place::with(&[]);
    let mut platform = place.platform();
    place.tell(faulty(ResponseFault::Flags { flip: vec![Flag::Be, Flag::Bs] }));
    let reply = platform.send(&crate::wire::registration(false)).unwrap();
    let data = reply.authenticator_data(Strictness::Canonical).unwrap();
    assert!(data.flags.contains(Flags::BACKUP_ELIGIBLE | Flags::BACKED_UP));
    for bogus in [false, true] {
        if bogus {
            place.tell(faulty(ResponseFault::BogusSignature {}));
        }
        let reply = platform.send(&crate::wire::registration(false)).unwrap();
        let data = reply.authenticator_data(Strictness::Canonical).unwrap();
        let fob_ctap::cose::PublicKey::Es256(point) = data.attested_credential.unwrap().public_key else {
            panic!("no ES256")
        };
        let fob_ctap::attestation::Statement::Packed(packed) = reply.statement else { panic!("not packed") };
        let key = ring::signature::UnparsedPublicKey::new(&ring::signature::ECDSA_P256_SHA256_ASN1, point.to_sec1());
        let verifies = key.verify(&[reply.auth_data.as_slice(), &HASH].concat(), &packed.signature).is_ok();
        assert_eq!(verifies, !bogus);
    }
}

#[test]
fn sloppy_cbor_is_refused_by_the_strict_and_read_by_the_lenient_where_it_can_be() {
    let place = Place::with(&[]);
    let mut platform = place.platform();
    let honest = platform.transact(HidCommand::Cbor, &[4], |_, _| {});
    for (how, readable) in [
        (Sloppiness::KeyOrder, true),
        (Sloppiness::LongHead, true),
        (Sloppiness::Indefinite, true),
        (Sloppiness::Duplicate, false),
        (Sloppiness::Trailing, false),
        (Sloppiness::Cut, false),
    ] {
        place.tell(faulty(ResponseFault::Cbor { how }));
        let reply = platform.transact(HidCommand::Cbor, &[4], |_, _| {});
        assert!(
            matches!(GetInfo::decode_reply(&reply, Strictness::Canonical), Err(ReplyError::Malformed(_))),
            "{how:?}"
        );
        let lenient = GetInfo::decode_reply(&reply, Strictness::Lenient);
        assert_eq!(lenient.is_ok(), readable, "{how:?}");
        if let Ok(info) = lenient {
            assert_eq!(info, GetInfo::decode_reply(&honest, Strictness::Canonical).unwrap());
        }
    }
}

#[test]
fn unknown_members_are_there_and_the_known_ones_are_as_before() {
    let place = Place::with(&[]);
    let mut platform = place.platform();
    let honest = platform.send(&GetInfo).unwrap();
    place.tell(faulty(ResponseFault::UnknownMembers {}));
    let info = platform.send(&GetInfo).unwrap();
    assert_eq!(info.unknown.len(), 2);
    assert!(info.has_version("FOB_99") && info.has_extension("FOB_99") && info.options.is_on("fobUnheardOf"));
    assert_eq!(info.algorithms.len(), honest.algorithms.len() + 1);
    assert_eq!((info.aaguid, info.max_msg_size), (honest.aaguid, honest.max_msg_size));
    assert_eq!(platform.send(&GetInfo).unwrap(), honest);
}

#[test]
fn a_chosen_status_comes_instead_of_the_command() {
    let place = Place::with(&[]);
    let mut platform = place.platform();
    let credential = platform.register(false);
    let fault = ResponseFault::Status { code: 0x3a };
    place.tell(Op::ResponseFault { fault, command: Some(GetAssertion::CODE), after: 1, times: Some(2) });
    let before = platform.sign_in(&credential);
    platform.send(&GetInfo).unwrap();
    for _ in 0..2 {
        assert_eq!(platform.send(&assertion(&credential.0)).unwrap_err(), Status::ActionTimeout);
    }
    assert_eq!(platform.sign_in(&credential), before + 1, "the command was not done");
}

#[test]
fn fobs_own_client_reads_past_what_it_does_not_know() {
    let place = Place::with(&[]);
    place.tell(faulty(ResponseFault::UnknownMembers {}));
    let session = place.session().unwrap();
    assert!(session.info().has_version("FOB_99"));
}
