//! authenticatorGetInfo (§6.4): to the byte, as another encoder writes it.

use fob_ctap::Command;
use fob_ctap::get_info::{GetInfo, option};

use crate::platform::{Platform, registration, resident};

/// What a fresh key answers, written down by its members and encoded by PyPI's fido2 2.2.1 (`fido2.cbor`):
/// versions, extensions, AAGUID, options, maxMsgSize 7609, protocols 2 and 1, 32 credentials a list, ids of 126 bytes,
/// usb, ES256, PINs of 4 and more, firmware 1, room for 100, packed.
const FRESH: &[u8] = b"\x00\
    \xae\x01\x81\x68FIDO_2_0\x02\x81\x6bcredProtect\x03\x50fob test softkey\
    \x04\xa6\x62rk\xf5\x62up\xf5\x64plat\xf4\x69clientPin\xf4\x6epinUvAuthToken\xf5\x70makeCredUvNotRqd\xf5\
    \x05\x19\x1d\xb9\x06\x82\x02\x01\x07\x18\x20\x08\x18\x7e\x09\x81\x63usb\
    \x0a\x81\xa2\x63alg\x26\x64type\x6apublic-key\x0d\x04\x0e\x01\x14\x18\x64\x16\x81\x66packed";

#[test]
fn a_fresh_key_says_exactly_what_it_is() {
    assert_eq!(Platform::new().raw(&[0x04]), FRESH);
}

#[test]
fn what_changes_is_told() {
    let mut platform = Platform::with_pin();
    let info = platform.send(&GetInfo).unwrap();
    assert_eq!(info.options.get(option::CLIENT_PIN), Some(true));
    platform.register(resident(1), true).unwrap();
    platform.register(registration(), false).unwrap();
    assert_eq!(platform.send(&GetInfo).unwrap().remaining_discoverable_credentials, Some(99));
}

#[test]
fn ids_and_lists_that_are_promised_fit_into_a_message() {
    let mut platform = Platform::new();
    let info = platform.send(&GetInfo).unwrap();
    let made = platform.register(registration(), false).unwrap();
    assert_eq!(info.max_credential_id_length, Some(made.descriptor.id.as_bytes().len() as u64));
    let mut request = resident(1);
    request.exclude_list = vec![made.descriptor; info.max_credential_count_in_list.unwrap() as usize];
    assert!(request.encode().len() <= info.max_msg_size() as usize);
}
