//! authenticatorLargeBlobs (§6.10.2).

use fob_authenticator::{Abilities, Caller, LargeBlobs};
use fob_ctap::Status;
use fob_ctap::client_pin::Permissions;
use fob_ctap::large_blobs::{GetFragment, SetFragment, array, max_fragment_length, writes};
use fob_ctap::pin::{PinUvAuthToken, Protocol};
use fob_ctap::reset::Reset;
use fob_ctap::sha256;

use crate::platform::{PIN, Platform};

fn read(platform: &mut Platform) -> Vec<u8> {
    platform.send(&GetFragment { get: 4_096, offset: 0 }).unwrap().config
}

/// An array that a key takes for one: anything with its checksum.
fn serialized(length: usize) -> Vec<u8> {
    let mut bytes = vec![0x55; length - 16];
    let checksum = sha256(&bytes);
    bytes.extend(&checksum[..16]);
    bytes
}

fn write(platform: &mut Platform, bytes: &[u8], fragment: u64, token: Option<&PinUvAuthToken>) -> Result<(), Status> {
    writes(bytes, fragment, token).try_for_each(|set| platform.send(&set))
}

#[test]
fn an_array_is_written_in_pieces_and_read_in_pieces() {
    let mut platform = Platform::new();
    assert_eq!(read(&mut platform), array::EMPTY, "what a new key has");
    assert_eq!(platform.info().max_serialized_large_blob_array, Some(4_096));
    for (length, fragment) in [(17, 4_096), (1_000, 300), (4_096, 4_096), (18, 1)] {
        write(&mut platform, &serialized(length), fragment, None).unwrap();
        platform.restart();
        assert_eq!(read(&mut platform), serialized(length));
    }
    let part = platform.send(&GetFragment { get: 5, offset: 10 }).unwrap();
    assert_eq!(part.config, serialized(18)[10..15]);
    assert_eq!(platform.send(&GetFragment { get: 5, offset: 18 }).unwrap().config, []);
    assert_eq!(platform.send(&GetFragment { get: 5, offset: 19 }).unwrap_err(), Status::InvalidParameter);
    write(&mut platform, &serialized(100), 64, None).unwrap();
    platform.send(&Reset).unwrap();
    assert_eq!(read(&mut platform), array::EMPTY);
}

#[test]
fn an_array_that_is_not_whole_changes_nothing() {
    let mut platform = Platform::new();
    let bytes = serialized(100);
    let sets: Vec<SetFragment> = writes(&bytes, 40, None).collect();
    platform.send(&sets[0]).unwrap();
    assert_eq!(read(&mut platform), array::EMPTY);
    // In the wrong order, from somebody else, after the power was away.
    assert_eq!(platform.send(&sets[2]).unwrap_err(), Status::InvalidSequence);
    platform.caller = Caller(2);
    assert_eq!(platform.send(&sets[1]).unwrap_err(), Status::InvalidSequence);
    platform.caller = Caller(1);
    platform.send(&sets[0]).unwrap();
    platform.restart();
    assert_eq!(platform.send(&sets[1]).unwrap_err(), Status::InvalidSequence);
    // A checksum that does not fit.
    let mut broken = bytes.clone();
    broken[0] ^= 1;
    assert_eq!(write(&mut platform, &broken, 40, None).unwrap_err(), Status::IntegrityFailure);
    assert_eq!(read(&mut platform), array::EMPTY);
    write(&mut platform, &bytes, 40, None).unwrap();
    assert_eq!(read(&mut platform), bytes);
}

#[test]
fn lengths_have_limits() {
    let mut platform = Platform::new();
    let most = max_fragment_length(platform.info().max_msg_size());
    assert_eq!(platform.send(&GetFragment { get: most + 1, offset: 0 }).unwrap_err(), Status::InvalidLength);
    let first = |length, bytes: usize| SetFragment {
        set: vec![0; bytes],
        offset: 0,
        length: Some(length),
        pin_uv_auth_param: None,
        pin_uv_auth_protocol: None,
    };
    let mut refused = |set: SetFragment| platform.send(&set).unwrap_err();
    assert_eq!(refused(first(4_097, 10)), Status::LargeBlobStorageFull);
    assert_eq!(refused(first(16, 10)), Status::InvalidParameter);
    assert_eq!(refused(first(20, 21)), Status::InvalidParameter);
    assert_eq!(refused(first(8_000, most as usize + 1)), Status::InvalidLength);
}

#[test]
fn writing_wants_the_permission_once_there_is_a_pin_and_reading_never() {
    let mut platform = Platform::with_pin();
    let bytes = serialized(50);
    assert_eq!(write(&mut platform, &bytes, 100, None).unwrap_err(), Status::PuatRequired);
    let other = platform.token(Protocol::Two, PIN, Permissions::CREDENTIAL_MANAGEMENT, None).unwrap();
    assert_eq!(write(&mut platform, &bytes, 100, Some(&other)).unwrap_err(), Status::PinAuthInvalid);
    for protocol in [Protocol::One, Protocol::Two] {
        let token = platform.token(protocol, PIN, Permissions::LARGE_BLOB_WRITE, None).unwrap();
        write(&mut platform, &bytes, 20, Some(&token)).unwrap();
    }
    assert_eq!(read(&mut platform), bytes);
}

#[test]
fn a_key_without_an_array_has_no_such_command() {
    let mut platform = Platform::with(Abilities { large_blobs: LargeBlobs::None, ..Abilities::default() });
    assert_eq!(platform.send(&GetFragment { get: 17, offset: 0 }).unwrap_err(), Status::InvalidCommand);
    assert_eq!(platform.info().options.get("largeBlobs"), None);
}
