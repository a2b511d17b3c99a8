//! What hmac-secret and hmac-secret-mc encrypt (§12.7, §12.8), both sides of it.
//!
//! A platform seals one or two salts and opens as many outputs; an authenticator opens the salts, computes, and seals.
//! Which secret of a credential counts (with or without verification) is the authenticator's business.

use std::fmt;

use fob_ambient::Rng;
use ring::hmac;
use zeroize::Zeroizing;

use super::HmacSecretInput;
use crate::cose::KeyAgreementKey;
use crate::pin::{BadCiphertext, Protocol, SharedSecret};

/// Length of a salt and of an output.
const LENGTH: usize = 32;

/// One or two values of 32 bytes: salts on the way in, secrets on the way out.
pub struct HmacValues(Zeroizing<Vec<u8>>);

impl HmacValues {
    /// Takes the values over.
    #[must_use]
    pub fn new(first: &[u8; LENGTH], second: Option<&[u8; LENGTH]>) -> Self {
        let mut bytes = Zeroizing::new(Vec::with_capacity(2 * LENGTH));
        bytes.extend_from_slice(first);
        bytes.extend_from_slice(second.map_or(&[], |second| second.as_slice()));
        Self(bytes)
    }

    /// Values one after the other; none if they are not 32 or 64 bytes.
    #[must_use]
    pub fn from_plain(bytes: Zeroizing<Vec<u8>>) -> Option<Self> {
        matches!(bytes.len(), 32 | 64).then_some(Self(bytes))
    }

    /// The first value.
    #[must_use]
    pub fn first(&self) -> &[u8; LENGTH] {
        self.0.first_chunk().expect("there are one or two whole values")
    }

    /// The second value, if there is one.
    #[must_use]
    pub fn second(&self) -> Option<&[u8; LENGTH]> {
        self.0.split_first_chunk::<LENGTH>().and_then(|(_, rest)| rest.first_chunk())
    }

    /// All bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Answers these salts: HMAC-SHA-256 under a credential's secret (CredRandom), each for itself.
    #[must_use]
    pub fn answer(&self, cred_random: &[u8; 32]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, cred_random);
        let mut bytes = Zeroizing::new(Vec::with_capacity(2 * LENGTH));
        for salt in self.0.chunks(LENGTH) {
            bytes.extend_from_slice(hmac::sign(&key, salt).as_ref());
        }
        Self(bytes)
    }

    /// Encrypts outputs for the platform.
    #[must_use]
    pub fn seal(&self, shared: &SharedSecret, rng: &mut dyn Rng) -> Vec<u8> {
        shared.encrypt(&self.0, rng)
    }

    /// Opens outputs that an authenticator encrypted.
    ///
    /// # Errors
    /// [`BadCiphertext`] if they are not one or two whole values.
    pub fn open(shared: &SharedSecret, bytes: &[u8]) -> Result<Self, BadCiphertext> {
        Self::from_plain(shared.decrypt(bytes)?).ok_or(BadCiphertext)
    }
}

impl fmt::Debug for HmacValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacValues(..)")
    }
}

/// Why an authenticator takes no salts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSalts {
    /// `saltAuth` is not over `saltEnc`: [`crate::Status::PinAuthInvalid`].
    #[error("the proof over the salts does not fit")]
    Proof,
    /// There are not one or two salts of 32 bytes.
    #[error("the salts have the wrong length")]
    Length,
}

impl HmacSecretInput {
    /// A platform's input: our half of the key agreement, and salts encrypted under the secret it made.
    #[must_use]
    pub fn seal(ours: KeyAgreementKey, shared: &SharedSecret, salts: &HmacValues, rng: &mut dyn Rng) -> Self {
        let salt_enc = shared.encrypt(salts.expose(), rng);
        Self {
            key_agreement: ours,
            salt_auth: shared.authenticate(&salt_enc),
            salt_enc,
            // Keys of CTAP 2.0 do not know the member, and one is what its absence means.
            pin_uv_auth_protocol: Some(shared.protocol())
                .filter(|protocol| *protocol != Protocol::One)
                .map(Protocol::number),
        }
    }

    /// An authenticator's way to the salts: the proof first.
    ///
    /// # Errors
    /// [`BadSalts`].
    pub fn open(&self, shared: &SharedSecret) -> Result<HmacValues, BadSalts> {
        if !shared.verify(&self.salt_enc, &self.salt_auth) {
            return Err(BadSalts::Proof);
        }
        HmacValues::open(shared, &self.salt_enc).map_err(|BadCiphertext| BadSalts::Length)
    }
}
