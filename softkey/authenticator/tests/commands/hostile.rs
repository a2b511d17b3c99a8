//! Whatever comes, the key answers: no panic, no silence, no reply that no message can carry.

use fob_authenticator::{MAX_MESSAGE, Presence};
use fob_ctap::pin::Protocol;
use fob_ctap::{Command, Status};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::platform::{ALL, PIN, Platform, RP, assertion, registration, resident};

const PEOPLE: [Presence; 4] = [Presence::Touched, Presence::Refused, Presence::Cancelled, Presence::TimedOut];

#[test]
fn what_is_no_request_has_its_status() {
    // Written by hand from §8.1 and §8.2.
    let rows: &[(&str, &[u8], u8)] = &[
        ("nothing", &[], 0x03),
        ("command 0x3F", &[0x3f], 0x01),
        ("credential management is not here", &[0x0a, 0xa1, 0x01, 0x01], 0x01),
        ("fingerprints are not here", &[0x09, 0xa1, 0x04, 0xf5], 0x01),
        ("large blobs are not here", &[0x0c, 0xa0], 0x01),
        ("configuration is not here", &[0x0d, 0xa0], 0x01),
        ("makeCredential with nothing", &[0x01, 0xa0], 0x14),
        ("getAssertion with nothing", &[0x02, 0xa0], 0x14),
        ("CBOR cut off", &[0x01, 0xa1, 0x01], 0x12),
        ("keys out of order", &[0x06, 0xa2, 0x02, 0x01, 0x01, 0x01], 0x12),
        ("a number too long", &[0x06, 0xa1, 0x02, 0x18, 0x01], 0x12),
        ("an array for a map", &[0x06, 0x80], 0x11),
        ("rpId as bytes", &[0x02, 0xa1, 0x01, 0x41, 0x61], 0x11),
        ("getInfo with parameters", &[0x04, 0xa1, 0x01, 0x01], 0x03),
    ];
    for (case, request, expected) in rows {
        assert_eq!(Platform::new().raw(request), [*expected], "{case}");
    }
}

#[test]
fn a_request_longer_than_a_message_is_refused() {
    assert_eq!(Platform::new().raw(&vec![0x01; MAX_MESSAGE + 1]), Status::RequestTooLarge.encode());
}

/// Requests that are right until something is changed in them.
fn seeds(platform: &mut Platform) -> Vec<Vec<u8>> {
    let made = platform.register(resident(1), true).unwrap();
    let token = platform.token(Protocol::One, PIN, ALL, Some(RP)).unwrap();
    let mut proven = assertion(&[&made]);
    crate::platform::prove(&mut proven.pin_uv_auth_param, &mut proven.pin_uv_auth_protocol, &token);
    let excluding =
        fob_ctap::make_credential::MakeCredential { exclude_list: vec![made.descriptor.clone()], ..registration() };
    let (key_agreement, pin_hash_enc, _) = platform.pin_hash(Protocol::Two, PIN);
    let pin = fob_ctap::client_pin::GetPinToken {
        key_agreement,
        pin_hash_enc,
        permissions: None,
        rp_id: None,
        protocol: Protocol::Two,
    };
    vec![resident(2).encode(), excluding.encode(), assertion(&[]).encode(), proven.encode(), pin.encode()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered(requests in vec((vec(any::<u8>(), 0..80), 0..4_usize, 0..40_000_u64), 1..40)) {
        let mut platform = Platform::with_pin();
        for (mut request, person, wait) in requests {
            if let Some(command) = request.first_mut() {
                *command %= 0x10;
            }
            platform.person = PEOPLE[person];
            platform.wait(wait);
            let reply = platform.raw(&request);
            prop_assert!((1..=MAX_MESSAGE).contains(&reply.len()));
        }
    }

    #[test]
    fn changed_requests_are_answered(
        edits in vec((0..5_usize, any::<prop::sample::Index>(), any::<u8>(), 0..4_usize), 1..60),
    ) {
        let mut platform = Platform::with_pin();
        let seeds = seeds(&mut platform);
        for (seed, place, byte, person) in edits {
            let mut request = seeds[seed].clone();
            let place = place.index(request.len());
            request[place] = byte;
            platform.person = PEOPLE[person];
            let reply = platform.raw(&request);
            prop_assert!((1..=MAX_MESSAGE).contains(&reply.len()));
        }
        // And it still is a key.
        platform.person = Presence::Touched;
        platform.register(registration(), false).unwrap();
    }
}
