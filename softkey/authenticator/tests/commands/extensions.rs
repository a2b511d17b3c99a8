//! Extensions (§12): answered as the standard says, or left out.

use fob_authenticator::{Abilities, LargeBlobs};
use fob_ctap::client_pin::Permissions;
use fob_ctap::config::SetMinPinLength;
use fob_ctap::entity::RpId;
use fob_ctap::extension::hmac_secret::HmacValues;
use fob_ctap::extension::large_blob::{LargeBlobRequest, LargeBlobResult, LargeBlobSupport, PackedBlob};
use fob_ctap::extension::sets::{
    GetAssertionInputs, GetAssertionOutputs, GetAssertionUnsignedOutputs, MakeCredentialInputs, MakeCredentialOutputs,
    MakeCredentialUnsignedOutputs,
};
use fob_ctap::extension::{Extensions, HMAC_SECRET, HmacSecretInput, LARGE_BLOB_KEY};
use fob_ctap::get_assertion::{GetAssertion, Reply};
use fob_ctap::make_credential::{self, MakeCredential};
use fob_ctap::pin::{PinUvAuthToken, Protocol, SharedSecret};
use fob_ctap::{Status, Strictness};

use crate::platform::{ALL, Credential, PIN, Platform, RP, assertion, prove, registration, resident};

const SALTS: ([u8; 32], [u8; 32]) = ([1; 32], [2; 32]);

/// Salts for hmac-secret, and what opens the answer.
fn salts(platform: &mut Platform, protocol: Protocol, second: bool) -> (HmacSecretInput, SharedSecret) {
    let (ours, shared) = platform.agree(protocol);
    let values = HmacValues::new(&SALTS.0, second.then_some(&SALTS.1));
    let input = HmacSecretInput::seal(ours, &shared, &values, &mut fob_ambient::SeededRng::new(3));
    (input, shared)
}

fn made(platform: &mut Platform, request: MakeCredential) -> (Credential, MakeCredentialOutputs) {
    let reply = platform.send(&request).unwrap();
    (Credential::checked(&reply), outputs(&reply))
}

fn outputs(reply: &make_credential::Reply) -> MakeCredentialOutputs {
    let data = reply.authenticator_data(Strictness::Canonical).unwrap();
    MakeCredentialOutputs::try_from(&data.extensions.unwrap_or_default()).unwrap()
}

fn answered(reply: &Reply) -> GetAssertionOutputs {
    let data = reply.authenticator_data(Strictness::Canonical).unwrap();
    GetAssertionOutputs::try_from(&data.extensions.unwrap_or_default()).unwrap()
}

/// The PRF values of a credential, with a token or without.
fn secrets(
    platform: &mut Platform,
    credential: &Credential,
    protocol: Protocol,
    second: bool,
    token: Option<&PinUvAuthToken>,
) -> Vec<u8> {
    let (input, shared) = salts(platform, protocol, second);
    let mut request = assertion(&[credential]);
    request.extensions.set(HMAC_SECRET, &input);
    if let Some(token) = token {
        prove(&mut request.pin_uv_auth_param, &mut request.pin_uv_auth_protocol, token);
    }
    let reply = platform.send(&request).unwrap();
    credential.verify(&reply.auth_data, &reply.signature);
    let sealed = answered(&reply).hmac_secret.unwrap();
    HmacValues::open(&shared, &sealed).unwrap().expose().to_vec()
}

#[test]
fn hmac_secret_has_one_secret_with_and_one_without_verification() {
    let mut platform = Platform::with_pin();
    for make in [registration, || resident(1)] {
        let request = MakeCredential { extensions: with_hmac_secret(), ..make() };
        let credential = platform.register(request, true).unwrap();
        let token = platform.token(Protocol::Two, PIN, ALL, Some(RP)).unwrap();
        let with = secrets(&mut platform, &credential, Protocol::Two, true, Some(&token));
        let without = secrets(&mut platform, &credential, Protocol::Two, true, None);
        assert_eq!((with.len(), without.len()), (64, 64));
        assert_ne!(with, without);
        assert_ne!(with[..32], with[32..]);
        // The same again, with the other protocol, one salt, and after the power was away.
        platform.restart();
        assert_eq!(secrets(&mut platform, &credential, Protocol::One, false, None), without[..32]);
        let other = platform.register(MakeCredential { extensions: with_hmac_secret(), ..registration() }, true);
        assert_ne!(secrets(&mut platform, &other.unwrap(), Protocol::Two, true, None), without);
    }
}

fn with_hmac_secret() -> Extensions {
    Extensions::from(&MakeCredentialInputs { hmac_secret: Some(true), ..Default::default() })
}

#[test]
fn hmac_secret_mc_answers_while_the_credential_is_made() {
    for make in [registration, || resident(1)] {
        let mut platform = Platform::new();
        let (input, shared) = salts(&mut platform, Protocol::Two, true);
        let inputs =
            MakeCredentialInputs { hmac_secret: Some(true), hmac_secret_mc: Some(input), ..Default::default() };
        let (credential, outputs) = made(&mut platform, MakeCredential { extensions: (&inputs).into(), ..make() });
        let at_once = HmacValues::open(&shared, &outputs.hmac_secret_mc.unwrap()).unwrap();
        assert_eq!(secrets(&mut platform, &credential, Protocol::Two, true, None), at_once.expose());
    }
    let mut platform = Platform::new();
    let (input, _) = salts(&mut platform, Protocol::Two, true);
    let inputs = MakeCredentialInputs { hmac_secret_mc: Some(input), ..Default::default() };
    let request = MakeCredential { extensions: (&inputs).into(), ..registration() };
    assert_eq!(platform.send(&request).unwrap_err(), Status::MissingParameter);
}

#[test]
fn salts_that_do_not_fit_are_refused() {
    let mut platform = Platform::new();
    let credential = platform.register(registration(), false).unwrap();
    let mut refused = |edit: fn(&mut HmacSecretInput, &mut GetAssertion)| {
        let (mut input, _) = salts(&mut platform, Protocol::Two, true);
        let mut request = assertion(&[&credential]);
        edit(&mut input, &mut request);
        request.extensions.set(HMAC_SECRET, &input);
        platform.send(&request).unwrap_err()
    };
    assert_eq!(refused(|input, _| input.salt_auth[0] ^= 1), Status::PinAuthInvalid);
    assert_eq!(refused(|input, _| input.pin_uv_auth_protocol = Some(9)), Status::InvalidParameter);
    assert_eq!(refused(|input, _| input.key_agreement.0.y[0] ^= 1), Status::InvalidParameter);
    assert_eq!(refused(|_, request| request.options.up = Some(false)), Status::UnsupportedOption);
    // A salt too many, honestly proven.
    let (ours, shared) = platform.agree(Protocol::Two);
    let salt_enc = shared.encrypt(&[7; 96], &mut fob_ambient::SeededRng::new(3));
    let salt_auth = shared.authenticate(&salt_enc);
    let input = HmacSecretInput { key_agreement: ours, salt_enc, salt_auth, pin_uv_auth_protocol: Some(2) };
    let mut request = assertion(&[&credential]);
    request.extensions.set(HMAC_SECRET, &input);
    assert_eq!(platform.send(&request).unwrap_err(), Status::InvalidParameter);
}

#[test]
fn cred_blob_lies_with_a_discoverable_credential() {
    let mut platform = Platform::new();
    for (make, blob, kept) in
        [(resident(1), vec![5; 64], true), (resident(1), vec![5; 65], false), (registration(), vec![5; 10], false)]
    {
        let inputs = MakeCredentialInputs { cred_blob: Some(blob.clone()), ..Default::default() };
        let (credential, outputs) = made(&mut platform, MakeCredential { extensions: (&inputs).into(), ..make });
        assert_eq!(outputs.cred_blob, Some(kept));
        let inputs = GetAssertionInputs { cred_blob: Some(true), ..Default::default() };
        let reply = platform.send(&GetAssertion { extensions: (&inputs).into(), ..assertion(&[&credential]) }).unwrap();
        let expected = if kept { blob } else { Vec::new() };
        assert_eq!(answered(&reply).cred_blob, Some(expected));
    }
}

#[test]
fn a_large_blob_key_is_the_same_each_time() {
    let mut platform = Platform::new();
    let inputs = MakeCredentialInputs { large_blob_key: Some(true), ..Default::default() };
    let reply = platform.send(&MakeCredential { extensions: (&inputs).into(), ..resident(1) }).unwrap();
    let key = *reply.large_blob_key.as_ref().unwrap().expose();
    let credential = Credential::checked(&reply);
    let plain = platform.register(resident(2), false).unwrap();
    platform.restart();
    let mut asked = |credential: &Credential| {
        let inputs = GetAssertionInputs { large_blob_key: Some(true), ..Default::default() };
        let reply = platform.send(&GetAssertion { extensions: (&inputs).into(), ..assertion(&[credential]) }).unwrap();
        reply.large_blob_key.map(|key| *key.expose())
    };
    assert_eq!(asked(&credential), Some(key));
    assert_eq!(asked(&plain), None, "made without one");
    let reply = platform.send(&assertion(&[&credential])).unwrap();
    assert!(reply.large_blob_key.is_none(), "not asked for");
}

#[test]
fn a_large_blob_key_wants_a_discoverable_credential() {
    for (make, wanted) in [(registration(), true), (resident(1), false), (registration(), false)] {
        let mut request = make;
        request.extensions.set(LARGE_BLOB_KEY, wanted);
        assert_eq!(Platform::new().send(&request).unwrap_err(), Status::InvalidOption);
    }
    let mut platform = Platform::new();
    let credential = platform.register(resident(1), false).unwrap();
    let mut request = assertion(&[&credential]);
    request.extensions.set(LARGE_BLOB_KEY, false);
    assert_eq!(platform.send(&request).unwrap_err(), Status::InvalidOption);
}

#[test]
fn a_large_blob_may_lie_with_its_credential_instead() {
    let large_blobs = LargeBlobs::PerCredential(1_000);
    let mut platform = Platform::with(Abilities { large_blobs, ..Abilities::default() });
    assert!(platform.info().has_extension("largeBlob") && !platform.info().has_extension("largeBlobKey"));
    let inputs = MakeCredentialInputs { large_blob: Some(LargeBlobSupport::Required), ..Default::default() };
    let refused = MakeCredential { extensions: (&inputs).into(), ..registration() };
    assert_eq!(platform.send(&refused).unwrap_err(), Status::InvalidOption);
    let reply = platform.send(&MakeCredential { extensions: (&inputs).into(), ..resident(1) }).unwrap();
    let unsigned = MakeCredentialUnsignedOutputs::try_from(&reply.unsigned_extension_outputs).unwrap();
    assert!(unsigned.large_blob.unwrap().0);
    let credential = Credential::checked(&reply);
    let mut asked_of = |list: &[&Credential], request: LargeBlobRequest| {
        let inputs = GetAssertionInputs { large_blob: Some(request), ..Default::default() };
        let reply = platform.send(&GetAssertion { extensions: (&inputs).into(), ..assertion(list) }).unwrap();
        platform.restart();
        GetAssertionUnsignedOutputs::try_from(&reply.unsigned_extension_outputs).unwrap().large_blob
    };
    let blob = |length| PackedBlob { packed: vec![9; length], original_size: 5_000 };
    let unnamed = asked_of(&[], LargeBlobRequest::Write(blob(1_000)));
    assert_eq!(unnamed, Some(LargeBlobResult::Written(false)), "the platform has to name the credential");
    let mut asked = |request| asked_of(&[&credential], request);
    assert_eq!(asked(LargeBlobRequest::Read), None);
    assert_eq!(asked(LargeBlobRequest::Write(blob(1_000))), Some(LargeBlobResult::Written(true)));
    assert_eq!(asked(LargeBlobRequest::Write(blob(1_001))), Some(LargeBlobResult::Written(false)));
    assert_eq!(asked(LargeBlobRequest::Read), Some(LargeBlobResult::Blob(blob(1_000))));
}

#[test]
fn pin_policies_are_told_to_rps_on_the_list_alone() {
    let mut platform = Platform::with_pin();
    let inputs =
        MakeCredentialInputs { min_pin_length: Some(true), pin_complexity_policy: Some(true), ..Default::default() };
    let request = MakeCredential { extensions: (&inputs).into(), ..registration() };
    let (_, outputs) = made(&mut platform, request.clone());
    assert_eq!(outputs, MakeCredentialOutputs::default());
    let token = platform.token(Protocol::Two, PIN, Permissions::AUTHENTICATOR_CONFIG, None).unwrap();
    let set = SetMinPinLength {
        new_min_pin_length: None,
        min_pin_length_rp_ids: Some(vec![RpId::new(RP)]),
        force_change_pin: None,
        pin_complexity_policy: None,
    };
    platform.call(set, &token).unwrap();
    let (_, outputs) = made(&mut platform, request);
    assert_eq!((outputs.min_pin_length, outputs.pin_complexity_policy), (Some(4), Some(false)));
}

#[test]
fn third_party_payment_is_a_mark_that_stays() {
    let mut platform = Platform::new();
    for make in [registration, || resident(1)] {
        for marked in [true, false] {
            let inputs = MakeCredentialInputs { third_party_payment: Some(marked), ..Default::default() };
            let (credential, told) = made(&mut platform, MakeCredential { extensions: (&inputs).into(), ..make() });
            assert_eq!(told, MakeCredentialOutputs::default(), "not before it signs");
            let inputs = GetAssertionInputs { third_party_payment: Some(true), ..Default::default() };
            let request = GetAssertion { extensions: (&inputs).into(), ..assertion(&[&credential]) };
            assert_eq!(answered(&platform.send(&request).unwrap()).third_party_payment, Some(marked));
        }
    }
}
