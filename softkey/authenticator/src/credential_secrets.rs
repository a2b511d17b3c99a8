//! Secrets of a credential beside its key pair: two for hmac-secret, one for large blobs.
//!
//! They are derived from the private key instead of being kept: nobody without it can tell them from chance, a credential
//! sealed into its id has them too, and one that moves to another key brings them along.

use fob_ctap::secret::LargeBlobKey;
use ring::hkdf;
use zeroize::Zeroizing;

use crate::CredentialKey;

/// CredRandomWithUV and CredRandomWithoutUV (§12.7).
pub(crate) fn cred_random(key: &CredentialKey, user_verified: bool) -> Zeroizing<[u8; 32]> {
    let label: &[u8] = match user_verified {
        true => b"fob softkey: CredRandomWithUV",
        false => b"fob softkey: CredRandomWithoutUV",
    };
    derived(key.expose(), label)
}

/// The key under which a platform seals this credential's large blob (§12.3).
pub(crate) fn large_blob_key(key: &CredentialKey) -> LargeBlobKey {
    LargeBlobKey::new(*derived(key.expose(), b"fob softkey: largeBlobKey"))
}

/// HKDF-SHA-256 without salt: the secret is uniform, or as good as that.
pub(crate) fn derived(secret: &[u8], label: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut bytes = Zeroizing::new([0; 32]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
        .extract(secret)
        .expand(&[label], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(bytes.as_mut_slice()))
        .expect("32 bytes are what HKDF_SHA256 gives as a key");
    bytes
}
