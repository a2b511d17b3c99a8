//! authenticatorBioEnrollment, and fingers that are looked at.

use fob_authenticator::{Abilities, FingerSample};
use fob_ctap::Status;
use fob_ctap::bio_enrollment::{
    EnrollBegin, EnrollCaptureNextSample, EnumerateEnrollments, RemoveEnrollment, SetFriendlyName, TemplateInfo,
};
use fob_ctap::client_pin::{GetUvRetries, Permissions};
use fob_ctap::pin::{PinUvAuthToken, Protocol};

use super::{Row, cut_everywhere};
use crate::platform::{ALL, Credential, PIN, Platform, RP, resident};

const COMMANDS: [Row; 5] = [
    Row {
        promise: "enrollment: the finger is known and opens, or it is not known at all",
        start: untaught,
        act: |p, _| teach(p),
        invariant: |p, _, said| match known(p).len() {
            0 => {
                assert!(said.is_err());
                teach(p).unwrap();
            }
            _ => drop(p.uv_token(ALL, Some(RP)).unwrap()),
        },
    },
    Row {
        promise: "setFriendlyName: the finger has its old name or the new one, and opens",
        start: taught,
        act: |p, _| {
            let template_id = template(p)?;
            let token = token(p)?;
            p.call(SetFriendlyName { template_id, template_friendly_name: "thumb".to_owned() }, &token)
        },
        invariant: |p, _, said| {
            let [finger] = known(p).try_into().unwrap();
            let name = finger.template_friendly_name.unwrap_or_default();
            assert!(name == "thumb" || (name.is_empty() && said.is_err()), "{name:?}");
            p.uv_token(ALL, Some(RP)).unwrap();
        },
    },
    Row {
        promise: "removeEnrollment: the finger opens or is forgotten",
        start: taught,
        act: |p, _| {
            let template_id = template(p)?;
            let token = token(p)?;
            p.call(RemoveEnrollment { template_id }, &token)
        },
        invariant: |p, _, said| match known(p).len() {
            0 => assert_eq!(p.uv_token(ALL, Some(RP)).unwrap_err(), Status::NotAllowed),
            _ => {
                assert!(said.is_err());
                p.uv_token(ALL, Some(RP)).unwrap();
            }
        },
    },
    Row {
        promise: "token, known finger: tries are given back only after the look",
        start: taught,
        act: |p, _| p.uv_token(ALL, Some(RP)).map(drop),
        invariant: |p, _, said| {
            let retries = retries(p);
            assert!(retries == 5 || (retries == 4 && said.is_err()), "{said:?} {retries}");
        },
    },
    Row {
        promise: "token, strange finger: whoever learns that it is strange has paid",
        start: taught,
        act: |p, _| {
            p.fingers.script([FingerSample::Good { finger: 2 }]);
            p.uv_token(ALL, Some(RP)).map(drop)
        },
        invariant: |p, _, said| {
            let retries = retries(p);
            assert!(retries == 4 || (retries == 5 && said == Err(Status::Other)), "{said:?} {retries}");
        },
    },
];

#[test]
fn fingers_keep_their_promises_wherever_the_power_goes() {
    COMMANDS.iter().for_each(cut_everywhere);
}

/// A key with a sensor, a PIN and a credential.
fn untaught() -> (Platform, Credential) {
    let mut platform = Platform::with(Abilities::complete());
    platform.set_pin(Protocol::Two, PIN).unwrap();
    let made = platform.register(resident(1), true).unwrap();
    (platform, made)
}

/// The same that knows a finger.
fn taught() -> (Platform, Credential) {
    let (mut platform, made) = untaught();
    teach(&mut platform).unwrap();
    (platform, made)
}

fn teach(platform: &mut Platform) -> Result<(), Status> {
    let token = token(platform)?;
    let first = platform.call(EnrollBegin { timeout_milliseconds: None }, &token)?;
    let template_id = first.template_id;
    (0..first.sample.remaining_samples).try_for_each(|_| {
        let next = EnrollCaptureNextSample { template_id: template_id.clone(), timeout_milliseconds: None };
        platform.call(next, &token).map(drop)
    })
}

fn token(platform: &mut Platform) -> Result<PinUvAuthToken, Status> {
    platform.token(Protocol::Two, PIN, Permissions::BIO_ENROLLMENT, None)
}

fn enrolled(platform: &mut Platform) -> Result<Vec<TemplateInfo>, Status> {
    let token = token(platform)?;
    platform.call(EnumerateEnrollments {}, &token).map(|enrollments| enrollments.template_infos)
}

/// The fingers that a key knows. Asking takes the PIN, which gives tries of fingers back: look at those before.
fn known(platform: &mut Platform) -> Vec<TemplateInfo> {
    match enrolled(platform) {
        Err(Status::InvalidOption) => Vec::new(),
        found => found.unwrap(),
    }
}

fn template(platform: &mut Platform) -> Result<Vec<u8>, Status> {
    Ok(enrolled(platform)?[0].template_id.clone())
}

fn retries(platform: &mut Platform) -> u8 {
    platform.send(&GetUvRetries { protocol: None }).unwrap().retries
}
