//! pinUvAuthTokens (§6.5.2.1, §6.5.3): what they open, for whom, how often, how long.

use fob_ctap::Status;
use fob_ctap::client_pin::{GetPinToken, Permissions};
use fob_ctap::entity::RpId;
use fob_ctap::get_assertion::GetAssertion;
use fob_ctap::make_credential::MakeCredential;
use fob_ctap::pin::{PinUvAuthToken, Protocol};

use crate::platform::{ALL, PIN, Platform, RP, assertion, prove, registration, resident};

fn registering(token: &PinUvAuthToken) -> MakeCredential {
    let mut request = registration();
    prove(&mut request.pin_uv_auth_param, &mut request.pin_uv_auth_protocol, token);
    request
}

/// A sign-in that asks for no touch, so that it leaves the token as it is.
fn silent(token: &PinUvAuthToken) -> GetAssertion {
    let mut request = assertion(&[]);
    request.options.up = Some(false);
    prove(&mut request.pin_uv_auth_param, &mut request.pin_uv_auth_protocol, token);
    request
}

/// A key with a PIN and a discoverable credential.
fn prepared() -> Platform {
    let mut platform = Platform::with_pin();
    platform.register(resident(1), true).unwrap();
    platform
}

fn token(platform: &mut Platform, permissions: Permissions) -> PinUvAuthToken {
    platform.token(Protocol::Two, PIN, permissions, Some(RP)).unwrap()
}

#[test]
fn a_token_opens_what_it_permits_and_nothing_else() {
    let mut platform = prepared();
    let make = token(&mut platform, Permissions::MAKE_CREDENTIAL);
    assert_eq!(platform.send(&silent(&make)).unwrap_err(), Status::PinAuthInvalid);
    platform.send(&registering(&make)).unwrap();
    let get = token(&mut platform, Permissions::GET_ASSERTION);
    assert_eq!(platform.send(&registering(&get)).unwrap_err(), Status::PinAuthInvalid);
    platform.send(&silent(&get)).unwrap();
}

#[test]
fn permissions_that_nobody_defined_are_ignored() {
    let mut platform = prepared();
    let get = token(&mut platform, Permissions::GET_ASSERTION | Permissions(0x80));
    platform.send(&silent(&get)).unwrap();
}

#[test]
fn a_token_is_for_its_rp_alone() {
    let mut platform = prepared();
    let token = token(&mut platform, ALL);
    let mut elsewhere = registering(&token);
    elsewhere.rp.id = RpId::new("other.example");
    assert_eq!(platform.send(&elsewhere).unwrap_err(), Status::PinAuthInvalid);
    platform.send(&registering(&token)).unwrap();
}

#[test]
fn an_old_token_belongs_to_the_first_rp_that_uses_it() {
    for protocol in [Protocol::One, Protocol::Two] {
        let mut platform = prepared();
        let (key_agreement, pin_hash_enc, shared) = platform.pin_hash(protocol, PIN);
        let request = GetPinToken { key_agreement, pin_hash_enc, permissions: None, rp_id: None, protocol };
        let reply = platform.send(&request).unwrap();
        let token = shared.decrypt_token(&reply.pin_uv_auth_token).unwrap();
        platform.send(&silent(&token)).unwrap();
        let mut elsewhere = registering(&token);
        elsewhere.rp.id = RpId::new("other.example");
        assert_eq!(platform.send(&elsewhere).unwrap_err(), Status::PinAuthInvalid);
        platform.send(&registering(&token)).unwrap();
    }
}

#[test]
fn a_touch_spends_the_token() {
    for protocol in [Protocol::One, Protocol::Two] {
        let mut platform = prepared();
        let token = platform.token(protocol, PIN, ALL, Some(RP)).unwrap();
        platform.send(&silent(&token)).unwrap();
        platform.send(&registering(&token)).unwrap();
        assert_eq!(platform.send(&registering(&token)).unwrap_err(), Status::PinAuthInvalid);
        assert_eq!(platform.send(&silent(&token)).unwrap_err(), Status::PinAuthInvalid);
    }
}

#[test]
fn an_unused_token_lives_for_30_seconds() {
    let mut platform = prepared();
    let first = token(&mut platform, ALL);
    platform.wait(30_000);
    platform.send(&silent(&first)).unwrap();
    let second = token(&mut platform, ALL);
    platform.wait(30_001);
    assert_eq!(platform.send(&silent(&second)).unwrap_err(), Status::PinAuthInvalid);
}

#[test]
fn a_used_token_lives_for_ten_minutes() {
    let mut platform = prepared();
    let token = token(&mut platform, ALL);
    platform.wait(20_000);
    platform.send(&silent(&token)).unwrap();
    platform.wait(580_000);
    platform.send(&silent(&token)).unwrap();
    platform.wait(1);
    assert_eq!(platform.send(&silent(&token)).unwrap_err(), Status::PinAuthInvalid);
}

#[test]
fn a_new_token_a_new_pin_and_a_power_cycle_end_the_old_token() {
    type End = fn(&mut Platform);
    let ends: [(&str, End); 4] = [
        ("a token of the other protocol", |p| drop(p.token(Protocol::One, PIN, ALL, Some(RP)).unwrap())),
        ("a new PIN", |p| p.change_pin(Protocol::One, PIN, "5678").unwrap()),
        ("a power cycle", |p| p.key.power_cycle(p.now)),
        ("a restart", Platform::restart),
    ];
    for (case, end) in ends {
        let mut platform = prepared();
        let token = token(&mut platform, ALL);
        end(&mut platform);
        assert_eq!(platform.send(&silent(&token)).unwrap_err(), Status::PinAuthInvalid, "{case}");
    }
}

#[test]
fn a_proof_fits_its_protocol_and_its_message() {
    let mut platform = prepared();
    let token = token(&mut platform, ALL);
    let mut other_protocol = silent(&token);
    other_protocol.pin_uv_auth_protocol = Some(1);
    assert_eq!(platform.send(&other_protocol).unwrap_err(), Status::PinAuthInvalid);
    let mut other_message = silent(&token);
    other_message.client_data_hash[0] ^= 1;
    assert_eq!(platform.send(&other_message).unwrap_err(), Status::PinAuthInvalid);
    let mut cut = silent(&token);
    cut.pin_uv_auth_param.as_mut().unwrap().truncate(16);
    assert_eq!(platform.send(&cut).unwrap_err(), Status::PinAuthInvalid);
    platform.send(&silent(&token)).unwrap();
}
