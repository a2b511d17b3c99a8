//! The CBOR decoder.

use fob_cbor::{Limits, decode, decode_prefix, encode};

/// Canonical bytes are the only encoding of what they mean; lenient ones have a canonical encoding.
pub fn cbor(data: &[u8]) {
    if let Ok(value) = decode(data, Limits::CTAP) {
        assert_eq!(encode(&value), data);
        assert_eq!(decode(data, Limits::CTAP_LENIENT).as_ref(), Ok(&value));
    }
    if let Ok((value, used)) = decode_prefix(data, Limits::CTAP_LENIENT) {
        assert!(used <= data.len());
        assert_eq!(decode(&encode(&value), Limits::CTAP).as_ref(), Ok(&value));
    }
    if let Ok(value) = decode(data, Limits::deep(usize::MAX)) {
        assert_eq!(encode(&value), data);
    }
}
