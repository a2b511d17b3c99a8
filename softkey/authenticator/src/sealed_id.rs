//! Ids of credentials that the key does not keep: the key pair, sealed into the id itself.
//!
//! Layout: nonce (12) ‖ AES-256-GCM(version ‖ kind ‖ marks ‖ private half ‖ public half) ‖ tag (16), with the RP ID's
//! hash as associated data, so an id is nothing to any other site. The public half is there for ES256 and EdDSA, whose
//! signatures have to be quick; the others compute it. The nonce is the left of an HMAC over what is sealed: a key whose
//! random numbers repeat still never uses a nonce for two plaintexts.

use std::fmt;

use fob_ambient::Rng;
use fob_ctap::entity::CredentialId;
use fob_ctap::extension::CredProtect;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::{hkdf, hmac};
use zeroize::Zeroizing;

use crate::{CredentialKey, KeyKind};

#[cfg(test)]
mod tests;

const VERSION: u8 = 2;
const HEAD: usize = 3;
const TAG: usize = 16;

/// Of the marks: credProtect's level.
const LEVEL: u8 = 0b11;
/// Of the marks: third parties may pay with it.
const THIRD_PARTY_PAYMENT: u8 = 1 << 2;

/// Length of the ids of ES256 credentials that the key does not keep, in bytes.
pub const SEALED_ID_LENGTH: usize = sealed_length(KeyKind::Es256);

/// Length of the id of a sealed credential, in bytes.
pub(crate) const fn sealed_length(kind: KeyKind) -> usize {
    let public = if keeps_public(kind) { kind.public_length() } else { 0 };
    NONCE_LEN + HEAD + kind.secret_length() + public + TAG
}

const fn keeps_public(kind: KeyKind) -> bool {
    matches!(kind, KeyKind::Es256 | KeyKind::EdDsa)
}

/// What opens this key's ids, and with which a reset makes all of them worthless.
pub(crate) struct DeviceKey {
    bytes: Zeroizing<[u8; 32]>,
    seal: LessSafeKey,
    nonce: hmac::Key,
}

/// What an id holds.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) key: CredentialKey,
    pub(crate) protection: CredProtect,
    pub(crate) third_party_payment: bool,
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

    /// The key's identifier (§6.4, encIdentifier): the same until a reset.
    pub(crate) fn identifier(&self) -> [u8; 16] {
        left(&derived(&self.bytes, b"fob softkey: device identifier"))
    }

    /// The state of the credential store (§6.4, encCredStoreState): another one for each version, and for each key.
    pub(crate) fn store_state(&self, version: u64) -> [u8; 16] {
        let label = [b"fob softkey: credential store state".as_slice(), &version.to_be_bytes()].concat();
        left(&derived(&self.bytes, &label))
    }

    /// Seals a credential into an id for this RP.
    pub(crate) fn seal(&self, rp_id_hash: &[u8; 32], credential: &Sealed) -> CredentialId {
        let plain = written(credential);
        let nonce = self.nonce_of(rp_id_hash, &plain);
        let mut id = Vec::with_capacity(NONCE_LEN + plain.len() + TAG);
        id.extend(nonce);
        id.extend_from_slice(&plain);
        let (_, body) = id.split_at_mut(NONCE_LEN);
        let tag = self
            .seal
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(rp_id_hash), body)
            .expect("AES-GCM seals some hundred bytes");
        id.extend(tag.as_ref());
        id.into()
    }

    /// Opens an id; none if it is not one of this key's for this RP.
    pub(crate) fn open(&self, rp_id_hash: &[u8; 32], id: &CredentialId) -> Option<Sealed> {
        let length = id.as_bytes().len();
        if !KeyKind::ALL.into_iter().any(|kind| sealed_length(kind) == length) {
            return None;
        }
        let (nonce, sealed) = id.as_bytes().split_first_chunk()?;
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        read(self.seal.open_in_place(nonce, Aad::from(rp_id_hash), &mut sealed).ok()?)
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

fn written(credential: &Sealed) -> Zeroizing<Vec<u8>> {
    let key = &credential.key;
    let payment = if credential.third_party_payment { THIRD_PARTY_PAYMENT } else { 0 };
    // With its room from the start: growing would leave copies behind.
    let mut plain = Zeroizing::new(Vec::with_capacity(sealed_length(key.kind())));
    plain.extend([VERSION, number(key.kind()), credential.protection.number() | payment]);
    plain.extend_from_slice(key.expose());
    if keeps_public(key.kind()) {
        plain.extend_from_slice(key.public());
    }
    plain
}

fn read(plain: &[u8]) -> Option<Sealed> {
    let (&[version, kind, marks], rest) = plain.split_first_chunk()?;
    let kind = KeyKind::ALL.into_iter().find(|candidate| number(*candidate) == kind)?;
    let (secret, public) = rest.split_at_checked(kind.secret_length())?;
    let key = match keeps_public(kind) {
        true => CredentialKey::from_parts(kind, secret, public)?,
        false => CredentialKey::from_secret(kind, secret).filter(|_| public.is_empty())?,
    };
    let protection = CredProtect::from_number((marks & LEVEL).into()).filter(|_| version == VERSION)?;
    Some(Sealed { key, protection, third_party_payment: marks & THIRD_PARTY_PAYMENT != 0 })
}

/// Kinds in an id. Once given, a number stays.
const fn number(kind: KeyKind) -> u8 {
    match kind {
        KeyKind::Es256 => 1,
        KeyKind::EdDsa => 2,
        KeyKind::Es384 => 3,
        KeyKind::Es512 => 4,
        KeyKind::Rs256 => 5,
        KeyKind::MlDsa44 => 6,
        KeyKind::MlDsa65 => 7,
    }
}

fn left(bytes: &[u8; 32]) -> [u8; 16] {
    *bytes.first_chunk().expect("16 of 32 bytes")
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
