//! A file that another program wrote, and files that nobody should have written.

use fob_cbor::encode;
use fob_ctap::entity::RpId;
use fob_ctap::pin::Pin;
use proptest::prelude::*;

use super::*;

/// Written by Python's hashlib and cryptography and PyPI's `fido2.cbor` after the description above: counter 9, seven
/// tries, PIN 1234, one credential made at counter 3 whose private scalar is 01 02 … 20.
const VERSION_1: &str = include_str!("version-1.hex");

fn file() -> Vec<u8> {
    let digits: Vec<u8> = VERSION_1.bytes().filter_map(|byte| char::from(byte).to_digit(16)).map(|d| d as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[test]
fn a_file_of_format_1_is_read_and_written_again_to_the_byte() {
    let state = State::decode(&file()).unwrap();
    assert_eq!((state.counter(), state.pin_retries, state.resident_count()), (9, 7, 1));
    assert_eq!(state.device_key.expose(), &[0x55; 32]);
    let pin = state.pin.as_ref().unwrap();
    assert!(pin.hash.matches(&Pin::new("1234".to_owned()).unwrap().hash()));
    let resident = state.residents_of(&RpId::new("site.example").hash()).next().unwrap();
    assert_eq!(resident.user.name.as_deref(), Some("ada"));
    assert_eq!((resident.created, resident.protection.number()), (3, 2));
    // The key pair holds together: ring makes a signature only if it does.
    assert!(crate::Signer::sign(&crate::SystemSigner::new(), &resident.key, b"message").is_ok());
    assert_eq!(state.encode().as_slice(), file());
}

/// A file with a hash that fits, whatever the body.
fn sealed(body: &[u8]) -> Vec<u8> {
    let mut map = Map::new();
    map.insert(1, FORMAT);
    map.insert(2, VERSION);
    map.insert(3, body);
    map.insert(4, sha256(body));
    encode(&Value::Map(map))
}

proptest! {
    #[test]
    fn bytes_of_chance_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(State::decode(&bytes).is_err());
        prop_assert!(State::decode(&sealed(&bytes)).is_err());
    }

    #[test]
    fn a_forged_file_never_panics(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let whole = decode(&file(), LIMITS).unwrap();
        let mut body = whole.as_map().unwrap().get_int(3).unwrap().as_bytes().unwrap().to_vec();
        let place = place.index(body.len());
        body[place] = byte;
        if let Ok(state) = State::decode(&sealed(&body)) {
            prop_assert!(state.pin_retries <= MAX_PIN_RETRIES);
        }
    }
}
