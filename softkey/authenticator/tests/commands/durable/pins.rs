//! PINs and tokens.

use fob_ctap::Status;
use fob_ctap::client_pin::Permissions;
use fob_ctap::credential_management::GetCredsMetadata;
use fob_ctap::get_info::option;
use fob_ctap::pin::Protocol;

use super::{Row, cut_everywhere};
use crate::platform::{ALL, Credential, PIN, Platform, RP, resident};

const READ_ONLY: Permissions = Permissions::PERSISTENT_CREDENTIAL_MANAGEMENT_READ_ONLY;

const COMMANDS: [Row; 5] = [
    Row {
        promise: "setPIN: there is this PIN with all its tries, or none",
        start: without_pin,
        act: |p, _| p.set_pin(Protocol::Two, PIN),
        invariant: |p, _, said| {
            assert_eq!(p.retries().retries, 8);
            match p.info().options.get(option::CLIENT_PIN) {
                Some(true) => drop(p.token(Protocol::Two, PIN, ALL, Some(RP)).unwrap()),
                _ => {
                    assert!(said.is_err());
                    p.set_pin(Protocol::Two, "5678").unwrap();
                }
            }
        },
    },
    Row {
        promise: "changePIN: the old PIN or the new one, never none and never both",
        start: with_pin,
        act: |p, _| p.change_pin(Protocol::Two, PIN, "5678"),
        invariant: |p, _, said| {
            let new = p.token(Protocol::Two, "5678", ALL, Some(RP)).is_ok();
            let old = p.token(Protocol::Two, PIN, ALL, Some(RP)).is_ok();
            assert!(new != old, "one of both");
            assert!(new || said.is_err());
        },
    },
    Row {
        promise: "token, right PIN: tries are given back only after the comparison",
        start: with_pin,
        act: |p, _| p.token(Protocol::Two, PIN, ALL, Some(RP)).map(drop),
        invariant: |p, _, said| {
            let retries = p.retries().retries;
            assert!((6..=8).contains(&retries) && (retries == 8 || said.is_err()));
        },
    },
    Row {
        promise: "token, wrong PIN: whoever learns that it was wrong has paid",
        start: with_pin,
        act: |p, _| p.token(Protocol::Two, "9999", ALL, Some(RP)).map(drop),
        invariant: |p, _, said| {
            let retries = p.retries().retries;
            assert!(retries == 6 || (retries == 7 && said == Err(Status::Other)), "{said:?} {retries}");
        },
    },
    Row {
        promise: "persistent token: whoever got it can read with it",
        start: with_pin,
        act: |p, _| {
            let token = p.token(Protocol::Two, PIN, READ_ONLY, None)?;
            p.call(GetCredsMetadata {}, &token).map(drop)
        },
        invariant: |p, _, said| {
            // Somebody holds a token if and only if the key says by which one it can be recognised.
            assert!(p.info().enc_identifier.is_some() || said.is_err());
            let token = p.token(Protocol::Two, PIN, READ_ONLY, None).unwrap();
            assert_eq!(p.call(GetCredsMetadata {}, &token).unwrap().existing, 1);
        },
    },
];

#[test]
fn pins_and_tokens_keep_their_promises_wherever_the_power_goes() {
    COMMANDS.iter().for_each(cut_everywhere);
}

/// A key with a PIN, seven tries left and a discoverable credential.
pub(super) fn with_pin() -> (Platform, Credential) {
    let mut platform = Platform::with_pin();
    let made = platform.register(resident(1), true).unwrap();
    platform.token(Protocol::Two, "9999", ALL, Some(RP)).unwrap_err();
    (platform, made)
}

/// A key that nobody protects, with a discoverable credential.
pub(super) fn without_pin() -> (Platform, Credential) {
    let mut platform = Platform::new();
    let made = platform.register(resident(1), false).unwrap();
    (platform, made)
}
