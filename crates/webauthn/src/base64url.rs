//! base64url without padding (RFC 4648 §5, WebAuthn Level 3 §3): how binary members stand in JSON.

use data_encoding::BASE64URL_NOPAD;
use serde::{Serialize, Serializer};

use crate::OptionsError;

/// The text.
pub(crate) fn encode(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// The bytes of `text`, at most `most`.
///
/// Padding, other alphabets and stray bits are refused, so that one text stands for one value.
pub(crate) fn decode(text: &str, member: &'static str, most: usize) -> Result<Vec<u8>, OptionsError> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| OptionsError::Base64(member))?;
    if bytes.len() > most { Err(OptionsError::TooLong { member, most }) } else { Ok(bytes) }
}

/// For `#[serde(serialize_with)]`.
pub(crate) fn serialize<S: Serializer>(bytes: impl AsRef<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
    encode(bytes.as_ref()).serialize(serializer)
}

/// The same for members that may be absent.
pub(crate) fn serialize_some<S: Serializer>(
    bytes: &Option<impl AsRef<[u8]>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    bytes.as_ref().map(|bytes| encode(bytes.as_ref())).serialize(serializer)
}
