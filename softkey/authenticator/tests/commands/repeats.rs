//! The same seed and the same requests give the same bytes.

use fob_authenticator::{Abilities, Attestation, KeyKind};
use fob_ctap::Command;
use fob_ctap::entity::CredentialParameters;
use fob_ctap::get_info::GetInfo;
use fob_ctap::make_credential::MakeCredential;
use fob_ctap::pin::Protocol;

use crate::platform::{PIN, Platform, assertion, registration, resident};

fn transcript(seed: u64) -> Vec<Vec<u8>> {
    let mut platform = Platform::seeded(seed);
    let mut said = vec![platform.raw(&GetInfo.encode()), platform.raw(&registration().encode())];
    platform.set_pin(Protocol::Two, PIN).unwrap();
    let made = platform.register(resident(1), true).unwrap();
    said.push(made.auth_data.clone());
    said.push(platform.raw(&assertion(&[&made]).encode()));
    said.push(platform.raw(&assertion(&[]).encode()));
    said
}

#[test]
fn a_seed_repeats_every_byte_and_another_seed_none_that_matters() {
    let (first, second, other) = (transcript(5), transcript(5), transcript(6));
    assert_eq!(first, second);
    assert_eq!(first[0], other[0], "getInfo says nothing about the seed");
    assert!(first.iter().zip(&other).skip(1).all(|(a, b)| a != b));
}

#[test]
fn keys_of_every_algorithm_and_certificates_repeat() {
    let made = |kind: KeyKind| {
        let attestation = Attestation::Certificate;
        let mut platform = Platform::with(Abilities { attestation, ..Abilities::complete() });
        let pub_key_cred_params = vec![CredentialParameters::public_key(kind.algorithm())];
        let request = MakeCredential { pub_key_cred_params, ..resident(1) };
        [platform.raw(&request.encode()), platform.raw(&assertion(&[]).encode())]
    };
    for kind in KeyKind::ALL {
        assert_eq!(made(kind), made(kind), "{kind:?}");
    }
}
