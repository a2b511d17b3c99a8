//! Ids of credentials that the key does not keep: the key pair, sealed into the id itself.
//!
//! Layout: nonce (12) ‖ AES-256-GCM(version ‖ credProtect ‖ private scalar ‖ public point) ‖ tag (16), with the RP ID's
//! hash as associated data, so an id is nothing to any other site. The nonce is the left of an HMAC over what is
//! sealed: a key whose random numbers repeat still never uses a nonce for two plaintexts.

use std::fmt;

use fob_ambient::Rng;
use fob_ctap::cose::P256Point;
use fob_ctap::entity::CredentialId;
use fob_ctap::extension::CredProtect;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::{hkdf, hmac};
use zeroize::Zeroizing;

use crate::CredentialKey;

const VERSION: u8 = 1;
const PLAIN: usize = 1 + 1 + 32 + 64;
const TAG: usize = 16;

/// Length of the ids of credentials that the key does not keep, in bytes.
pub const SEALED_ID_LENGTH: usize = NONCE_LEN + PLAIN + TAG;

/// What opens this key's ids, and with which a reset makes all of them worthless.
pub(crate) struct DeviceKey {
    bytes: Zeroizing<[u8; 32]>,
    seal: LessSafeKey,
    nonce: hmac::Key,
}

/// What an id held.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) key: CredentialKey,
    pub(crate) protection: CredProtect,
}

impl DeviceKey {
    /// A fresh one.
    pub(crate) fn generate(rng: &mut dyn Rng) -> Self {
        let mut bytes = [0; 32];
        rng.fill(&mut bytes);
        Self::from_bytes(bytes)
    }

    /// One that was kept.
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        let seal = derived(&bytes, b"fob softkey: sealed credential id");
        let nonce = derived(&bytes, b"fob softkey: nonce of a sealed credential id");
        let seal = UnboundKey::new(&AES_256_GCM, seal.as_slice()).expect("AES-256 takes 32 bytes");
        Self {
            bytes: Zeroizing::new(bytes),
            seal: LessSafeKey::new(seal),
            nonce: hmac::Key::new(hmac::HMAC_SHA256, nonce.as_slice()),
        }
    }

    /// The key itself, to keep it.
    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Seals a key pair into an id for this RP.
    pub(crate) fn seal(&self, rp_id_hash: &[u8; 32], key: &CredentialKey, protection: CredProtect) -> CredentialId {
        let mut plain = Zeroizing::new(Vec::with_capacity(PLAIN));
        plain.extend([VERSION, protection.number()]);
        plain.extend(key.expose());
        plain.extend(key.public().x);
        plain.extend(key.public().y);
        let nonce = self.nonce_of(rp_id_hash, &plain);
        let mut id = Vec::with_capacity(SEALED_ID_LENGTH);
        id.extend(nonce);
        id.extend_from_slice(&plain);
        let (_, body) = id.split_at_mut(NONCE_LEN);
        let tag = self
            .seal
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(rp_id_hash), body)
            .expect("AES-GCM seals a hundred bytes");
        id.extend(tag.as_ref());
        id.into()
    }

    /// Opens an id; none if it is not one of this key's for this RP.
    pub(crate) fn open(&self, rp_id_hash: &[u8; 32], id: &CredentialId) -> Option<Opened> {
        if id.as_bytes().len() != SEALED_ID_LENGTH {
            return None;
        }
        let (nonce, sealed) = id.as_bytes().split_first_chunk()?;
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self.seal.open_in_place(nonce, Aad::from(rp_id_hash), &mut sealed).ok()?;
        let (&[version, protection], rest) = plain.split_first_chunk()?;
        let (scalar, rest) = rest.split_first_chunk()?;
        let (x, y) = rest.split_first_chunk()?;
        let public = P256Point { x: *x, y: y.try_into().ok()? };
        let protection = CredProtect::from_number(protection.into()).filter(|_| version == VERSION)?;
        Some(Opened { key: CredentialKey::from_parts(*scalar, public), protection })
    }

    fn nonce_of(&self, rp_id_hash: &[u8; 32], plain: &[u8]) -> [u8; NONCE_LEN] {
        let mut context = hmac::Context::with_key(&self.nonce);
        context.update(rp_id_hash);
        context.update(plain);
        *context.sign().as_ref().first_chunk().expect("12 of 32 bytes")
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKey(..)")
    }
}

/// HKDF-SHA-256 without salt: the device key is uniform.
fn derived(key: &[u8; 32], label: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut bytes = Zeroizing::new([0; 32]);
    hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, key)
        .expand(&[label], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(bytes.as_mut_slice()))
        .expect("32 bytes are what HKDF_SHA256 gives as a key");
    bytes
}

#[cfg(test)]
mod tests {
    use fob_ambient::SeededRng;

    use super::*;

    #[test]
    fn an_id_is_for_one_rp_on_one_key() {
        let mut rng = SeededRng::new(1);
        let (device, other) = (DeviceKey::generate(&mut rng), DeviceKey::generate(&mut rng));
        let key = CredentialKey::generate(&mut rng);
        let id = device.seal(&[1; 32], &key, CredProtect::UserVerificationRequired);
        assert_eq!(id.as_bytes().len(), SEALED_ID_LENGTH);
        let opened = device.open(&[1; 32], &id).unwrap();
        assert_eq!(opened.key.expose(), key.expose());
        assert_eq!(opened.key.public(), key.public());
        assert_eq!(opened.protection, CredProtect::UserVerificationRequired);
        assert!(device.open(&[2; 32], &id).is_none());
        assert!(other.open(&[1; 32], &id).is_none());
    }

    #[test]
    fn no_byte_of_an_id_can_be_changed_or_cut() {
        let mut rng = SeededRng::new(1);
        let device = DeviceKey::generate(&mut rng);
        let key = CredentialKey::generate(&mut rng);
        let id = device.seal(&[1; 32], &key, CredProtect::default()).into_bytes();
        for place in 0..id.len() {
            let mut changed = id.clone();
            changed[place] ^= 1;
            assert!(device.open(&[1; 32], &changed.into()).is_none(), "byte {place}");
            assert!(device.open(&[1; 32], &id[..place].into()).is_none(), "cut at {place}");
        }
    }
}
