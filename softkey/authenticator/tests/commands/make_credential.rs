//! authenticatorMakeCredential against §6.1.2.

use fob_authenticator::{AAGUID, Abilities, CAPACITY, ExtensionAbilities, Presence, SEALED_ID_LENGTH};
use fob_ctap::auth_data::Flags;
use fob_ctap::cose::Algorithm;
use fob_ctap::entity::{CredentialParameters, Descriptor, RpId};
use fob_ctap::extension::{CRED_BLOB, CRED_PROTECT, HMAC_SECRET};
use fob_ctap::make_credential::{MakeCredential, Options};
use fob_ctap::pin::Protocol;
use fob_ctap::{Status, Strictness};

use crate::platform::{ALL, PIN, Platform, RP, assertion, prove, registration, resident};

type Edit = fn(&mut MakeCredential);

const WRONG_PROTOCOL: Edit = |r| (r.pin_uv_auth_param, r.pin_uv_auth_protocol) = (Some(vec![1; 32]), Some(3));
const NO_PROTOCOL: Edit = |r| r.pin_uv_auth_param = Some(vec![1; 32]);
const BAD_PROOF: Edit = |r| (r.pin_uv_auth_param, r.pin_uv_auth_protocol) = (Some(vec![1; 32]), Some(2));
const EMPTY_PROOF: Edit = |r| r.pin_uv_auth_param = Some(Vec::new());
const NO_ALGORITHM: Edit = |r| r.pub_key_cred_params = vec![CredentialParameters::public_key(Algorithm::ES256K)];
const UV: Edit = |r| r.options.uv = Some(true);
const NO_UP: Edit = |r| r.options.up = Some(false);
const RK: Edit = |r| r.options.rk = Some(true);
const ENTERPRISE: Edit = |r| r.enterprise_attestation = Some(1);
const LONG_LIST: Edit = |r| r.exclude_list = vec![Descriptor::public_key(vec![1; 16]); 33];

#[test]
fn statuses_come_in_the_order_of_the_steps() {
    // Each request has all faults of its row; the first one in the order of §6.1.2 is answered.
    let rows: &[(&str, bool, &[Edit], Status)] = &[
        ("step 1 without PIN", false, &[EMPTY_PROOF, NO_ALGORITHM], Status::PinNotSet),
        ("step 1 with PIN", true, &[EMPTY_PROOF, NO_ALGORITHM], Status::PinInvalid),
        ("step 2, no protocol", true, &[NO_PROTOCOL, NO_ALGORITHM, NO_UP], Status::MissingParameter),
        ("step 2, unknown protocol", true, &[WRONG_PROTOCOL, NO_ALGORITHM, NO_UP], Status::InvalidParameter),
        ("step 3", true, &[NO_ALGORITHM, NO_UP, RK, ENTERPRISE], Status::UnsupportedAlgorithm),
        ("step 5, uv", true, &[UV, RK, ENTERPRISE], Status::InvalidOption),
        ("step 5, up", true, &[NO_UP, RK, ENTERPRISE], Status::InvalidOption),
        ("step 7", true, &[RK, ENTERPRISE, LONG_LIST], Status::PuatRequired),
        ("step 9", true, &[BAD_PROOF, ENTERPRISE, LONG_LIST], Status::InvalidParameter),
        ("step 11", true, &[BAD_PROOF, RK, LONG_LIST], Status::PinAuthInvalid),
        ("step 11: a proof makes uv false", true, &[BAD_PROOF, UV], Status::PinAuthInvalid),
        ("a proof where no PIN is", false, &[BAD_PROOF], Status::PinNotSet),
        ("step 12: more than the list holds", false, &[LONG_LIST], Status::LimitExceeded),
    ];
    for (case, with_pin, edits, expected) in rows {
        let mut platform = if *with_pin { Platform::with_pin() } else { Platform::new() };
        let mut request = registration();
        edits.iter().for_each(|edit| edit(&mut request));
        assert_eq!(platform.send(&request).unwrap_err(), *expected, "{case}");
        assert_eq!(platform.key.state().counter(), 0, "{case}");
    }
}

#[test]
fn without_a_touch_there_is_no_credential() {
    for (person, expected) in [
        (Presence::Refused, Status::OperationDenied),
        (Presence::TimedOut, Status::OperationDenied),
        (Presence::Cancelled, Status::KeepaliveCancel),
    ] {
        let mut platform = Platform::new();
        platform.person = person;
        assert_eq!(platform.send(&resident(1)).unwrap_err(), expected);
        assert_eq!(platform.asked, 1);
        assert_eq!((platform.key.state().resident_count(), platform.key.state().counter()), (0, 0));
    }
}

#[test]
fn a_credential_is_attested_by_itself() {
    let mut platform = Platform::new();
    let made = platform.register(registration(), false).unwrap();
    assert_eq!(made.auth_data[..32], RpId::new(RP).hash());
    assert_eq!(made.auth_data[32], 0x41, "UP and AT, nothing else");
    assert_eq!(made.auth_data[37..53], AAGUID.0);
    assert_eq!(made.descriptor.id.as_bytes().len(), SEALED_ID_LENGTH);
    assert_eq!(platform.key.state().resident_count(), 0, "it is not kept");
    let second = platform.register(registration(), false).unwrap();
    assert!(second.counter > made.counter);
}

#[test]
fn the_pin_sets_the_uv_flag() {
    let mut platform = Platform::with_pin();
    let made = platform.register(resident(1), true).unwrap();
    assert_eq!(made.auth_data[32], 0x45, "UP, UV and AT");
    let made = platform.register(registration(), false).unwrap();
    assert_eq!(made.auth_data[32], 0x41, "makeCredUvNotRqd: without the PIN, too, if it is not discoverable");
}

#[test]
fn an_excluded_credential_is_told_only_after_a_touch() {
    for person in [Presence::Touched, Presence::Refused, Presence::TimedOut] {
        let mut platform = Platform::new();
        let made = platform.register(registration(), false).unwrap();
        platform.person = person;
        let request = MakeCredential { exclude_list: vec![made.descriptor.clone()], ..registration() };
        assert_eq!(platform.send(&request).unwrap_err(), Status::CredentialExcluded);
        assert_eq!(platform.asked, 2, "the second registration asked as well");
    }
}

#[test]
fn a_credential_of_another_site_or_another_type_excludes_nothing() {
    let mut platform = Platform::new();
    let made = platform.register(resident(1), false).unwrap();
    let mut elsewhere = MakeCredential { exclude_list: vec![made.descriptor.clone()], ..registration() };
    elsewhere.rp.id = RpId::new("other.example");
    platform.register(elsewhere, false).unwrap();
    let mut other_type = made.descriptor;
    other_type.credential_type = String::from("something-new").into();
    platform.register(MakeCredential { exclude_list: vec![other_type], ..registration() }, false).unwrap();
}

#[test]
fn a_protected_credential_is_not_given_away_by_the_exclude_list() {
    for make in [registration, || resident(1)] {
        let mut platform = Platform::with_pin();
        let mut request = make();
        request.extensions.set(CRED_PROTECT, 3_u8);
        let made = platform.register(request, true).unwrap();
        let again = MakeCredential { exclude_list: vec![made.descriptor], ..registration() };
        platform.register(again.clone(), false).unwrap();
        assert_eq!(platform.register(again, true).unwrap_err(), Status::CredentialExcluded);
    }
}

#[test]
fn cred_protect_is_answered_and_what_is_not_done_is_not() {
    let mut platform = Platform::new();
    let mut request = registration();
    request.extensions.set(CRED_PROTECT, 2_u8);
    request.extensions.set(HMAC_SECRET, true);
    request.extensions.set(CRED_BLOB, [1, 2, 3]);
    request.extensions.set("something.new", true);
    let reply = platform.send(&request).unwrap();
    let data = reply.authenticator_data(Strictness::Canonical).unwrap();
    let answered = r#"{"credBlob": false, "credProtect": 2, "hmac-secret": true}"#;
    assert_eq!(format!("{:?}", data.extensions.unwrap()), answered, "a credBlob lies with a discoverable credential");
    assert!(data.flags.contains(Flags::USER_PRESENT));

    let extensions = ExtensionAbilities::NONE;
    let mut platform = Platform::with(Abilities { extensions, ..Abilities::default() });
    let reply = platform.send(&request).unwrap();
    assert_eq!(reply.authenticator_data(Strictness::Canonical).unwrap().extensions, None);
}

#[test]
fn a_cred_protect_that_does_not_exist_is_refused() {
    let mut platform = Platform::new();
    let mut request = registration();
    request.extensions.set(CRED_PROTECT, 4_u8);
    assert_eq!(platform.send(&request).unwrap_err(), Status::InvalidParameter);
    request.extensions.set(CRED_PROTECT, "2");
    assert_eq!(platform.send(&request).unwrap_err(), Status::CborUnexpectedType);
}

#[test]
fn a_second_credential_of_an_account_replaces_the_first() {
    let mut platform = Platform::new();
    let old = platform.register(resident(1), false).unwrap();
    let new = platform.register(resident(1), false).unwrap();
    assert_eq!(platform.key.state().resident_count(), 1);
    assert_eq!(platform.send(&assertion(&[&old])).unwrap_err(), Status::NoCredentials);
    let reply = platform.send(&assertion(&[])).unwrap();
    assert_eq!(reply.credential, Some(new.descriptor.clone()));
    new.verify(&reply.auth_data, &reply.signature);
}

#[test]
fn a_full_key_says_so_and_still_replaces() {
    let mut platform = Platform::new();
    for number in 0..CAPACITY {
        platform.register(resident(number as u8), false).unwrap();
    }
    assert_eq!(platform.send(&resident(200)).unwrap_err(), Status::KeyStoreFull);
    platform.register(resident(7), false).unwrap();
    platform.register(registration(), false).unwrap();
    assert_eq!(platform.key.state().resident_count(), CAPACITY);
}

#[test]
fn long_names_are_cut_at_a_character() {
    let mut platform = Platform::with_pin();
    let mut request = resident(1);
    request.user.name = Some("ä".repeat(40));
    request.user.display_name = Some(format!("x{}", "ä".repeat(40)));
    platform.register(request, true).unwrap();
    platform.register(resident(2), true).unwrap();
    platform.sign_in(assertion(&[]), true).unwrap();
    let second = platform.send(&fob_ctap::get_assertion::GetNextAssertion).unwrap().user.unwrap();
    assert_eq!(second.name, Some("ä".repeat(32)));
    assert_eq!(second.display_name, Some(format!("x{}", "ä".repeat(31))));
}

#[test]
fn both_protocols_prove_the_person() {
    for protocol in [Protocol::One, Protocol::Two] {
        let mut platform = Platform::with_pin();
        let token = platform.token(protocol, PIN, ALL, Some(RP)).unwrap();
        let mut request =
            MakeCredential { options: Options { rk: Some(true), ..Options::default() }, ..registration() };
        prove(&mut request.pin_uv_auth_param, &mut request.pin_uv_auth_protocol, &token);
        let reply = platform.send(&request).unwrap();
        assert!(reply.authenticator_data(Strictness::Canonical).unwrap().flags.contains(Flags::USER_VERIFIED));
    }
}
