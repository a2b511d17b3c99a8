//! A public key in CBOR.

use fob_cbor::{Limits, Value, decode};
use fob_ctap::cose::{PublicKey, TypedKey};
use fob_ctap::member::FromCbor;

/// No member of a key is lost, and a typed key is the key it was taken from.
pub fn cose_key(data: &[u8]) {
    let Ok(value) = decode(data, Limits::CTAP_LENIENT) else { return };
    let Ok(key) = PublicKey::from_cbor(value.clone(), "key") else { return };
    assert_eq!(Value::from(&key), value);
    if let Some(typed) = TypedKey::of(&key) {
        assert_eq!(key.algorithm(), Some(typed.algorithm()));
        assert_eq!(TypedKey::of(&PublicKey::from(&typed)), Some(typed));
    }
}
