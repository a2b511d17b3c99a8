//! What makes, uses, changes and deletes credentials, U2F among it.

use fob_ctap::Status;
use fob_ctap::client_pin::Permissions;
use fob_ctap::credential_management::{
    DeleteCredential, EnumerateCredentialsBegin, GetCredsMetadata, UpdateUserInformation,
};
use fob_ctap::entity::{RpId, UserEntity};
use fob_ctap::large_blobs::{GetFragment, array, writes};
use fob_ctap::pin::Protocol;
use fob_ctap::reset::Reset;

use super::pins::with_pin;
use super::{Row, cut_everywhere};
use crate::platform::{Credential, PIN, Platform, RP, assertion, registration, resident, user};
use crate::u2f;

const CM: Permissions = Permissions::CREDENTIAL_MANAGEMENT;

const MADE: [Row; 5] = [
    Row {
        promise: "makeCredential, kept: it is there or it is not, and the other one signs",
        start: with_pin,
        act: |p, _| p.register(resident(2), true).map(drop),
        invariant: |p, made, said| {
            let found = p.key.state().resident_count();
            assert!(found == 2 || (found == 1 && said.is_err()));
            signs(p, made);
        },
    },
    Row {
        promise: "makeCredential over the same account: one credential, never none",
        start: with_pin,
        act: |p, _| p.register(resident(1), true).map(drop),
        invariant: |p, _, _| assert_eq!(p.key.state().resident_count(), 1),
    },
    Row {
        promise: "makeCredential, sealed: nothing but the counter changes",
        start: with_pin,
        act: |p, _| p.send(&registration()).map(drop),
        invariant: |p, made, _| {
            assert_eq!(p.key.state().resident_count(), 1);
            signs(p, made);
        },
    },
    Row {
        promise: "getAssertion: no counter is signed twice",
        start: with_pin,
        act: |p, made| p.send(&assertion(&[made])).map(drop),
        invariant: counts_on,
    },
    Row {
        promise: "U2F authenticate: no counter is signed twice",
        start: with_pin,
        act: |p, made| u2f::signed_in(p, made),
        invariant: |p, made, said| {
            counts_on(p, made, said);
            let counter = p.key.state().counter();
            u2f::signed_in(p, made).unwrap();
            assert!(p.key.state().counter() > counter);
        },
    },
];

const MANAGED: [Row; 4] = [
    Row {
        promise: "deleteCredential: it is there and signs, or it is gone",
        start: with_pin,
        act: |p, made| {
            let token = p.token(Protocol::Two, PIN, CM, None)?;
            p.call(DeleteCredential { credential_id: made.descriptor.clone() }, &token)
        },
        invariant: |p, made, said| {
            let token = p.token(Protocol::Two, PIN, CM, None).unwrap();
            let existing = p.call(GetCredsMetadata {}, &token).unwrap().existing;
            match existing {
                0 => assert_eq!(p.send(&assertion(&[made])).unwrap_err(), Status::NoCredentials),
                _ => {
                    assert!(said.is_err());
                    signs(p, made);
                }
            }
        },
    },
    Row {
        promise: "updateUserInformation: the old names or the new ones, with the same key",
        start: with_pin,
        act: |p, made| {
            let token = p.token(Protocol::Two, PIN, CM, None)?;
            p.call(UpdateUserInformation { credential_id: made.descriptor.clone(), user: renamed() }, &token)
        },
        invariant: |p, made, said| {
            let token = p.token(Protocol::Two, PIN, CM, None).unwrap();
            let begin = EnumerateCredentialsBegin { rp_id_hash: RpId::new(RP).hash() };
            let found = p.call(begin, &token).unwrap();
            assert_eq!(found.total, 1);
            let is_new = found.first.user == renamed();
            assert!(is_new || (said.is_err() && found.first.user == user(1)), "{:?}", found.first.user);
            signs(p, made);
        },
    },
    Row {
        promise: "largeBlobs: the old array or the new one, never a mixture",
        start: with_pin,
        act: |p, _| {
            let token = p.token(Protocol::Two, PIN, Permissions::LARGE_BLOB_WRITE, None)?;
            writes(&blobs(), 300, Some(&token)).try_for_each(|set| p.send(&set))
        },
        invariant: |p, _, said| {
            let found = p.send(&GetFragment { get: 4_096, offset: 0 }).unwrap().config;
            assert!(found == blobs() || (said.is_err() && found == array::EMPTY));
        },
    },
    Row {
        promise: "reset: everything is gone, or nothing is",
        start: with_pin,
        act: |p, _| p.send(&Reset),
        invariant: |p, made, said| {
            let retries = p.retries().retries;
            if p.key.state().resident_count() == 0 {
                assert_eq!((retries, p.key.state().counter()), (8, 0));
                assert_eq!(p.send(&assertion(&[made])).unwrap_err(), Status::NoCredentials);
                p.set_pin(Protocol::Two, PIN).unwrap();
            } else {
                assert!(said.is_err());
                assert_eq!(retries, 7);
                signs(p, made);
            }
        },
    },
];

#[test]
fn credentials_keep_their_promises_wherever_the_power_goes() {
    MADE.iter().for_each(cut_everywhere);
}

#[test]
fn what_manages_credentials_keeps_its_promises_wherever_the_power_goes() {
    MANAGED.iter().for_each(cut_everywhere);
}

/// There is no write at which it could be cut: the credential lies in its handle, which the key's secret opens for ever.
#[test]
fn a_u2f_registration_needs_no_write_and_lasts() {
    let (mut platform, _) = with_pin();
    let writes = platform.tape.writes();
    let made = u2f::registered(&mut platform);
    assert_eq!(platform.tape.writes(), writes);
    platform.restart();
    u2f::signs(&mut platform, &made);
}

fn signs(platform: &mut Platform, made: &Credential) {
    let reply = platform.send(&assertion(&[made])).unwrap();
    made.verify(&reply.auth_data, &reply.signature);
}

fn counts_on(platform: &mut Platform, made: &Credential, said: Result<(), Status>) {
    let counter = platform.key.state().counter();
    signs(platform, made);
    assert!(platform.key.state().counter() > counter);
    assert!(counter > u32::from(said.is_ok()));
}

fn renamed() -> UserEntity {
    UserEntity { name: Some("new name".to_owned()), display_name: None, ..user(1) }
}

/// An array of several fragments: anything with its checksum (§6.10.3).
fn blobs() -> Vec<u8> {
    let mut bytes = vec![0x55; 900];
    let checksum = fob_ctap::sha256(&bytes);
    bytes.extend(&checksum[..16]);
    bytes
}
