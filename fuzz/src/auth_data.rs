//! Authenticator data.

use fob_ctap::Strictness;
use fob_ctap::auth_data::AuthenticatorData;

/// Canonical bytes are the only encoding; the flags can be read without taking the rest apart.
pub fn auth_data(data: &[u8]) {
    if let Ok(strict) = AuthenticatorData::decode(data, Strictness::Canonical) {
        assert_eq!(strict.encode(), data);
    }
    if let Ok(lenient) = AuthenticatorData::decode(data, Strictness::Lenient) {
        assert_eq!(AuthenticatorData::peek_flags(data), Some(lenient.flags));
        assert_eq!(AuthenticatorData::decode(&lenient.encode(), Strictness::Canonical), Ok(lenient));
    }
}
