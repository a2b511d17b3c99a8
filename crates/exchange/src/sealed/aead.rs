//! AES-256-GCM with 96-bit nonces.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::Key;

fn cipher(key: &Key) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_ref()).expect("the key has the cipher's length"))
}

/// Decrypts ciphertext followed by its tag; `None` if the tag does not fit or the nonce has another length.
pub(crate) fn open_gcm(key: &Key, nonce: &[u8], aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut bytes = Zeroizing::new(sealed.to_vec());
    let length = cipher(key).open_in_place(nonce, Aad::from(aad), &mut bytes).ok()?.len();
    bytes.truncate(length);
    Some(bytes)
}

/// Encrypts; the tag follows the ciphertext. The caller never uses a nonce twice with one key.
pub(crate) fn seal_gcm(key: &Key, nonce: [u8; NONCE_LEN], plain: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(plain.len() + AES_256_GCM.tag_len());
    bytes.extend_from_slice(plain);
    cipher(key)
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut bytes)
        .expect("the text is shorter than AES-GCM's limit of 64 GiB");
    bytes
}
