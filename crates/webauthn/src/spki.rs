//! A public key as SubjectPublicKeyInfo in DER (RFC 5280 §4.1.2.7): what `getPublicKey()` returns (WebAuthn Level 3
//! §5.2.1.1). The three kinds that the standard demands are here; of others the site gets the COSE_Key only.

use fob_ctap::cose::{Algorithm, PublicKey};
use fob_ctap::{Map, Value};

/// SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING of 65 bytes } (RFC 5480 §2).
const P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// SEQUENCE { SEQUENCE { id-Ed25519 }, BIT STRING of 32 bytes } (RFC 8410 §4).
const ED25519: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// SEQUENCE { rsaEncryption, NULL } (RFC 3279 §2.3.1).
const RSA: &[u8] = &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;

/// The key in DER; none if its kind is not known here.
pub(crate) fn encode(key: &PublicKey) -> Option<Vec<u8>> {
    match key {
        PublicKey::Es256(point) => Some([P256, &point.to_sec1()].concat()),
        PublicKey::Ed25519(x) => Some([ED25519, x].concat()),
        PublicKey::Other(map) => rsa(map),
    }
}

/// RS256 (RFC 8230 §4: key type 3, modulus at −1, exponent at −2).
fn rsa(map: &Map) -> Option<Vec<u8>> {
    let int = |label| map.get_int(label).and_then(Value::as_i64);
    if (int(1), int(3)) != (Some(3), Some(Algorithm::RS256.0)) {
        return None;
    }
    let modulus = integer(map.get_int(-1)?.as_bytes()?);
    let exponent = integer(map.get_int(-2)?.as_bytes()?);
    let key = tlv(SEQUENCE, &[modulus, exponent].concat());
    let bits = tlv(BIT_STRING, &[&[0], key.as_slice()].concat());
    Some(tlv(SEQUENCE, &[RSA, bits.as_slice()].concat()))
}

/// An unsigned number: no zeros in front but one where the first bit would be a sign.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let number = bytes.get(first..).unwrap_or_default();
    let sign: &[u8] = if number.first().is_none_or(|byte| byte & 0x80 != 0) { &[0] } else { &[] };
    tlv(INTEGER, &[sign, number].concat())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let first = length.iter().position(|byte| *byte != 0).unwrap_or(length.len() - 1);
    let length = length.get(first..).unwrap_or_default();
    let head = match length {
        [short @ 0..=0x7f] => vec![tag, *short],
        long => [&[tag, 0x80 | u8::try_from(long.len()).unwrap_or(u8::MAX)], long].concat(),
    };
    [head.as_slice(), content].concat()
}

#[cfg(test)]
mod tests;
