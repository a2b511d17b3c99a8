//! Credential management, fingerprints and configuration in both directions, proofs included, against bytes that
//! PyPI's fido2 made (tests/vectors/python-fido2.py).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a table that does not fit ends its test")]

use std::collections::BTreeMap;
use std::fmt::Debug;

use data_encoding::HEXLOWER;
use fob_ctap::bio_enrollment::{
    BioEnrollment, BioRequest, CancelCurrentEnrollment, EnrollBegin, EnrollCaptureNextSample, Enrollments,
    EnumerateEnrollments, FingerprintKind, FirstSample, GetFingerprintSensorInfo, GetModality, Modality,
    RemoveEnrollment, Sample, SampleStatus, SensorInfo, SetFriendlyName, TemplateInfo,
};
use fob_ctap::config::{
    Config, EnableEnterpriseAttestation, EnableLongTouchForReset, SetMinPinLength, ToggleAlwaysUv, VendorPrototype,
};
use fob_ctap::cose::{P256Point, PublicKey};
use fob_ctap::credential_management::{
    CredentialManagement, CredentialsBegin, CredsMetadata, DeleteCredential, EnumerateCredentialsBegin,
    EnumerateCredentialsNext, EnumerateRpsBegin, EnumerateRpsNext, GetCredsMetadata, RpsBegin, StoredCredential,
    StoredRp, UpdateUserInformation,
};
use fob_ctap::entity::{Descriptor, RpEntity, RpId, UserEntity, UserHandle};
use fob_ctap::extension::CredProtect;
use fob_ctap::pin::{PinUvAuthToken, Protocol};
use fob_ctap::secret::LargeBlobKey;
use fob_ctap::subcommand::{Call, Family, HasPrototype, Prototype, Received, Subcommand};
use fob_ctap::{Command, Malformed, Map, Status, Strictness};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    values: BTreeMap<String, String>,
    requests: BTreeMap<String, String>,
    preview: BTreeMap<String, String>,
    replies: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Shared {
    values: BTreeMap<String, String>,
}

fn hex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

fn members(request: &[u8]) -> Map {
    let value = fob_cbor::decode(&request[1..], fob_cbor::Limits::CTAP).unwrap();
    value.as_map().unwrap().clone()
}

impl Vectors {
    fn load() -> Self {
        let mut vectors: Self = toml::from_str(include_str!("vectors/python-fido2-management.toml")).unwrap();
        let shared: Shared = toml::from_str(include_str!("vectors/python-fido2-messages.toml")).unwrap();
        vectors.values.extend(shared.values);
        vectors
    }

    fn value(&self, name: &str) -> Vec<u8> {
        hex(&self.values[name])
    }

    fn fixed<const N: usize>(&self, name: &str) -> [u8; N] {
        self.value(name).try_into().unwrap()
    }

    fn token(&self, protocol: Protocol) -> PinUvAuthToken {
        PinUvAuthToken::from_plain(protocol, self.value("token").into()).unwrap()
    }

    /// fido2 sends the same, and the authenticator's side takes it for what it is.
    fn call<S>(&self, name: &str, proven: bool, subcommand: S, wrap: fn(S) -> S::Family)
    where
        S: Subcommand<Family: Debug + PartialEq> + Clone + Debug + PartialEq,
    {
        for protocol in [Protocol::One, Protocol::Two] {
            let name = format!("{name}_{}", protocol.number());
            let token = self.token(protocol);
            let call = if proven { Call::proven(subcommand.clone(), &token) } else { Call::bare(subcommand.clone()) };
            assert_eq!(HEXLOWER.encode(&call.encode()), self.requests[&name], "{name}");

            let bytes = hex(&self.requests[&name]);
            let received = Received::<S::Family>::from_map(members(&bytes)).unwrap();
            assert_eq!(received.subcommand, Ok(wrap(subcommand.clone())), "{name}");
            assert_eq!(received.number, S::NUMBER);
            assert_eq!(received.is_proven_by(&token), proven, "{name}");
            let other = PinUvAuthToken::from_plain(protocol, vec![0; 32].into()).unwrap();
            assert!(!received.is_proven_by(&other));
            assert_eq!(call, fob_ctap::Message::from_map(members(&bytes)).unwrap());
        }
    }

    /// The same, and under the preview's number too.
    fn both<S>(&self, name: &str, proven: bool, subcommand: S, wrap: fn(S) -> S::Family)
    where
        S: Subcommand<Family: HasPrototype + Debug + PartialEq> + Clone + Debug + PartialEq,
    {
        self.call(name, proven, subcommand.clone(), wrap);
        let call = if proven { Call::proven(subcommand, &self.token(Protocol::Two)) } else { Call::bare(subcommand) };
        assert_eq!(HEXLOWER.encode(&Prototype(call).encode()), self.preview[&format!("{name}_2")], "{name}");
    }

    fn answer<C: Command<Reply: Debug>>(&self, name: &str, reply: &C::Reply) {
        assert_eq!(HEXLOWER.encode(&C::encode_reply(reply)), self.replies[name], "{name}");
        let read = C::decode_reply(&hex(&self.replies[name]), Strictness::Canonical).unwrap();
        assert_eq!(format!("{read:?}"), format!("{reply:?}"), "{name}");
    }

    fn descriptor(&self) -> Descriptor {
        Descriptor::public_key(self.value("credential_id"))
    }

    fn user(&self) -> UserEntity {
        UserEntity {
            id: UserHandle::new(self.value("user_id")).unwrap(),
            name: Some("ada@example".to_owned()),
            display_name: Some("Ada Lovelace".to_owned()),
        }
    }
}

fn rp_id() -> RpId {
    RpId::new("login.example")
}

#[test]
fn credentials_are_managed_as_fido2_does() {
    let vectors = Vectors::load();
    let credential_id = vectors.descriptor();
    use CredentialManagement as Any;
    vectors.both("get_creds_metadata", true, GetCredsMetadata {}, Any::GetCredsMetadata);
    vectors.both("enumerate_rps_begin", true, EnumerateRpsBegin {}, Any::EnumerateRpsBegin);
    vectors.both("enumerate_rps_next", false, EnumerateRpsNext {}, Any::EnumerateRpsNext);
    let begin = EnumerateCredentialsBegin { rp_id_hash: rp_id().hash() };
    vectors.both("enumerate_credentials_begin", true, begin, Any::EnumerateCredentialsBegin);
    vectors.both("enumerate_credentials_next", false, EnumerateCredentialsNext {}, Any::EnumerateCredentialsNext);
    let delete = DeleteCredential { credential_id: credential_id.clone() };
    vectors.both("delete_credential", true, delete, Any::DeleteCredential);
    let update = UpdateUserInformation { credential_id, user: vectors.user() };
    vectors.call("update_user_information", true, update, Any::UpdateUserInformation);
}

#[test]
fn fingerprints_are_managed_as_fido2_does() {
    let vectors = Vectors::load();
    let template_id = vectors.value("template");
    let timeout_milliseconds = Some(10_000);
    use BioEnrollment as Any;
    vectors.both("enroll_begin", true, EnrollBegin { timeout_milliseconds: None }, Any::EnrollBegin);
    vectors.both("enroll_begin_timeout", true, EnrollBegin { timeout_milliseconds }, Any::EnrollBegin);
    let next = EnrollCaptureNextSample { template_id: template_id.clone(), timeout_milliseconds };
    vectors.both("enroll_capture_next_sample", true, next, Any::EnrollCaptureNextSample);
    vectors.both("cancel_current_enrollment", false, CancelCurrentEnrollment {}, Any::CancelCurrentEnrollment);
    vectors.both("enumerate_enrollments", true, EnumerateEnrollments {}, Any::EnumerateEnrollments);
    let template_friendly_name = "Zeigefinger".to_owned();
    let name = SetFriendlyName { template_id: template_id.clone(), template_friendly_name };
    vectors.both("set_friendly_name", true, name, Any::SetFriendlyName);
    vectors.both("remove_enrollment", true, RemoveEnrollment { template_id }, Any::RemoveEnrollment);
    vectors.both("get_fingerprint_sensor_info", false, GetFingerprintSensorInfo {}, Any::GetFingerprintSensorInfo);
    assert_eq!(HEXLOWER.encode(&GetModality.encode()), vectors.requests["get_modality_1"]);
    let modality = members(&hex(&vectors.requests["get_modality_1"]));
    assert_eq!(BioRequest::from_map(modality), Ok(BioRequest::GetModality));
}

#[test]
fn keys_are_configured_as_fido2_does() {
    let vectors = Vectors::load();
    use Config as Any;
    let enterprise = EnableEnterpriseAttestation {};
    vectors.call("enable_enterprise_attestation", true, enterprise, Any::EnableEnterpriseAttestation);
    vectors.call("toggle_always_uv", true, ToggleAlwaysUv {}, Any::ToggleAlwaysUv);
    vectors.call("enable_long_touch_for_reset", true, EnableLongTouchForReset {}, Any::EnableLongTouchForReset);
    let least = SetMinPinLength {
        new_min_pin_length: None,
        min_pin_length_rp_ids: None,
        force_change_pin: Some(true),
        pin_complexity_policy: None,
    };
    let nobody =
        SetMinPinLength { min_pin_length_rp_ids: Some(Vec::new()), force_change_pin: Some(false), ..least.clone() };
    let full = SetMinPinLength {
        new_min_pin_length: Some(8),
        min_pin_length_rp_ids: Some(vec![rp_id(), RpId::new("a")]),
        pin_complexity_policy: Some(true),
        ..least.clone()
    };
    vectors.call("set_min_pin_length_full", true, full, Any::SetMinPinLength);
    vectors.call("set_min_pin_length_force", true, least, Any::SetMinPinLength);
    vectors.call("set_min_pin_length_nobody", true, nobody, Any::SetMinPinLength);
    let vendor =
        VendorPrototype { vendor_command_id: 0x1122_3344_5566_7788, parameters: [(2, b"\x01")].into_iter().collect() };
    vectors.call("vendor_prototype", true, vendor, Any::VendorPrototype);
}

#[test]
fn answers_about_credentials_are_fido2s() {
    let vectors = Vectors::load();
    let metadata = CredsMetadata { existing: 3, max_possible_remaining: 22 };
    vectors.answer::<Call<GetCredsMetadata>>("creds_metadata", &metadata);
    let rp =
        StoredRp { rp: RpEntity { id: rp_id(), name: Some("Login Example".to_owned()) }, rp_id_hash: rp_id().hash() };
    let next = StoredRp { rp: RpEntity { id: rp_id(), name: None }, ..rp.clone() };
    vectors.answer::<Call<EnumerateRpsBegin>>("rps_begin", &RpsBegin { first: Some(rp), total: 2 });
    vectors.answer::<Call<EnumerateRpsBegin>>("rps_begin_none", &RpsBegin { first: None, total: 0 });
    vectors.answer::<Call<EnumerateRpsNext>>("rps_next", &next);
    let point = P256Point { x: vectors.fixed("credential_x"), y: vectors.fixed("credential_y") };
    let credential = |cred_protect| StoredCredential {
        user: vectors.user(),
        credential_id: vectors.descriptor(),
        public_key: PublicKey::Es256(point),
        cred_protect,
        large_blob_key: None,
        third_party_payment: None,
    };
    let first = StoredCredential {
        large_blob_key: Some(LargeBlobKey::new(vectors.fixed("blob_key"))),
        third_party_payment: Some(true),
        ..credential(Some(CredProtect::UserVerificationRequired))
    };
    vectors.answer::<Call<EnumerateCredentialsBegin>>("credentials_begin", &CredentialsBegin { first, total: 2 });
    let next = credential(Some(CredProtect::UserVerificationOptional));
    vectors.answer::<Call<EnumerateCredentialsNext>>("credentials_next", &next);
    vectors.answer::<Prototype<EnumerateCredentialsNext>>("credentials_next_preview", &credential(None));
    let alone = hex(&vectors.replies["credentials_next_preview"]);
    let begin = Prototype::<EnumerateCredentialsBegin>::decode_reply(&alone, Strictness::Canonical).unwrap();
    assert_eq!(begin.total, 1, "a key that does not count has one");
}

#[test]
fn answers_about_fingerprints_are_fido2s() {
    let vectors = Vectors::load();
    let template_id = vectors.value("template");
    vectors.answer::<GetModality>("modality", &Modality { modality: 1 });
    let sensor = SensorInfo {
        fingerprint_kind: FingerprintKind::Touch,
        max_capture_samples_required_for_enroll: 5,
        max_template_friendly_name: Some(48),
    };
    vectors.answer::<Call<GetFingerprintSensorInfo>>("sensor_info", &sensor);
    let least = SensorInfo {
        fingerprint_kind: FingerprintKind::Swipe,
        max_capture_samples_required_for_enroll: 1,
        max_template_friendly_name: None,
    };
    vectors.answer::<Call<GetFingerprintSensorInfo>>("sensor_info_least", &least);
    let good = Sample { last_enroll_sample_status: SampleStatus::Good, remaining_samples: 4 };
    let first = FirstSample { template_id: template_id.clone(), sample: good };
    vectors.answer::<Call<EnrollBegin>>("first_sample", &first);
    let idle = Sample { last_enroll_sample_status: SampleStatus::NoUserActivity, ..good };
    vectors.answer::<Call<EnrollCaptureNextSample>>("sample", &idle);
    let named = TemplateInfo { template_id, template_friendly_name: Some("Zeigefinger".to_owned()) };
    let unnamed = TemplateInfo { template_id: vec![2], template_friendly_name: None };
    vectors.answer::<Call<EnumerateEnrollments>>("enrollments", &Enrollments { template_infos: vec![named, unnamed] });
}

/// The numbers of CTAP 2.3 §6.7.4.
#[test]
fn samples_have_the_standards_numbers() {
    let numbers = SampleStatus::ALL.iter().map(|status| status.number());
    assert!(numbers.eq(0..=0x0e));
    assert_eq!(SampleStatus::from_number(0x0e), SampleStatus::NoUserPresenceTransition);
    assert_eq!(SampleStatus::from_number(0x0f), SampleStatus::Other(0x0f));
}

fn status<F: Family>(request: &str) -> Option<Status> {
    Received::<F>::from_map(members(&hex(request))).err().map(|malformed| malformed.status())
}

#[test]
fn a_request_that_is_none_gets_the_standards_status() {
    for (case, request, expected) in [
        ("no subcommand", "0aa0", Status::MissingParameter),
        ("a subcommand of text", "0aa10160", Status::CborUnexpectedType),
        ("subcommand 8", "0aa10108", Status::InvalidSubcommand),
        ("subcommand 257", "0aa101190101", Status::InvalidSubcommand),
        ("parameters of text", "0aa201010260", Status::CborUnexpectedType),
        ("a protocol of text", "0aa201010360", Status::CborUnexpectedType),
        ("a proof of text", "0aa201010460", Status::CborUnexpectedType),
    ] {
        assert_eq!(status::<CredentialManagement>(request), Some(expected), "{case}");
    }
    assert_eq!(status::<Config>("0da10105"), Some(Status::InvalidSubcommand));
    assert_eq!(status::<BioEnrollment>("09a10207"), Some(Status::MissingParameter), "no modality");
    assert_eq!(status::<BioEnrollment>("09a201020207"), Some(Status::InvalidParameter), "another modality");
    let bio = |request: &str| BioRequest::from_map(members(&hex(request))).map_err(|malformed| malformed.status());
    assert_eq!(bio("09a106f4"), Err(Status::InvalidParameter));
    assert_eq!(bio("09a10101"), Err(Status::MissingParameter));
}

/// The proof comes first: a request without one is not told what is wrong with its parameters.
#[test]
fn faulty_parameters_wait_for_their_step() {
    let received = Received::<CredentialManagement>::from_map(members(&hex("0aa10106"))).unwrap();
    assert_eq!(received.pin_uv_auth_param, None);
    assert_eq!((received.number, received.subcommand), (6, Err(Malformed::Missing("credentialID"))));
}

/// A member that only a newer platform knows is under its proof all the same.
#[test]
fn unknown_parameters_are_proven_too() {
    let vectors = Vectors::load();
    let token = vectors.token(Protocol::Two);
    let covered = hex("04a201582000000000000000000000000000000000000000000000000000000000000000001864f5");
    let mut request: Map = [(1, 4), (3, 2)].into_iter().collect();
    let parameters = fob_cbor::decode(&covered[1..], fob_cbor::Limits::CTAP).unwrap();
    request.insert(2, parameters.clone());
    request.insert(4, token.authenticate(&covered));
    let received = Received::<CredentialManagement>::from_map(request).unwrap();
    assert!(received.is_proven_by(&token));
    assert_eq!(
        received.subcommand,
        Ok(CredentialManagement::EnumerateCredentialsBegin(EnumerateCredentialsBegin { rp_id_hash: [0; 32] }))
    );
    // Where the standard names the subcommand alone, parameters that have no place there are left out.
    for number in [1, 2] {
        let mut request: Map = [(1, number), (3, 2)].into_iter().collect();
        request.insert(2, parameters.clone());
        let received = Received::<CredentialManagement>::from_map(request).unwrap();
        assert_eq!(received.message(), [number]);
    }
}

#[test]
fn answers_that_make_no_sense_are_refused() {
    let read = |reply: &str| Call::<EnumerateRpsBegin>::decode_reply(&hex(reply), Strictness::Canonical);
    assert!(read("00a0").is_err(), "no total");
    assert!(read("00a10502").is_err(), "two RPs, and none of them");
    let read = |reply: &str| Call::<EnrollBegin>::decode_reply(&hex(reply), Strictness::Canonical);
    assert!(read("00a2044102050 0".replace(' ', "").as_str()).is_err(), "no remaining samples");
    assert!(read("00a3044102050006 04".replace(' ', "").as_str()).is_ok());
}
