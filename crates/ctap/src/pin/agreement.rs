//! Key agreement: ECDH on P-256, of which the x coordinate is kept (§6.5.6).

use std::fmt;

use fob_ambient::Rng;
use p256::{PublicKey, SecretKey};
use zeroize::Zeroizing;

use super::{Protocol, SharedSecret};
use crate::cose::{KeyAgreementKey, P256Point};

/// A public key that is no point on P-256. Computing with it could give away ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the public key is not on the curve")]
pub struct BadPublicKey;

/// Our half of a key agreement. An authenticator uses one until its power goes or a PIN was wrong; a platform makes a
/// fresh one each time ([`encapsulate`]).
pub struct KeyAgreementSecret(SecretKey);

impl KeyAgreementSecret {
    /// A fresh one.
    #[must_use]
    pub fn generate(rng: &mut dyn Rng) -> Self {
        loop {
            let mut bytes = Zeroizing::new([0; 32]);
            rng.fill(bytes.as_mut_slice());
            // Fails for zero and for numbers not below the order, once in 2³² tries.
            if let Some(secret) = Self::from_bytes(&bytes) {
                return secret;
            }
        }
    }

    /// From a stored scalar, big-endian; none if it is zero or not below the order of the curve.
    #[must_use]
    pub fn from_bytes(scalar: &[u8; 32]) -> Option<Self> {
        SecretKey::from_slice(scalar).ok().map(Self)
    }

    /// What the other side gets to see.
    #[must_use]
    pub fn public(&self) -> KeyAgreementKey {
        let point = self.0.public_key().to_sec1_bytes();
        KeyAgreementKey(uncompressed(&point))
    }

    /// The secret that both sides share.
    ///
    /// # Errors
    /// [`BadPublicKey`] if the other side's key is not on the curve.
    pub fn shared_secret(&self, protocol: Protocol, other: &KeyAgreementKey) -> Result<SharedSecret, BadPublicKey> {
        let other = PublicKey::from_sec1_bytes(&other.0.to_sec1()).map_err(|_| BadPublicKey)?;
        let shared = self.0.diffie_hellman(&other);
        let x = Zeroizing::new(<[u8; 32]>::from(*shared.raw_secret_bytes()));
        Ok(SharedSecret::derive(protocol, &x))
    }
}

impl fmt::Debug for KeyAgreementSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyAgreementSecret(..)")
    }
}

/// The platform's side in one step: our half to send, and the secret shared with the authenticator.
///
/// # Errors
/// [`BadPublicKey`] if the authenticator's key is not on the curve.
pub fn encapsulate(
    protocol: Protocol,
    authenticator: &KeyAgreementKey,
    rng: &mut dyn Rng,
) -> Result<(KeyAgreementKey, SharedSecret), BadPublicKey> {
    let ours = KeyAgreementSecret::generate(rng);
    let shared = ours.shared_secret(protocol, authenticator)?;
    Ok((ours.public(), shared))
}

/// A key of ours: never the point at infinity, so the form is 04 ‖ x ‖ y, whatever p256 prefers.
fn uncompressed(sec1: &[u8]) -> P256Point {
    P256Point::from_sec1(sec1).expect("p256 writes its points uncompressed")
}
