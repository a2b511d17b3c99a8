//! SHA-256, the one hash that CTAP names things by.

use ring::digest;

/// SHA-256 of `bytes`: an RP ID's hash, a client data hash, a PIN's hash before it is cut.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let hash = digest::digest(&digest::SHA256, bytes);
    *hash.as_ref().first_chunk().expect("SHA-256 has 32 bytes")
}
