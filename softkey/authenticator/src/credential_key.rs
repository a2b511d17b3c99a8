//! A credential's key pair: ES256 on P-256. Other algorithms will be further variants beside it.

use std::fmt;

use fob_ambient::Rng;
use fob_ctap::cose::P256Point;
use p256::SecretKey;
use zeroize::Zeroizing;

/// An ES256 key pair. Both halves are kept: computing the public one again would double the time of a signature.
pub struct CredentialKey {
    scalar: Zeroizing<[u8; 32]>,
    public: P256Point,
}

impl CredentialKey {
    /// A fresh pair.
    pub(crate) fn generate(rng: &mut dyn Rng) -> Self {
        loop {
            let mut scalar = Zeroizing::new([0; 32]);
            rng.fill(scalar.as_mut_slice());
            // Zero and numbers not below the curve's order are no keys: once in 2³² tries.
            if let Ok(secret) = SecretKey::from_slice(scalar.as_slice()) {
                let public = P256Point::from_sec1(&secret.public_key().to_sec1_bytes());
                return Self { scalar, public: public.expect("p256 writes its points uncompressed") };
            }
        }
    }

    /// A pair that was kept. Nothing says that the halves belong together: signing finds out.
    pub(crate) fn from_parts(scalar: [u8; 32], public: P256Point) -> Self {
        Self { scalar: Zeroizing::new(scalar), public }
    }

    /// The private scalar, big-endian.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.scalar
    }

    /// The public point.
    #[must_use]
    pub const fn public(&self) -> P256Point {
        self.public
    }
}

impl fmt::Debug for CredentialKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialKey(..)")
    }
}
