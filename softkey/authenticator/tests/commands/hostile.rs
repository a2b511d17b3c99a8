//! Whatever comes, the key answers: no panic, no silence, no reply that no message can carry.

use fob_authenticator::{Abilities, MAX_MESSAGE, Presence};
use fob_ctap::client_pin::Permissions;
use fob_ctap::config::SetMinPinLength;
use fob_ctap::credential_management::EnumerateCredentialsBegin;
use fob_ctap::large_blobs::GetFragment;
use fob_ctap::pin::Protocol;
use fob_ctap::subcommand::Call;
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
        ("credential management without a proof", &[0x0a, 0xa1, 0x01, 0x01], 0x36),
        ("credential management with nothing", &[0x0a, 0xa0], 0x14),
        ("credential management, subcommand 9", &[0x0a, 0xa1, 0x01, 0x09], 0x3e),
        ("the preview's credential management is not here", &[0x41, 0xa1, 0x01, 0x01], 0x01),
        ("fingers are not here", &[0x09, 0xa1, 0x06, 0xf5], 0x01),
        ("large blobs with nothing", &[0x0c, 0xa0], 0x02),
        ("configuration with nothing", &[0x0d, 0xa0], 0x14),
        ("configuration, subcommand 9", &[0x0d, 0xa1, 0x01, 0x09], 0x3e),
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
    let cm = platform.token(Protocol::Two, PIN, Permissions::CREDENTIAL_MANAGEMENT, None).unwrap();
    let enumerate = EnumerateCredentialsBegin { rp_id_hash: fob_ctap::sha256(RP.as_bytes()) };
    let enumerate = Call::proven(enumerate, &cm);
    let config = SetMinPinLength {
        new_min_pin_length: Some(4),
        min_pin_length_rp_ids: Some(Vec::new()),
        force_change_pin: Some(false),
        pin_complexity_policy: Some(false),
    };
    let read = GetFragment { get: 17, offset: 0 };
    vec![
        resident(2).encode(),
        excluding.encode(),
        assertion(&[]).encode(),
        proven.encode(),
        pin.encode(),
        enumerate.encode(),
        Call::bare(config).encode(),
        read.encode(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_u2f_message_is_answered(messages in vec(vec(any::<u8>(), 0..160), 1..40), instruction in 0..4_u8) {
        let mut platform = Platform::new();
        for mut message in messages {
            if let [class, ins, ..] = message.as_mut_slice() {
                (*class, *ins) = (0, instruction);
            }
            let step = platform.key.u2f(&message, platform.now);
            prop_assert!((2..=MAX_MESSAGE).contains(&step.reply.len()));
            if step.ask.is_some() {
                platform.key.u2f_presence(Presence::Touched, platform.now);
            }
        }
    }

    #[test]
    fn any_bytes_are_answered(requests in vec((vec(any::<u8>(), 0..80), 0..4_usize, 0..40_000_u64), 1..40)) {
        let mut platform = Platform::with(Abilities { preview: true, ..Abilities::complete() });
        platform.set_pin(Protocol::Two, PIN).unwrap();
        for (mut request, person, wait) in requests {
            if let Some(command) = request.first_mut() {
                *command = if *command < 0x20 { 0x40 | *command & 1 } else { *command & 0x0f };
            }
            platform.person = PEOPLE[person];
            platform.wait(wait);
            let reply = platform.raw(&request);
            prop_assert!((1..=MAX_MESSAGE).contains(&reply.len()));
        }
    }

    #[test]
    fn changed_requests_are_answered(
        edits in vec((0..8_usize, any::<prop::sample::Index>(), any::<u8>(), 0..4_usize), 1..60),
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
