//! What a key of CTAP 2.0 answers otherwise: options, PIN protocols, tokens. Statuses are those of the Proposed Standard
//! of 2019-01-30, sections 5.1, 5.2 and 5.5.

use fob_authenticator::Abilities;
use fob_ctap::Status;
use fob_ctap::client_pin::GetPinToken;
use fob_ctap::get_assertion::{GetAssertion, GetNextAssertion};
use fob_ctap::make_credential::{MakeCredential, Options};
use fob_ctap::pin::Protocol;

use super::platform::{PIN, Platform, assertion, prove, registration, resident};

fn old() -> Platform {
    Platform::with(Abilities::ctap20())
}

#[test]
fn an_option_of_another_command_is_invalid_and_one_that_is_not_there_unsupported() {
    let mut platform = old();
    let credential = platform.register(registration(), false).unwrap();
    for up in [true, false] {
        let request = MakeCredential { options: Options { up: Some(up), ..Options::default() }, ..registration() };
        assert_eq!(platform.send(&request).unwrap_err(), Status::InvalidOption);
        let options = Options { rk: Some(up), ..Options::default() };
        let request = GetAssertion { options, ..assertion(&[&credential]) };
        assert_eq!(platform.send(&request).unwrap_err(), Status::InvalidOption);
    }
    let options = Options { uv: Some(true), ..Options::default() };
    let request = MakeCredential { options, ..registration() };
    assert_eq!(platform.send(&request).unwrap_err(), Status::UnsupportedOption);
    let request = GetAssertion { options, ..assertion(&[&credential]) };
    assert_eq!(platform.send(&request).unwrap_err(), Status::UnsupportedOption);
}

#[test]
fn an_unknown_pin_protocol_proves_nothing() {
    let proven = MakeCredential {
        pin_uv_auth_param: Some(vec![0x9a; 16]),
        pin_uv_auth_protocol: Some(123_456),
        ..registration()
    };
    assert_eq!(old().send(&proven).unwrap_err(), Status::PinAuthInvalid);
    assert_eq!(Platform::new().send(&proven).unwrap_err(), Status::InvalidParameter, "since CTAP 2.1");
}

#[test]
fn a_token_is_for_everything_as_long_as_the_power_is_on() {
    let mut platform = old();
    platform.set_pin(Protocol::One, PIN).unwrap();
    assert_eq!(platform.send(&registration()).unwrap_err(), Status::PuatRequired, "a PIN is for every credential");
    let (key_agreement, pin_hash_enc, shared) = platform.pin_hash(Protocol::One, PIN);
    let request = GetPinToken { key_agreement, pin_hash_enc, permissions: None, rp_id: None, protocol: Protocol::One };
    let token = platform.send(&request).unwrap();
    let token = shared.decrypt_token(&token.pin_uv_auth_token).unwrap();
    for number in 0..3 {
        platform.wait(700_000);
        let mut request = resident(number);
        prove(&mut request.pin_uv_auth_param, &mut request.pin_uv_auth_protocol, &token);
        platform.send(&request).unwrap();
    }
    platform.restart();
    let mut request = registration();
    prove(&mut request.pin_uv_auth_param, &mut request.pin_uv_auth_protocol, &token);
    assert_eq!(platform.send(&request).unwrap_err(), Status::PinAuthInvalid);
}

#[test]
fn of_a_list_all_sign_one_after_the_other() {
    let mut platform = old();
    let made: Vec<_> = (0..3).map(|_| platform.register(registration(), false).unwrap()).collect();
    let list: Vec<_> = made.iter().collect();
    let first = platform.send(&assertion(&list)).unwrap();
    assert_eq!(first.number_of_credentials, Some(3));
    made[0].verify(&first.auth_data, &first.signature);
    for credential in &made[1..] {
        let next = platform.send(&GetNextAssertion).unwrap();
        credential.verify(&next.auth_data, &next.signature);
    }
    assert_eq!(platform.send(&GetNextAssertion).unwrap_err(), Status::NotAllowed);
}
