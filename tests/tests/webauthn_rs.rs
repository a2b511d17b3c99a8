//! webauthn-rs looks at the software key as a site does: attestations are verified, and every sign-in after them.
//!
//! It takes ES256, ES384 and RS256. EdDSA it refuses and its ES512 verifies nothing; those have python-fido2.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use fob_ambient::{Millis, SystemRng};
use fob_authenticator::{
    AAGUID, Abilities, Attestation, Authenticator, Caller, Parts, Presence, RamStore, Step, SystemSigner, U2fStep,
    test_ca_certificate,
};
use fob_ctap::auth_data::Aaguid;
use fob_ctap::client_pin::{GetKeyAgreement, GetPinTokenWithPermissions, Permissions, SetPin};
use fob_ctap::cose::{Algorithm, KeyAgreementKey};
use fob_ctap::entity::{CredentialParameters, CredentialType, Descriptor, RpEntity, RpId, UserEntity, UserHandle};
use fob_ctap::extension::Extensions;
use fob_ctap::get_assertion::{self, GetAssertion};
use fob_ctap::make_credential::{self, MakeCredential, Options};
use fob_ctap::pin::{Pin, PinUvAuthToken, Protocol, SharedSecret, encapsulate};
use fob_ctap::u2f::{U2fCommand, bridge};
use fob_ctap::{Command, Strictness, sha256};
use serde_json::json;
use webauthn_attestation_ca::{AttestationCaList, AttestationCaListBuilder};
use webauthn_rs_core::WebauthnCore;
use webauthn_rs_core::error::WebauthnError;
use webauthn_rs_core::proto::{
    AttestationConveyancePreference, AuthenticatorAssertionResponseRaw, AuthenticatorAttestationResponseRaw,
    COSEAlgorithm, Credential, ParsedAttestationData, PublicKeyCredential, RegisterPublicKeyCredential,
    UserVerificationPolicy,
};

const RP: &str = "site.example";
const ORIGIN: &str = "https://site.example";
const PIN: &str = "correct horse";
const NOW: Millis = Millis(0);

/// A site that believes webauthn-rs, and its visitor's key.
struct Visit {
    site: WebauthnCore,
    key: Authenticator,
    /// Whether requests carry a proof of the PIN.
    verified: bool,
}

impl Visit {
    fn attested(attestation: Attestation) -> Self {
        let parts = Parts {
            store: Box::new(RamStore),
            rng: Box::new(SystemRng::new()),
            signer: Box::new(SystemSigner::new()),
            strictness: Strictness::Canonical,
        };
        let abilities = Abilities { attestation, ..Abilities::complete() };
        let origins = vec![ORIGIN.parse().unwrap()];
        Self {
            site: WebauthnCore::new_unsafe_experts_only("A site", RP, origins, Duration::from_secs(60), None, None),
            key: Authenticator::power_up_as(parts, abilities, NOW).unwrap(),
            verified: false,
        }
    }

    fn send<C: Command>(&mut self, command: &C) -> C::Reply {
        let mut step = self.key.request(&command.encode(), Caller(1), NOW);
        loop {
            match step {
                Step::Reply(reply) => return C::decode_reply(&reply, Strictness::Canonical).unwrap(),
                Step::AskPresence(_) => step = self.key.presence(Presence::Touched, NOW),
            }
        }
    }

    fn send_u2f<C: U2fCommand>(&mut self, command: &C) -> C::Reply {
        let U2fStep { reply, ask } = self.key.u2f(&command.encode(), NOW);
        let reply = if ask.is_some() {
            self.key.u2f_presence(Presence::Touched, NOW);
            self.key.u2f(&command.encode(), NOW).reply
        } else {
            reply
        };
        C::decode_reply(&reply).unwrap()
    }

    fn agree(&mut self) -> (KeyAgreementKey, SharedSecret) {
        let theirs = self.send(&GetKeyAgreement { protocol: Protocol::Two }).key;
        encapsulate(Protocol::Two, &theirs, &mut SystemRng::new()).unwrap()
    }

    fn set_pin(&mut self) {
        let (key_agreement, shared) = self.agree();
        let new_pin_enc = shared.encrypt_pin(&pin(), &mut SystemRng::new());
        let pin_uv_auth_param = shared.authenticate(&new_pin_enc);
        self.send(&SetPin { key_agreement, new_pin_enc, pin_uv_auth_param, protocol: Protocol::Two });
        self.verified = true;
    }

    /// The proof over this hash, by a token of its own.
    fn proof(&mut self, hash: &[u8; 32]) -> (Option<Vec<u8>>, Option<u64>) {
        if !self.verified {
            return (None, None);
        }
        let (key_agreement, shared) = self.agree();
        let pin_hash_enc = shared.encrypt_pin_hash(&pin().hash(), &mut SystemRng::new());
        let permissions = Permissions(Permissions::MAKE_CREDENTIAL.0 | Permissions::GET_ASSERTION.0);
        let (rp_id, protocol) = (Some(RpId::new(RP)), Protocol::Two);
        let asked = GetPinTokenWithPermissions { key_agreement, pin_hash_enc, permissions, rp_id, protocol };
        let token: PinUvAuthToken = shared.decrypt_token(&self.send(&asked).pin_uv_auth_token).unwrap();
        (Some(token.authenticate(hash)), Some(protocol.number()))
    }

    /// Registers: `make` turns the request into what the key gives.
    fn register(
        &mut self,
        algorithm: COSEAlgorithm,
        roots: Option<&AttestationCaList>,
        make: impl FnOnce(&mut Self, MakeCredential) -> make_credential::Reply,
    ) -> Result<Credential, WebauthnError> {
        let policy = self.policy();
        let challenge = self
            .site
            .new_challenge_register_builder(b"ada", "ada", "Ada")?
            .attestation(AttestationConveyancePreference::Direct)
            .credential_algorithms(vec![algorithm])
            .user_verification_policy(policy);
        let (challenge, state) = self.site.generate_challenge_register(challenge)?;
        let client_data_json = client_data("webauthn.create", &json!(challenge)["publicKey"]["challenge"]);
        let client_data_hash = sha256(&client_data_json);
        let (pin_uv_auth_param, pin_uv_auth_protocol) = self.proof(&client_data_hash);
        let request = MakeCredential {
            client_data_hash,
            rp: RpEntity { id: RpId::new(RP), name: None },
            user: UserEntity { id: UserHandle::new(*b"ada").unwrap(), name: Some("ada".into()), display_name: None },
            pub_key_cred_params: vec![CredentialParameters {
                credential_type: CredentialType::PublicKey,
                algorithm: Algorithm(algorithm as i64),
            }],
            exclude_list: Vec::new(),
            extensions: Extensions::default(),
            options: Options::default(),
            pin_uv_auth_param,
            pin_uv_auth_protocol,
            enterprise_attestation: None,
            attestation_formats_preference: Vec::new(),
        };
        let reply = make(self, request);
        let raw_id =
            reply.authenticator_data(Strictness::Canonical).unwrap().attested_credential.unwrap().id.into_bytes();
        let answer = RegisterPublicKeyCredential {
            id: String::new(),
            raw_id,
            response: AuthenticatorAttestationResponseRaw {
                attestation_object: reply.attestation_object().encode(),
                client_data_json,
                transports: None,
            },
            type_: "public-key".into(),
            extensions: Default::default(),
        };
        self.site.register_credential(&answer, &state, roots)
    }

    /// Signs in with this credential and gives the counter that the site keeps.
    fn sign_in(
        &mut self,
        credential: &Credential,
        sign: impl FnOnce(&mut Self, GetAssertion) -> get_assertion::Reply,
    ) -> Result<u32, WebauthnError> {
        let policy = Some(self.policy());
        let challenge = self.site.new_challenge_authenticate_builder(vec![credential.clone()], policy)?;
        let (challenge, state) = self.site.generate_challenge_authenticate(challenge)?;
        let client_data_json = client_data("webauthn.get", &json!(challenge)["publicKey"]["challenge"]);
        let client_data_hash = sha256(&client_data_json);
        let (pin_uv_auth_param, pin_uv_auth_protocol) = self.proof(&client_data_hash);
        let request = GetAssertion {
            rp_id: RpId::new(RP),
            client_data_hash,
            allow_list: vec![Descriptor::public_key(credential.cred_id.as_slice())],
            extensions: Extensions::default(),
            options: Options::default(),
            pin_uv_auth_param,
            pin_uv_auth_protocol,
        };
        let reply = sign(self, request);
        let answer = PublicKeyCredential {
            id: String::new(),
            raw_id: credential.cred_id.to_vec(),
            response: AuthenticatorAssertionResponseRaw {
                authenticator_data: reply.auth_data,
                client_data_json,
                signature: reply.signature,
                user_handle: None,
            },
            extensions: Default::default(),
            type_: "public-key".into(),
        };
        let result = self.site.authenticate_credential(&answer, &state)?;
        assert_eq!(result.user_verified(), self.verified);
        Ok(result.counter())
    }

    fn policy(&self) -> UserVerificationPolicy {
        if self.verified { UserVerificationPolicy::Required } else { UserVerificationPolicy::Discouraged_DO_NOT_USE }
    }

    /// What every key has to pass: a registration, two sign-ins with a counter that goes up.
    fn whole(&mut self, algorithm: COSEAlgorithm, roots: Option<&AttestationCaList>) -> Credential {
        let credential = self.register(algorithm, roots, |visit, request| visit.send(&request)).unwrap();
        let first = self.sign_in(&credential, |visit, request| visit.send(&request)).unwrap();
        let second = self.sign_in(&credential, |visit, request| visit.send(&request)).unwrap();
        assert!(credential.counter < first && first < second, "{} {first} {second}", credential.counter);
        credential
    }
}

fn pin() -> Pin {
    Pin::new(PIN.to_owned()).unwrap()
}

fn client_data(kind: &str, challenge: &serde_json::Value) -> Vec<u8> {
    json!({ "type": kind, "challenge": challenge, "origin": ORIGIN, "crossOrigin": false }).to_string().into_bytes()
}

/// The test CA, trusted for fob's AAGUID or for another one.
fn roots(aaguid: Aaguid) -> AttestationCaList {
    let mut roots = AttestationCaListBuilder::new();
    let names = Default::default();
    roots.insert_device_der(&test_ca_certificate(), aaguid.to_string().parse().unwrap(), "fob".into(), names).unwrap();
    roots.build()
}

const ALGORITHMS: [COSEAlgorithm; 3] = [COSEAlgorithm::ES256, COSEAlgorithm::ES384, COSEAlgorithm::RS256];

#[test]
fn a_key_that_attests_itself_is_believed_as_such() {
    for algorithm in ALGORITHMS {
        let credential = Visit::attested(Attestation::OneSelf).whole(algorithm, None);
        assert!(matches!(credential.attestation.data, ParsedAttestationData::Self_), "{algorithm:?}");
        assert!(!credential.user_verified && !credential.backup_eligible);
    }
}

#[test]
fn a_certified_key_is_believed_through_the_test_ca_alone() {
    for algorithm in ALGORITHMS {
        let mut visit = Visit::attested(Attestation::Certificate);
        let credential = visit.whole(algorithm, Some(&roots(AAGUID)));
        assert!(matches!(credential.attestation.data, ParsedAttestationData::Basic(_)), "{algorithm:?}");
        let refused = visit.register(algorithm, Some(&roots(Aaguid([1; 16]))), |visit, request| visit.send(&request));
        assert!(matches!(refused, Err(WebauthnError::AttestationUntrustedAaguid)), "{refused:?}");
    }
}

#[test]
fn a_key_that_attests_nothing_signs_in_all_the_same() {
    for algorithm in ALGORITHMS {
        let credential = Visit::attested(Attestation::None).whole(algorithm, None);
        assert!(matches!(credential.attestation.data, ParsedAttestationData::None), "{algorithm:?}");
    }
}

#[test]
fn a_pin_makes_a_verified_person() {
    let mut visit = Visit::attested(Attestation::OneSelf);
    visit.set_pin();
    for algorithm in ALGORITHMS {
        assert!(visit.whole(algorithm, None).user_verified);
    }
}

#[test]
fn a_key_of_u2f_is_attested_by_its_certificate() {
    let mut visit = Visit::attested(Attestation::Certificate);
    let make = |visit: &mut Visit, request: MakeCredential| {
        let registration = visit.send_u2f(&bridge::register(&request).unwrap());
        bridge::registered(&request.rp.id, registration)
    };
    let credential = visit.register(COSEAlgorithm::ES256, None, make).unwrap();
    assert!(matches!(credential.attestation.data, ParsedAttestationData::Basic(_)), "{:?}", credential.attestation);
    let sign = |visit: &mut Visit, request: GetAssertion| {
        let (attempt, descriptor) = bridge::sign_ins(&request).unwrap().remove(0);
        bridge::signed_in(&request.rp_id, descriptor, visit.send_u2f(&attempt))
    };
    let first = visit.sign_in(&credential, sign).unwrap();
    // The other command set signs with the same credential and the same counter.
    let second = visit.sign_in(&credential, |visit, request| visit.send(&request)).unwrap();
    assert!(first < second);
}

#[test]
fn what_was_tampered_with_is_noticed() {
    let mut visit = Visit::attested(Attestation::OneSelf);
    let credential = visit.whole(COSEAlgorithm::ES256, None);
    let tampered = |visit: &mut Visit, request: GetAssertion| {
        let mut reply: get_assertion::Reply = visit.send(&request);
        // The counter's last byte.
        *reply.auth_data.last_mut().unwrap() ^= 0x40;
        reply
    };
    assert!(matches!(visit.sign_in(&credential, tampered), Err(WebauthnError::AuthenticationFailure)));
}
