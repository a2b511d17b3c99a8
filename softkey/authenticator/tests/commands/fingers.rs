//! Built-in user verification and authenticatorBioEnrollment (§6.5.3, §6.5.5.7.3, §6.7), on a scripted sensor.

use fob_authenticator::{Abilities, FingerSample, Presence};
use fob_ctap::Status;
use fob_ctap::auth_data::{AuthenticatorData, Flags};
use fob_ctap::bio_enrollment::{
    BioEnrollment, CancelCurrentEnrollment, EnrollBegin, EnrollCaptureNextSample, EnumerateEnrollments, FINGERPRINT,
    GetFingerprintSensorInfo, GetModality, RemoveEnrollment, SampleStatus, SetFriendlyName,
};
use fob_ctap::client_pin::{GetUvRetries, Permissions};
use fob_ctap::config::ToggleAlwaysUv;
use fob_ctap::get_info::option;
use fob_ctap::pin::{PinUvAuthToken, Protocol};
use fob_ctap::subcommand::{Call, HasPrototype, Prototype};

use crate::platform::{ALL, PIN, Platform, RP, assertion, prove, registration, resident};

const BE: Permissions = Permissions::BIO_ENROLLMENT;
const KNOWN: FingerSample = FingerSample::Good { finger: 1 };
const STRANGER: FingerSample = FingerSample::Good { finger: 2 };
const POOR: FingerSample = FingerSample::Poor(SampleStatus::PoorQuality);
const BEGIN: EnrollBegin = EnrollBegin { timeout_milliseconds: None };

fn sensor() -> Platform {
    let mut platform = Platform::with(Abilities { preview: true, ..Abilities::complete() });
    platform.set_pin(Protocol::Two, PIN).unwrap();
    platform
}

fn token(platform: &mut Platform) -> PinUvAuthToken {
    platform.token(Protocol::Two, PIN, BE, None).unwrap()
}

/// Teaches finger 1; its template.
fn enroll(platform: &mut Platform) -> Vec<u8> {
    let token = token(platform);
    let first = platform.call(BEGIN, &token).unwrap();
    let mut remaining = first.sample.remaining_samples;
    while remaining > 0 {
        remaining = next(platform, &first.template_id, &token).unwrap().remaining_samples;
    }
    first.template_id
}

fn next(
    platform: &mut Platform,
    template_id: &[u8],
    token: &PinUvAuthToken,
) -> Result<fob_ctap::bio_enrollment::Sample, Status> {
    let next = EnrollCaptureNextSample { template_id: template_id.to_vec(), timeout_milliseconds: Some(5_000) };
    platform.call(next, token)
}

/// A key that knows finger 1.
fn taught() -> Platform {
    let mut platform = sensor();
    enroll(&mut platform);
    platform
}

fn uv_retries(platform: &mut Platform) -> u8 {
    platform.send(&GetUvRetries { protocol: None }).unwrap().retries
}

#[test]
fn the_sensor_tells_about_itself_without_a_proof() {
    let mut platform = sensor();
    assert_eq!(platform.send(&GetModality).unwrap().modality, FINGERPRINT);
    let info = platform.bare(GetFingerprintSensorInfo {}).unwrap();
    assert_eq!((info.max_capture_samples_required_for_enroll, info.max_template_friendly_name), (4, Some(64)));
    platform.bare(CancelCurrentEnrollment {}).unwrap();
    assert_eq!(platform.bare(EnumerateEnrollments {}).unwrap_err(), Status::PuatRequired);
}

#[test]
fn a_finger_is_known_after_enough_good_samples() {
    let mut platform = sensor();
    assert_eq!(platform.info().options.get(option::BIO_ENROLL), Some(false));
    assert_eq!(platform.info().options.get(option::UV), Some(false));
    let token = token(&mut platform);
    assert_eq!(platform.call(EnumerateEnrollments {}, &token).unwrap_err(), Status::InvalidOption);
    platform.fingers.script([POOR, KNOWN, KNOWN, STRANGER, FingerSample::None, KNOWN, KNOWN]);
    let first = platform.call(BEGIN, &token).unwrap();
    let mut seen = vec![(first.sample.last_enroll_sample_status, first.sample.remaining_samples)];
    for _ in 0..6 {
        let sample = next(&mut platform, &first.template_id, &token).unwrap();
        seen.push((sample.last_enroll_sample_status, sample.remaining_samples));
    }
    use SampleStatus::{Good, MergeFailure, NoUserActivity, PoorQuality};
    let expected =
        [(PoorQuality, 4), (Good, 3), (Good, 2), (MergeFailure, 2), (NoUserActivity, 2), (Good, 1), (Good, 0)];
    assert_eq!(seen, expected);
    platform.restart();
    let info = platform.info();
    assert_eq!((info.options.get(option::BIO_ENROLL), info.options.get(option::UV)), (Some(true), Some(true)));
    assert_eq!((info.uv_modality, info.preferred_platform_uv_attempts), (Some(2), Some(3)));
}

#[test]
fn half_a_finger_is_no_finger() {
    let mut platform = sensor();
    let token = token(&mut platform);
    let first = platform.call(BEGIN, &token).unwrap();
    platform.person = Presence::TimedOut;
    let sample = next(&mut platform, &first.template_id, &token).unwrap();
    assert_eq!(sample.last_enroll_sample_status, SampleStatus::NoUserActivity);
    platform.person = Presence::Cancelled;
    assert_eq!(next(&mut platform, &first.template_id, &token).unwrap_err(), Status::KeepaliveCancel);
    platform.person = Presence::Touched;
    assert_eq!(next(&mut platform, &[9; 4], &token).unwrap_err(), Status::InvalidParameter);
    platform.bare(CancelCurrentEnrollment {}).unwrap();
    assert_eq!(next(&mut platform, &first.template_id, &token).unwrap_err(), Status::InvalidParameter);
    assert_eq!(platform.info().options.get(option::UV), Some(false));
}

#[test]
fn fingers_are_named_listed_and_forgotten() {
    let mut platform = sensor();
    let template_id = enroll(&mut platform);
    let token = token(&mut platform);
    let name =
        |name: &str| SetFriendlyName { template_id: template_id.clone(), template_friendly_name: name.to_owned() };
    assert_eq!(platform.call(name(&"x".repeat(65)), &token).unwrap_err(), Status::InvalidLength);
    let listed = platform.call(EnumerateEnrollments {}, &token).unwrap().template_infos;
    assert_eq!(listed[0].template_friendly_name.as_deref(), Some(""), "no name yet");
    platform.call(name("left thumb"), &token).unwrap();
    let listed = platform.call(EnumerateEnrollments {}, &token).unwrap().template_infos;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].template_friendly_name.as_deref(), Some("left thumb"));
    // The same finger once more.
    let again = platform.call(BEGIN, &token).unwrap();
    assert_eq!(again.sample.last_enroll_sample_status, SampleStatus::Exists);
    let remove = RemoveEnrollment { template_id: template_id.clone() };
    platform.call(remove.clone(), &token).unwrap();
    assert_eq!(platform.call(remove, &token).unwrap_err(), Status::InvalidOption);
    assert_eq!(platform.call(name("gone"), &token).unwrap_err(), Status::InvalidOption);
}

#[test]
fn there_is_room_for_five() {
    let mut platform = sensor();
    for finger in 1..=5 {
        platform.fingers.script([FingerSample::Good { finger }; 4]);
        enroll(&mut platform);
    }
    let token = token(&mut platform);
    assert_eq!(platform.call(BEGIN, &token).unwrap_err(), Status::FpDatabaseFull);
}

#[test]
fn the_preview_teaches_under_its_own_number() {
    let mut platform = sensor();
    assert_eq!(BioEnrollment::PROTOTYPE, 0x40);
    assert_eq!(platform.info().options.get(option::USER_VERIFICATION_MGMT_PREVIEW), Some(false));
    let token = token(&mut platform);
    let sample = platform.send(&Prototype(Call::proven(BEGIN, &token))).unwrap().sample;
    assert_eq!(sample.last_enroll_sample_status, SampleStatus::Good);
}

#[test]
fn a_finger_verifies_and_counts_as_a_touch() {
    let mut platform = taught();
    for make in [registration, || resident(1)] {
        let mut request = make();
        request.options.uv = Some(true);
        let asked = platform.asked;
        let made = platform.register(request, false).unwrap();
        assert_eq!(platform.asked - asked, 1);
        let mut request = assertion(&[&made]);
        request.options.uv = Some(true);
        let reply = platform.send(&request).unwrap();
        for data in [&made.auth_data, &reply.auth_data] {
            let flags = AuthenticatorData::peek_flags(data).unwrap();
            assert_eq!(flags, Flags::USER_PRESENT | Flags::USER_VERIFIED);
        }
    }
    assert_eq!(platform.info().uv_count_since_last_pin_entry, Some(4));
    platform.token(Protocol::Two, PIN, ALL, Some(RP)).unwrap();
    assert_eq!(platform.info().uv_count_since_last_pin_entry, Some(0));
}

#[test]
fn a_token_by_finger_brings_its_touch_along() {
    let mut platform = taught();
    let made = platform.register(registration(), true).unwrap();
    let token = platform.uv_token(ALL, Some(RP)).unwrap();
    let asked = platform.asked;
    let mut request = assertion(&[&made]);
    prove(&mut request.pin_uv_auth_param, &mut request.pin_uv_auth_protocol, &token);
    platform.send(&request).unwrap();
    assert_eq!(platform.asked, asked, "no touch beside the finger");
    assert_eq!(platform.uv_token(Permissions(0), None).unwrap_err(), Status::InvalidParameter);
    platform.uv_token(BE, None).unwrap();
    let mut unknown = sensor();
    assert_eq!(unknown.uv_token(ALL, Some(RP)).unwrap_err(), Status::NotAllowed, "no finger is known");
    let mut none = Platform::with_pin();
    assert_eq!(none.uv_token(ALL, Some(RP)).unwrap_err(), Status::InvalidSubcommand, "no sensor");
}

#[test]
fn strange_fingers_use_up_the_retries_and_a_pin_gives_them_back() {
    let mut platform = taught();
    assert_eq!(uv_retries(&mut platform), 5);
    platform.fingers.script([STRANGER, POOR, KNOWN, STRANGER, POOR, STRANGER, POOR, STRANGER]);
    for left in [4, 3] {
        assert_eq!(platform.uv_token(ALL, Some(RP)).unwrap_err(), Status::UvInvalid);
        assert_eq!(uv_retries(&mut platform), left);
    }
    platform.uv_token(ALL, Some(RP)).unwrap();
    assert_eq!(uv_retries(&mut platform), 5);
    for _ in 0..4 {
        assert_eq!(platform.uv_token(ALL, Some(RP)).unwrap_err(), Status::UvInvalid);
    }
    assert_eq!(platform.uv_token(ALL, Some(RP)).unwrap_err(), Status::UvBlocked);
    platform.restart();
    assert_eq!(platform.uv_token(ALL, Some(RP)).unwrap_err(), Status::UvBlocked, "the power gives nothing back");
    let mut request = registration();
    request.options.uv = Some(true);
    assert_eq!(platform.send(&request).unwrap_err(), Status::PuatRequired, "the PIN still helps");
    platform.token(Protocol::Two, PIN, ALL, Some(RP)).unwrap();
    assert_eq!(uv_retries(&mut platform), 5);
    platform.send(&request).unwrap();
}

#[test]
fn the_uv_option_looks_three_times() {
    let mut platform = taught();
    let mut request = registration();
    request.options.uv = Some(true);
    platform.fingers.script([STRANGER, POOR, KNOWN]);
    let asked = platform.asked;
    platform.send(&request).unwrap();
    assert_eq!(platform.asked - asked, 3);
    platform.fingers.script([STRANGER, STRANGER, STRANGER]);
    assert_eq!(platform.send(&request).unwrap_err(), Status::PuatRequired);
    assert_eq!(uv_retries(&mut platform), 2);
    for (person, expected) in [
        (Presence::Refused, Status::OperationDenied),
        (Presence::TimedOut, Status::UserActionTimeout),
        (Presence::Cancelled, Status::KeepaliveCancel),
    ] {
        platform.person = person;
        assert_eq!(platform.send(&request).unwrap_err(), expected);
        assert_eq!(uv_retries(&mut platform), 2, "nobody was looked at");
    }
}

#[test]
fn always_uv_asks_for_the_finger_by_itself() {
    let mut platform = taught();
    let token = platform.uv_token(Permissions::AUTHENTICATOR_CONFIG, None).unwrap();
    platform.call(ToggleAlwaysUv {}, &token).unwrap();
    let made = platform.register(registration(), false).unwrap();
    let reply = platform.send(&assertion(&[&made])).unwrap();
    for data in [&made.auth_data, &reply.auth_data] {
        assert!(AuthenticatorData::peek_flags(data).unwrap().contains(Flags::USER_VERIFIED));
    }
}
