//! The vault key and the keys that come from it.
//!
//! Every derived key is HKDF-SHA256 (RFC 5869) of the vault key with an `info` in canonical CBOR that begins with its
//! own label, so no two uses share a key. ring keeps its own copy of an AEAD key and does not wipe it on drop; those
//! copies live as long as one call. The daemon keeps the process out of swap and core dumps.

use std::io;

use fob_ambient::Rng;
use fob_cbor::Value;
use ring::aead::{self, AES_256_GCM, LessSafeKey, UnboundKey};
use ring::{hkdf, hmac};
use zeroize::Zeroizing;

use crate::page::Page;

/// 256 bits that one key is made of. Wiped on drop.
pub(crate) type KeyBytes = Zeroizing<[u8; 32]>;

/// A vault's identity, random at creation.
pub(crate) type VaultId = [u8; 16];

/// The random key that everything in a vault hangs on. On a page of its own; moving it leaves no copies.
pub(crate) struct VaultKey(Page<[u8; 32]>);

impl VaultKey {
    pub(crate) const LENGTH: usize = 32;

    pub(crate) fn generate(rng: &mut dyn Rng) -> Self {
        let mut key = Self::blank();
        rng.fill(key.0.as_mut());
        key
    }

    /// A key as it came out of a slot; `None` unless it has 32 bytes.
    pub(crate) fn from_slot(bytes: &[u8]) -> Option<Self> {
        let mut key = Self::blank();
        (bytes.len() == Self::LENGTH).then(|| key.0.copy_from_slice(bytes))?;
        Some(key)
    }

    fn blank() -> Self {
        Self(Page::new([0; Self::LENGTH]))
    }

    pub(crate) fn expose(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// Why its page is not locked, if it is not.
    pub(crate) fn unlocked(&self) -> Option<io::Error> {
        self.0.unlocked()
    }

    /// Another copy in memory, wiped like the first.
    pub(crate) fn copy(&self) -> Self {
        let mut copy = Self::blank();
        copy.0.copy_from_slice(self.expose());
        copy
    }

    /// Names this key without giving anything of it away; the state directory pins it.
    pub(crate) fn id(&self, vault: &VaultId) -> [u8; 16] {
        let derived = hkdf_sha256(self.expose(), vault, &info("fob vault 1 key id", []));
        let mut id = [0; 16];
        id.copy_from_slice(derived.first_chunk::<16>().expect("HKDF gave 32 bytes"));
        id
    }

    /// Authenticates the header.
    pub(crate) fn header_key(&self, vault: &VaultId) -> hmac::Key {
        hmac_key(&hkdf_sha256(self.expose(), vault, &info("fob vault 1 header", [])))
    }

    /// The salt of one save's body key. A machine that was cloned and repeats its random numbers still gets another
    /// salt, unless it seals the very same bytes under the very same header: that is associated data, and two of them
    /// under one key and nonce would give GCM's own key away. `header` is the header with a salt of zeros.
    pub(crate) fn body_salt(
        &self,
        vault: &VaultId,
        random: [u8; 32],
        generation: u64,
        header: &[u8],
        body: &[u8],
    ) -> [u8; 32] {
        let key = hmac_key(&hkdf_sha256(self.expose(), vault, &info("fob vault 1 salt", [])));
        let mut salt = hmac::Context::with_key(&key);
        salt.update(&random);
        salt.update(&generation.to_be_bytes());
        for part in [body, header] {
            salt.update(ring::digest::digest(&ring::digest::SHA256, part).as_ref());
        }
        let mut bytes = [0; 32];
        bytes.copy_from_slice(salt.sign().as_ref());
        bytes
    }

    /// Seals the body of one save.
    pub(crate) fn body_key(&self, vault: &VaultId, salt: &[u8; 32], generation: u64) -> LessSafeKey {
        let info = info("fob vault 1 body", [Value::Bytes(vault.to_vec()), Value::Unsigned(generation)]);
        aes_256_gcm(&hkdf_sha256(self.expose(), salt, &info))
    }
}

/// HKDF-SHA256 to 32 bytes.
pub(crate) fn hkdf_sha256(key: &[u8], salt: &[u8], info: &[u8]) -> KeyBytes {
    let mut out = Zeroizing::new([0; 32]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(key)
        .expand(&[info], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(out.as_mut()))
        .expect("32 bytes are one HMAC-SHA256 block");
    out
}

/// HKDF's `info` and AEAD's associated data: one canonical CBOR array that begins with a label.
pub(crate) fn info(label: &str, rest: impl IntoIterator<Item = Value>) -> Vec<u8> {
    let parts = std::iter::once(Value::from(label)).chain(rest).collect();
    fob_cbor::encode(&Value::Array(parts))
}

/// AES-256-GCM under these 32 bytes.
pub(crate) fn aes_256_gcm(key: &KeyBytes) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_ref()).expect("the key has 32 bytes"))
}

/// The nonce of a key that seals once in its life.
pub(crate) fn nonce_zero() -> aead::Nonce {
    aead::Nonce::assume_unique_for_key([0; aead::NONCE_LEN])
}

fn hmac_key(key: &KeyBytes) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, key.as_ref())
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    /// RFC 5869 appendix A.1 has 42 bytes of output; a shorter output is its beginning.
    #[test]
    fn hkdf_is_that_of_rfc_5869() {
        let salt: Vec<u8> = (0..=0x0c).collect();
        let info: Vec<u8> = (0xf0..=0xf9).collect();
        let okm = hkdf_sha256(&[0x0b; 22], &salt, &info);
        assert_eq!(HEXLOWER.encode(okm.as_ref()), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
    }

    #[test]
    fn repeated_random_numbers_repeat_no_salt() {
        let key = VaultKey::from_slot(&[7; 32]).unwrap();
        let salt = |generation, header: &[u8], body: &[u8]| key.body_salt(&[1; 16], [9; 32], generation, header, body);
        let one = salt(1, b"header", b"body");
        assert_ne!(one, salt(2, b"header", b"body"));
        assert_ne!(one, salt(1, b"header", b"other"));
        assert_ne!(one, salt(1, b"other", b"body"));
        assert_eq!(one, salt(1, b"header", b"body"));
    }
}
