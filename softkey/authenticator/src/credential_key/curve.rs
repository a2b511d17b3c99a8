//! The curves of NIST: P-256, P-384, P-521.

use super::KeyKind;

/// The uncompressed point of a scalar; none if it is zero or not below the curve's order.
pub(super) fn public(kind: KeyKind, scalar: &[u8]) -> Option<Vec<u8>> {
    let sec1 = match kind {
        KeyKind::Es256 => p256::SecretKey::from_slice(scalar).ok()?.public_key().to_sec1_bytes(),
        KeyKind::Es384 => p384::SecretKey::from_slice(scalar).ok()?.public_key().to_sec1_bytes(),
        KeyKind::Es512 => p521::SecretKey::from_slice(scalar).ok()?.public_key().to_sec1_bytes(),
        _ => return None,
    };
    // Some curves of RustCrypto prefer the compressed form.
    (sec1.len() == kind.public_length()).then(|| sec1.to_vec())
}
