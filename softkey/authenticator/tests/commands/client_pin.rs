//! authenticatorClientPIN against §6.5.5: setting, changing, and the count of wrong tries.

use fob_authenticator::Abilities;
use fob_ctap::client_pin::{GetPinToken, GetUvRetries, Permissions, PinRetries};
use fob_ctap::entity::RpId;
use fob_ctap::pin::Protocol;
use fob_ctap::{Command, Status};

use crate::platform::{ALL, PIN, Platform, RP};

const BOTH: [Protocol; 2] = [Protocol::One, Protocol::Two];

fn tries(retries: u8, blocked: bool) -> PinRetries {
    PinRetries { retries, power_cycle_state: Some(blocked) }
}

fn wrong(platform: &mut Platform) -> Status {
    platform.token(Protocol::Two, "9999", ALL, Some(RP)).unwrap_err()
}

fn padded(text: &str, length: usize) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(length, 0);
    bytes
}

#[test]
fn a_pin_is_set_once_and_then_changed() {
    for protocol in BOTH {
        let mut platform = Platform::new();
        assert_eq!(platform.token(protocol, PIN, ALL, Some(RP)).unwrap_err(), Status::PinNotSet);
        assert_eq!(platform.change_pin(protocol, PIN, "5678").unwrap_err(), Status::PinNotSet);
        platform.set_pin(protocol, PIN).unwrap();
        assert_eq!(platform.set_pin(protocol, "5678").unwrap_err(), Status::PinAuthInvalid);
        platform.change_pin(protocol, PIN, "5678").unwrap();
        assert_eq!(platform.token(protocol, PIN, ALL, Some(RP)).unwrap_err(), Status::PinInvalid);
        platform.token(protocol, "5678", ALL, Some(RP)).unwrap();
    }
}

#[test]
fn a_pin_has_four_characters_to_63_bytes() {
    let rows = [
        ("three characters", padded("123", 64), Err(Status::PinPolicyViolation)),
        ("three characters in six bytes", padded("äöü", 64), Err(Status::PinPolicyViolation)),
        ("none", padded("", 64), Err(Status::PinPolicyViolation)),
        ("64 bytes", padded(&"1".repeat(64), 64), Err(Status::PinPolicyViolation)),
        ("no UTF-8", vec![0xff; 63].into_iter().chain([0]).collect(), Err(Status::PinPolicyViolation)),
        ("not padded to 64", padded("1234", 48), Err(Status::InvalidParameter)),
        ("padded to more", padded("1234", 80), Err(Status::InvalidParameter)),
        ("four characters", padded("äöüß", 64), Ok(())),
        ("63 bytes", padded(&"1".repeat(63), 64), Ok(())),
    ];
    for (case, padded, expected) in rows {
        for protocol in BOTH {
            assert_eq!(Platform::new().set_padded_pin(protocol, &padded), expected, "{case}");
        }
    }
}

#[test]
fn a_policy_violation_keeps_the_old_pin() {
    let mut platform = Platform::with_pin();
    assert_eq!(platform.change_pin(Protocol::Two, PIN, "123").unwrap_err(), Status::PinPolicyViolation);
    platform.token(Protocol::Two, PIN, ALL, Some(RP)).unwrap();
}

#[test]
fn three_wrong_pins_in_a_row_want_a_power_cycle() {
    let mut platform = Platform::with_pin();
    assert_eq!(platform.retries(), tries(8, false));
    assert_eq!([0; 3].map(|_| wrong(&mut platform)), [Status::PinInvalid, Status::PinInvalid, Status::PinAuthBlocked]);
    assert_eq!(platform.retries(), tries(5, true));
    // The right PIN is not even looked at.
    assert_eq!(platform.token(Protocol::Two, PIN, ALL, Some(RP)).unwrap_err(), Status::PinAuthBlocked);
    assert_eq!(platform.change_pin(Protocol::One, PIN, "5678").unwrap_err(), Status::PinAuthBlocked);
    assert_eq!(platform.retries(), tries(5, true));
    platform.key.power_cycle(platform.now);
    assert_eq!(platform.retries(), tries(5, false));
    platform.token(Protocol::Two, PIN, ALL, Some(RP)).unwrap();
    assert_eq!(platform.retries(), tries(8, false));
}

#[test]
fn eight_wrong_pins_block_for_good() {
    let mut platform = Platform::with_pin();
    let mut statuses = Vec::new();
    for number in 0..8 {
        if number % 3 == 0 {
            platform.restart();
        }
        statuses.push(wrong(&mut platform));
    }
    use Status::{PinAuthBlocked, PinBlocked, PinInvalid};
    let three = [PinInvalid, PinInvalid, PinAuthBlocked];
    assert_eq!(statuses, [three.as_slice(), &three, &[PinInvalid, PinBlocked]].concat());
    platform.restart();
    assert_eq!(platform.retries(), tries(0, false));
    assert_eq!(platform.token(Protocol::Two, PIN, ALL, Some(RP)).unwrap_err(), PinBlocked);
    assert_eq!(platform.change_pin(Protocol::One, PIN, "5678").unwrap_err(), PinBlocked);
}

#[test]
fn a_right_pin_in_between_starts_the_count_anew() {
    let mut platform = Platform::with_pin();
    for _ in 0..3 {
        assert_eq!(wrong(&mut platform), Status::PinInvalid);
        assert_eq!(wrong(&mut platform), Status::PinInvalid);
        platform.token(Protocol::One, PIN, ALL, Some(RP)).unwrap();
    }
    assert_eq!(platform.retries(), tries(8, false));
}

#[test]
fn a_wrong_pin_makes_a_new_key_agreement() {
    for protocol in BOTH {
        let mut platform = Platform::with_pin();
        let theirs =
            |platform: &mut Platform| platform.send(&fob_ctap::client_pin::GetKeyAgreement { protocol }).unwrap().key;
        let before = theirs(&mut platform);
        platform.token(protocol, PIN, ALL, Some(RP)).unwrap();
        assert_eq!(theirs(&mut platform), before, "a right PIN keeps it");
        platform.token(protocol, "9999", ALL, Some(RP)).unwrap_err();
        assert_ne!(theirs(&mut platform), before);
    }
}

#[test]
fn a_pin_hash_that_does_not_decrypt_costs_a_try() {
    let mut platform = Platform::with_pin();
    let (key_agreement, shared) = platform.agree(Protocol::Two);
    let pin_hash_enc = shared.authenticate(b"32 bytes: IV and one block")[..20].to_vec();
    let request = GetPinToken { key_agreement, pin_hash_enc, permissions: None, rp_id: None, protocol: Protocol::Two };
    assert_eq!(platform.send(&request).unwrap_err(), Status::PinInvalid);
    assert_eq!(platform.retries(), tries(7, false));
}

#[test]
fn a_proof_that_fails_costs_no_try() {
    let mut platform = Platform::with_pin();
    let (key_agreement, pin_hash_enc, shared) = platform.pin_hash(Protocol::Two, PIN);
    let new_pin_enc = pin_hash_enc.repeat(4);
    let pin_uv_auth_param = shared.authenticate(b"something else");
    let request = fob_ctap::client_pin::ChangePin {
        key_agreement,
        pin_hash_enc,
        new_pin_enc,
        pin_uv_auth_param,
        protocol: Protocol::Two,
    };
    assert_eq!(platform.send(&request).unwrap_err(), Status::PinAuthInvalid);
    assert_eq!(platform.retries(), tries(8, false));
}

#[test]
fn permissions_are_judged_before_the_pin() {
    let permission = |bits| Permissions(bits);
    // (permissions, RP, expected) on a key that has none of the commands of 0x04 to 0x40.
    let rows = [
        (permission(0), Some(RP), Status::InvalidParameter),
        (Permissions::CREDENTIAL_MANAGEMENT, None, Status::UnauthorizedPermission),
        (Permissions::BIO_ENROLLMENT, None, Status::UnauthorizedPermission),
        (Permissions::LARGE_BLOB_WRITE, None, Status::UnauthorizedPermission),
        (Permissions::AUTHENTICATOR_CONFIG, None, Status::UnauthorizedPermission),
        (READ_ONLY, None, Status::UnauthorizedPermission),
        (ALL | Permissions::LARGE_BLOB_WRITE, Some(RP), Status::UnauthorizedPermission),
        (ALL, None, Status::MissingParameter),
    ];
    for (permissions, rp_id, expected) in rows {
        let mut platform = Platform::with(bare());
        platform.set_pin(Protocol::Two, PIN).unwrap();
        assert_eq!(platform.token(Protocol::Two, "9999", permissions, rp_id).unwrap_err(), expected, "{permissions:?}");
        assert_eq!(platform.retries(), tries(8, false), "{permissions:?}");
    }
}

#[test]
fn a_persistent_token_is_for_nothing_else() {
    let mut platform = Platform::with_pin();
    for beside in [ALL, Permissions::CREDENTIAL_MANAGEMENT] {
        let both = READ_ONLY | beside;
        let refused = platform.token(Protocol::Two, PIN, both, Some(RP)).unwrap_err();
        assert_eq!(refused, Status::UnauthorizedPermission);
    }
}

const READ_ONLY: Permissions = Permissions::PERSISTENT_CREDENTIAL_MANAGEMENT_READ_ONLY;

/// A key with PINs and nothing to use them for but credentials.
fn bare() -> Abilities {
    Abilities { pin_uv_auth_token: true, pin_protocols: vec![Protocol::Two], ..Abilities::ctap20() }
}

#[test]
fn the_old_way_to_a_token_takes_no_permissions() {
    for (permissions, rp_id) in [(Some(ALL), None), (None, Some(RpId::new(RP)))] {
        let mut platform = Platform::with_pin();
        let (key_agreement, pin_hash_enc, _) = platform.pin_hash(Protocol::One, PIN);
        let request = GetPinToken { key_agreement, pin_hash_enc, permissions, rp_id, protocol: Protocol::One };
        assert_eq!(platform.send(&request).unwrap_err(), Status::InvalidParameter);
    }
}

#[test]
fn what_is_missing_or_unknown_has_its_status() {
    // Written by hand from §6.5.5 and §8.2: request, first byte of the answer.
    let rows: &[(&str, &[u8], u8)] = &[
        ("no subCommand", &[0x06, 0xa0], 0x14),
        ("subCommand 0x08", &[0x06, 0xa1, 0x02, 0x08], 0x3e),
        ("getUVRetries without built-in verification", &[0x06, 0xa1, 0x02, 0x07], 0x3e),
        ("getKeyAgreement without protocol", &[0x06, 0xa1, 0x02, 0x02], 0x14),
        ("getKeyAgreement with protocol 3", &[0x06, 0xa2, 0x01, 0x03, 0x02, 0x02], 0x02),
        ("setPIN without anything", &[0x06, 0xa2, 0x01, 0x02, 0x02, 0x03], 0x14),
        ("getPINRetries", &[0x06, 0xa1, 0x02, 0x01], 0x00),
    ];
    for (case, request, expected) in rows {
        assert_eq!(Platform::new().raw(request)[0], *expected, "{case}");
    }
    assert_eq!(Platform::new().raw(&GetUvRetries { protocol: None }.encode()), [0x3e]);
}
