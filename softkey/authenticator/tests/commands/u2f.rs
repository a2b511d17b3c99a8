//! U2F (Raw Message Formats 1.2) and what it shares with CTAP2 (§10).

use fob_authenticator::{Abilities, Presence, U2fStep};
use fob_ctap::Status;
use fob_ctap::config::ToggleAlwaysUv;
use fob_ctap::entity::{Descriptor, RpId};
use fob_ctap::extension::CRED_PROTECT;
use fob_ctap::u2f::{
    Authenticate, Authentication, Control, KeyHandle, Register, Registration, StatusWord, U2fCommand, U2fError, Version,
};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

use crate::platform::{Credential, HASH, PIN, Platform, RP, assertion, registration, resident};

fn register() -> Register {
    Register { challenge: HASH, application: RpId::new(RP).hash() }
}

fn authenticate(control: Control, handle: &[u8]) -> Authenticate {
    let key_handle = KeyHandle::new(handle).unwrap();
    Authenticate { control, challenge: HASH, application: RpId::new(RP).hash(), key_handle }
}

/// Asks, and touches the key when it wants that, as platforms do: until there is another answer.
fn send<C: U2fCommand>(platform: &mut Platform, command: &C) -> Result<C::Reply, StatusWord> {
    let U2fStep { reply, ask } = platform.key.u2f(&command.encode(), platform.now);
    let reply = match ask {
        None => reply,
        Some(_) => {
            assert_eq!(reply, StatusWord::ConditionsNotSatisfied.encode());
            platform.key.u2f_presence(platform.person, platform.now);
            platform.key.u2f(&command.encode(), platform.now).reply
        }
    };
    C::decode_reply(&reply).map_err(|error| match error {
        U2fError::Status(status) => status,
        U2fError::Malformed => panic!("the key answered nonsense"),
    })
}

/// The public key in a certificate on P-256.
fn certified(certificate: &[u8]) -> Vec<u8> {
    let head = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00];
    let at = certificate.windows(head.len()).position(|bytes| bytes == head).unwrap() + head.len();
    certificate[at..at + 65].to_vec()
}

fn verify(key: &[u8], message: &[u8], signature: &[u8]) {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).verify(message, signature).unwrap();
}

/// Registers and checks the certificate's signature.
pub(crate) fn registered(platform: &mut Platform) -> Registration {
    let made = send(platform, &register()).unwrap();
    let message = register().signed_data(&made.key_handle, &made.public_key);
    verify(&certified(&made.certificate), &message, &made.signature);
    made
}

fn checked(made: &[u8], request: &Authenticate, answer: &Authentication) {
    verify(made, &request.signed_data(answer.user_presence, answer.counter), &answer.signature);
}

/// Signs in with a credential that U2F has made.
pub(crate) fn signs(platform: &mut Platform, made: &Registration) {
    let request = authenticate(Control::EnforceUserPresence, made.key_handle.as_bytes());
    let answer = send(platform, &request).unwrap();
    checked(&made.public_key.to_sec1(), &request, &answer);
}

/// Signs in with a credential that CTAP2 has made; a failure has the status that CTAP2 would have for it.
pub(crate) fn signed_in(platform: &mut Platform, made: &Credential) -> Result<(), Status> {
    let request = authenticate(Control::EnforceUserPresence, made.descriptor.id.as_bytes());
    let answer = send(platform, &request).map_err(|status| match status {
        // SW_INTERNAL_EXCEPTION.
        StatusWord::Other(0x6f00) => Status::Other,
        other => panic!("{other:?}"),
    })?;
    checked(&made.public_key, &request, &answer);
    Ok(())
}

#[test]
fn it_registers_and_signs_in() {
    let mut platform = Platform::new();
    assert_eq!(send(&mut platform, &Version).unwrap(), "U2F_V2");
    assert!(platform.info().has_version("U2F_V2"));
    let made = registered(&mut platform);
    let request = authenticate(Control::EnforceUserPresence, made.key_handle.as_bytes());
    let first = send(&mut platform, &request).unwrap();
    platform.restart();
    let second = send(&mut platform, &request).unwrap();
    for answer in [&first, &second] {
        checked(&made.public_key.to_sec1(), &request, answer);
        assert_eq!(answer.user_presence, 1);
    }
    assert!(second.counter > first.counter);
}

#[test]
fn a_touch_counts_once_and_not_for_long() {
    let mut platform = Platform::new();
    let asked = |platform: &mut Platform| platform.key.u2f(&register().encode(), platform.now).ask.is_some();
    assert!(asked(&mut platform));
    platform.key.u2f_presence(Presence::Refused, platform.now);
    assert!(asked(&mut platform));
    platform.key.u2f_presence(Presence::Touched, platform.now);
    platform.wait(10_001);
    assert!(asked(&mut platform), "too late");
    platform.key.u2f_presence(Presence::Touched, platform.now);
    platform.wait(10_000);
    assert!(!asked(&mut platform));
    assert!(asked(&mut platform), "used up");
}

#[test]
fn a_handle_is_known_or_not_before_any_touch() {
    let mut platform = Platform::new();
    let made = registered(&mut platform);
    let handle = made.key_handle.as_bytes();
    let look = |handle: &[u8]| authenticate(Control::CheckOnly, handle);
    assert_eq!(send(&mut platform, &look(handle)).unwrap_err(), StatusWord::ConditionsNotSatisfied);
    assert_eq!(send(&mut platform, &look(&[1; 64])).unwrap_err(), StatusWord::WrongData);
    let mut elsewhere = look(handle);
    elsewhere.application = [9; 32];
    assert_eq!(send(&mut platform, &elsewhere).unwrap_err(), StatusWord::WrongData);
    let silent = authenticate(Control::DontEnforceUserPresence, handle);
    let answer = send(&mut platform, &silent).unwrap();
    assert_eq!(answer.user_presence, 0);
    checked(&made.public_key.to_sec1(), &silent, &answer);
}

#[test]
fn what_was_registered_here_signs_in_there() {
    let mut platform = Platform::with_pin();
    let made = registered(&mut platform);
    let mut request = assertion(&[]);
    request.allow_list = vec![Descriptor::public_key(made.key_handle.as_bytes())];
    let reply = platform.send(&request).unwrap();
    verify(&made.public_key.to_sec1(), &[reply.auth_data.as_slice(), &HASH].concat(), &reply.signature);
    // And the other way round, kept or not; not if somebody has to be verified for it.
    for (make, level, expected) in
        [(registration(), 2_u8, true), (resident(1), 1, true), (registration(), 3, false), (resident(2), 3, false)]
    {
        let mut make = make;
        make.extensions.set(CRED_PROTECT, level);
        let made = platform.register(make, true).unwrap();
        let request = authenticate(Control::EnforceUserPresence, made.descriptor.id.as_bytes());
        match send(&mut platform, &request) {
            Ok(answer) => {
                assert!(expected);
                checked(&made.public_key, &request, &answer);
            }
            Err(status) => assert_eq!((status, expected), (StatusWord::WrongData, false)),
        }
    }
}

#[test]
fn always_uv_switches_it_off() {
    let mut platform = Platform::new();
    let made = registered(&mut platform);
    platform.bare(ToggleAlwaysUv {}).unwrap();
    let request = authenticate(Control::EnforceUserPresence, made.key_handle.as_bytes());
    assert_eq!(send(&mut platform, &request).unwrap_err(), StatusWord::Other(0x6986));
    assert_eq!(send(&mut platform, &register()).unwrap_err(), StatusWord::Other(0x6986));
    assert!(!platform.info().has_version("U2F_V2"));
    platform.set_pin(fob_ctap::pin::Protocol::Two, PIN).unwrap();
}

#[test]
fn what_is_no_request_has_its_status() {
    let mut platform = Platform::new();
    // Written by hand from ISO 7816-4 §5.1 and Raw Message Formats §3.
    for (case, request, expected) in [
        ("nothing", vec![], [0x67, 0x00]),
        ("another class", vec![0x80, 0x03, 0, 0, 0, 0, 0], [0x6e, 0x00]),
        ("another instruction", vec![0, 0x40, 0, 0, 0, 0, 0], [0x6d, 0x00]),
        ("a registration of a byte", vec![0, 0x01, 0, 0, 0, 0, 1, 9, 0, 0], [0x67, 0x00]),
    ] {
        assert_eq!(platform.key.u2f(&request, platform.now).reply, expected, "{case}");
    }
    let mut off = Platform::with(Abilities { u2f: false, ..Abilities::default() });
    assert_eq!(send(&mut off, &register()).unwrap_err(), StatusWord::InsNotSupported);
}
