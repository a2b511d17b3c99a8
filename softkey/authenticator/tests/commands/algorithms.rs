//! Algorithms, attestation and backup flags (§6.1.2 steps 3 and 18, WebAuthn Level 3 §6.5.6 and §8.2).

use fob_authenticator::{AAGUID, Abilities, Attestation, Backup, KeyKind, test_ca_certificate};
use fob_ctap::attestation::{Packed, Statement};
use fob_ctap::auth_data::{AuthenticatorData, Flags};
use fob_ctap::config::EnableEnterpriseAttestation;
use fob_ctap::cose::{Algorithm, TypedKey};
use fob_ctap::entity::{CredentialParameters, Descriptor, RpId};
use fob_ctap::make_credential::MakeCredential;
use fob_ctap::{Status, Strictness};
use ml_dsa::{KeyInit, MlDsa44, MlDsa65, MlDsaParams, Verifier, VerifyingKey};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};

use crate::platform::{HASH, Platform, RP, registration, resident};

fn wanting(kind: KeyKind, request: MakeCredential) -> MakeCredential {
    let pub_key_cred_params = vec![CredentialParameters::public_key(kind.algorithm())];
    MakeCredential { pub_key_cred_params, ..request }
}

fn packed(statement: Statement) -> Packed {
    match statement {
        Statement::Packed(packed) => packed,
        other => panic!("not packed: {other:?}"),
    }
}

/// ring verifies what it can; RustCrypto's verifiers, which share no code with how the keys sign in ring, the rest.
fn verify(key: &TypedKey, message: &[u8], signature: &[u8]) {
    let ring = |algorithm, key: &[u8]| UnparsedPublicKey::new(algorithm, key).verify(message, signature).unwrap();
    match key {
        TypedKey::Es256(point) => ring(&ECDSA_P256_SHA256_ASN1, &point.to_sec1()),
        TypedKey::Es384(point) => ring(&ECDSA_P384_SHA384_ASN1, &point.to_sec1()),
        TypedKey::Ed25519(key) => ring(&ED25519, key),
        TypedKey::Rs256 { n, e } => {
            RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).unwrap();
        }
        TypedKey::Es512(point) => {
            use p521::ecdsa::signature::Verifier as _;
            let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(&point.to_sec1()).unwrap();
            key.verify(message, &p521::ecdsa::DerSignature::from_bytes(signature).unwrap()).unwrap();
        }
        TypedKey::MlDsa44(key) => ml_dsa_verify::<MlDsa44>(key.as_slice(), message, signature),
        TypedKey::MlDsa65(key) => ml_dsa_verify::<MlDsa65>(key.as_slice(), message, signature),
    }
}

fn ml_dsa_verify<P: MlDsaParams>(key: &[u8], message: &[u8], signature: &[u8]) {
    let key = VerifyingKey::<P>::new_from_slice(key).unwrap();
    key.verify(message, &ml_dsa::Signature::<P>::try_from(signature).unwrap()).unwrap();
}

#[test]
fn every_algorithm_registers_and_signs_in_kept_or_not() {
    for kind in KeyKind::ALL {
        let mut platform = Platform::with(Abilities::complete());
        for request in [wanting(kind, registration()), wanting(kind, resident(1))] {
            let reply = platform.send(&request).unwrap();
            let attested = reply.authenticator_data(Strictness::Canonical).unwrap().attested_credential.unwrap();
            let key = TypedKey::of(&attested.public_key).unwrap();
            assert_eq!(key.algorithm(), kind.algorithm());
            let packed = packed(reply.statement);
            assert_eq!((packed.algorithm, packed.certificates.len()), (kind.algorithm(), 0));
            verify(&key, &[reply.auth_data.as_slice(), &HASH].concat(), &packed.signature);
            platform.restart();
            let mut request = crate::platform::assertion(&[]);
            request.allow_list = vec![Descriptor::public_key(attested.id)];
            let reply = platform.send(&request).unwrap();
            verify(&key, &[reply.auth_data.as_slice(), &HASH].concat(), &reply.signature);
        }
    }
}

#[test]
fn the_platform_chooses_the_algorithm_and_the_key_has_a_say() {
    let parameters = |kinds: &[KeyKind]| {
        kinds.iter().map(|kind| CredentialParameters::public_key(kind.algorithm())).collect::<Vec<_>>()
    };
    let chosen = |platform: &mut Platform, kinds: &[KeyKind]| {
        let request = MakeCredential { pub_key_cred_params: parameters(kinds), ..registration() };
        platform.send(&request).map(|reply| packed(reply.statement).algorithm)
    };
    let mut platform = Platform::new();
    assert_eq!(chosen(&mut platform, &[KeyKind::EdDsa, KeyKind::Es256]), Ok(Algorithm::EDDSA));
    assert_eq!(chosen(&mut platform, &[KeyKind::MlDsa44, KeyKind::Es384]), Ok(Algorithm::ES384));
    assert_eq!(chosen(&mut platform, &[KeyKind::MlDsa44, KeyKind::Rs256]), Err(Status::UnsupportedAlgorithm));
    let listed: Vec<_> = platform.info().algorithms.iter().map(|entry| entry.algorithm).collect();
    assert_eq!(listed, [Algorithm::ES256, Algorithm::EDDSA, Algorithm::ES384, Algorithm::ES512]);
}

#[test]
fn ids_that_are_promised_fit_into_a_message_with_every_algorithm() {
    let mut platform = Platform::with(Abilities::complete());
    let info = platform.info();
    let (longest, most) = (info.max_credential_id_length.unwrap(), info.max_credential_count_in_list.unwrap());
    let id = Descriptor::public_key(vec![1; longest as usize]);
    let request = MakeCredential { exclude_list: vec![id; most as usize], ..registration() };
    assert!(fob_ctap::Command::encode(&request).len() as u64 <= info.max_msg_size());
    platform.send(&request).unwrap();
    let reply = platform.send(&wanting(KeyKind::Rs256, registration())).unwrap();
    let made = reply.authenticator_data(Strictness::Canonical).unwrap().attested_credential.unwrap();
    assert_eq!(made.id.as_bytes().len() as u64, longest);
}

#[test]
fn none_is_given_where_it_is_preferred() {
    let preferring = |formats: &[&str]| MakeCredential {
        attestation_formats_preference: formats.iter().map(|format| (*format).to_owned()).collect(),
        ..registration()
    };
    for (formats, expected) in [
        (vec!["none"], "none"),
        (vec!["tpm", "none", "packed"], "none"),
        (vec!["packed", "none"], "packed"),
        (vec!["tpm"], "packed"),
    ] {
        let reply = Platform::new().send(&preferring(&formats)).unwrap();
        assert_eq!(reply.statement.format(), expected, "{formats:?}");
    }
}

/// The public key of a certificate on P-256: the only place where the head of such a key stands.
fn public_key(certificate: &[u8]) -> Vec<u8> {
    let head = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00];
    let at = certificate.windows(head.len()).position(|bytes| bytes == head).unwrap() + head.len();
    certificate[at..at + 65].to_vec()
}

#[test]
fn a_certified_attestation_is_signed_by_the_certified_key() {
    let attestation = Attestation::Certificate;
    let mut platform = Platform::with(Abilities { attestation, ..Abilities::default() });
    let reply = platform.send(&wanting(KeyKind::EdDsa, registration())).unwrap();
    let packed = packed(reply.statement);
    assert_eq!(packed.algorithm, Algorithm::ES256, "the certificate's, not the credential's");
    let [certificate] = packed.certificates.as_slice() else { panic!("one certificate") };
    let message = [reply.auth_data.as_slice(), &HASH].concat();
    let key = public_key(certificate);
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).verify(&message, &packed.signature).unwrap();
    assert!(certificate.windows(16).any(|bytes| bytes == AAGUID.0));
    assert_ne!(*certificate, test_ca_certificate());
}

#[test]
fn enterprise_attestation_is_for_who_was_enabled_and_named() {
    let mut platform =
        Platform::with(Abilities { enterprise_attestation: Some(vec![RpId::new(RP)]), ..Abilities::default() });
    let wanting = |number| MakeCredential { enterprise_attestation: Some(number), ..registration() };
    assert_eq!(platform.send(&wanting(1)).unwrap_err(), Status::InvalidParameter, "not enabled");
    platform.bare(EnableEnterpriseAttestation {}).unwrap();
    assert_eq!(platform.info().options.get("ep"), Some(true));
    assert_eq!(platform.send(&wanting(3)).unwrap_err(), Status::InvalidOption);
    let of_this_key: Vec<_> = [1, 2].map(|number| platform.send(&wanting(number)).unwrap()).into();
    for reply in of_this_key {
        assert_eq!(reply.ep_att, Some(true));
        assert_eq!(packed(reply.statement).certificates.len(), 1);
    }
    let mut elsewhere = wanting(1);
    elsewhere.rp.id = RpId::new("elsewhere.example");
    let reply = platform.send(&elsewhere).unwrap();
    assert_eq!((reply.ep_att, packed(reply.statement).certificates.len()), (None, 0));
}

#[test]
fn backup_flags_are_what_was_set() {
    let be = Flags::BACKUP_ELIGIBLE;
    for (backup, expected) in
        [(Backup::Never, Flags::NONE), (Backup::Eligible, be), (Backup::Done, be | Flags::BACKED_UP)]
    {
        let mut platform = Platform::with(Abilities { backup, ..Abilities::default() });
        let made = platform.register(resident(1), false).unwrap();
        let reply = platform.send(&crate::platform::assertion(&[&made])).unwrap();
        for data in [&made.auth_data, &reply.auth_data] {
            assert_eq!(AuthenticatorData::peek_flags(data), Some(expected | Flags::USER_PRESENT), "{backup:?}");
        }
    }
}

/// The first item of DER: its content, all of its bytes, and what follows.
fn item(bytes: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let (length, head) = match bytes[1] {
        short @ 0..=0x7f => (usize::from(short), 2),
        0x81 => (usize::from(bytes[2]), 3),
        0x82 => (usize::from(bytes[2]) << 8 | usize::from(bytes[3]), 4),
        other => panic!("a length of kind {other:02x}"),
    };
    let (whole, rest) = bytes.split_at(head + length);
    (&whole[head..], whole, rest)
}

#[test]
fn certificates_are_signed_by_the_test_ca() {
    let mut platform = Platform::with(Abilities { attestation: Attestation::Certificate, ..Abilities::default() });
    let reply = platform.send(&registration()).unwrap();
    let of_model = packed(reply.statement).certificates.remove(0);
    platform.bare(EnableEnterpriseAttestation {}).unwrap();
    let reply = platform.send(&MakeCredential { enterprise_attestation: Some(2), ..registration() }).unwrap();
    let of_key = packed(reply.statement).certificates.remove(0);
    assert_ne!(of_model, of_key);
    let root = test_ca_certificate();
    for certificate in [&root, &of_model, &of_key] {
        // RFC 5280 §4.1: SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }, each to its last byte.
        let (parts, _, after) = item(certificate);
        let (_, to_be_signed, rest) = item(parts);
        let (_, _, rest) = item(rest);
        let (signature, _, end) = item(rest);
        assert!(after.is_empty() && end.is_empty() && signature[0] == 0);
        let ca = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, public_key(&root));
        ca.verify(to_be_signed, &signature[1..]).unwrap();
    }
}
