//! A credential's key pair: which kinds there are, how each is made, kept and shown to a relying party.
//!
//! The private half is bytes whose meaning depends on the kind, the public half too:
//!
//! | kind | private | public |
//! |---|---|---|
//! | ES256, ES384, ES512 | the scalar, big-endian | 04 ‖ x ‖ y |
//! | EdDSA | the seed (RFC 8032 §5.1.5) | 32 bytes |
//! | RS256 | the primes, 128 bytes each | the modulus; the exponent is 65537 |
//! | ML-DSA | the seed ξ (FIPS 204 §5.1) | as FIPS 204 encodes it |

mod curve;
mod ml_dsa;
mod pkcs8;
mod rsa;

use std::fmt;

use fob_ambient::Rng;
use fob_ctap::cose::{Algorithm, EcPoint, P256Point, PublicKey, TypedKey};
use ring::signature::{Ed25519KeyPair, KeyPair};
use zeroize::Zeroizing;

pub(crate) use ml_dsa::sign as sign_ml_dsa;
pub(crate) use rsa::pkcs1;

/// Which algorithm a key pair is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// ECDSA on P-256.
    Es256,
    /// Ed25519.
    EdDsa,
    /// ECDSA on P-384.
    Es384,
    /// ECDSA on P-521.
    Es512,
    /// RSA with 2048 bits, PKCS#1 v1.5.
    Rs256,
    /// ML-DSA-44 (FIPS 204).
    MlDsa44,
    /// ML-DSA-65.
    MlDsa65,
}

impl KeyKind {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Es256, Self::EdDsa, Self::Es384, Self::Es512, Self::Rs256, Self::MlDsa44, Self::MlDsa65];

    /// The COSE algorithm.
    #[must_use]
    pub const fn algorithm(self) -> Algorithm {
        match self {
            Self::Es256 => Algorithm::ES256,
            Self::EdDsa => Algorithm::EDDSA,
            Self::Es384 => Algorithm::ES384,
            Self::Es512 => Algorithm::ES512,
            Self::Rs256 => Algorithm::RS256,
            Self::MlDsa44 => Algorithm::ML_DSA_44,
            Self::MlDsa65 => Algorithm::ML_DSA_65,
        }
    }

    /// The kind of an algorithm.
    #[must_use]
    pub fn of(algorithm: Algorithm) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.algorithm() == algorithm)
    }

    const fn is_curve(self) -> bool {
        matches!(self, Self::Es256 | Self::Es384 | Self::Es512)
    }

    /// Whether the halves have the form that they have for this kind.
    pub(crate) fn fits(self, secret: &[u8], public: &[u8]) -> bool {
        let lengths = secret.len() == self.secret_length() && public.len() == self.public_length();
        lengths && (!self.is_curve() || public.first() == Some(&4))
    }

    /// Length of the private half in bytes.
    pub(crate) const fn secret_length(self) -> usize {
        match self {
            Self::Es256 | Self::EdDsa | Self::MlDsa44 | Self::MlDsa65 => 32,
            Self::Es384 => 48,
            Self::Es512 => 66,
            Self::Rs256 => 256,
        }
    }

    /// Length of the public half in bytes.
    pub(crate) const fn public_length(self) -> usize {
        match self {
            Self::Es256 => 65,
            Self::EdDsa => 32,
            Self::Es384 => 97,
            Self::Es512 => 133,
            Self::Rs256 => 256,
            Self::MlDsa44 => 1312,
            Self::MlDsa65 => 1952,
        }
    }
}

/// A key pair. Both halves are kept: computing the public one again would double the time of a signature.
pub struct CredentialKey {
    kind: KeyKind,
    secret: Zeroizing<Vec<u8>>,
    public: Vec<u8>,
}

impl CredentialKey {
    /// A fresh pair.
    pub(crate) fn generate(kind: KeyKind, rng: &mut dyn Rng) -> Self {
        if kind == KeyKind::Rs256 {
            let secret = rsa::generate(rng);
            return Self::from_secret(kind, &secret).expect("two primes that rsa made are an RSA key");
        }
        loop {
            let mut secret = Zeroizing::new(vec![0; kind.secret_length()]);
            rng.fill(&mut secret);
            if let (KeyKind::Es512, Some(first)) = (kind, secret.first_mut()) {
                // 521 bits are 65 bytes and one bit.
                *first &= 1;
            }
            // Zero and numbers not below a curve's order are no keys: once in 2³² tries at most.
            if let Some(pair) = Self::from_secret(kind, &secret) {
                return pair;
            }
        }
    }

    /// The pair of a private half; none if it is not one.
    #[must_use]
    pub fn from_secret(kind: KeyKind, secret: &[u8]) -> Option<Self> {
        let public = match kind {
            KeyKind::Es256 | KeyKind::Es384 | KeyKind::Es512 => curve::public(kind, secret)?,
            KeyKind::EdDsa => Ed25519KeyPair::from_seed_unchecked(secret).ok()?.public_key().as_ref().to_vec(),
            KeyKind::Rs256 => rsa::modulus(secret)?,
            KeyKind::MlDsa44 | KeyKind::MlDsa65 => ml_dsa::public(kind, secret)?,
        };
        Self::from_parts(kind, secret, &public)
    }

    /// A pair that was kept; none if a half has the wrong form. Nothing says that they belong together: signing finds
    /// out.
    pub(crate) fn from_parts(kind: KeyKind, secret: &[u8], public: &[u8]) -> Option<Self> {
        kind.fits(secret, public).then(|| Self {
            kind,
            secret: Zeroizing::new(secret.to_vec()),
            public: public.to_vec(),
        })
    }

    /// What it is for.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The private half.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.secret
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &[u8] {
        &self.public
    }

    /// The public half as relying parties get it.
    pub(crate) fn cose(&self) -> PublicKey {
        let key = self.typed().expect("the length of the public half was checked, and its first byte a curve wrote");
        PublicKey::from(&key)
    }

    fn typed(&self) -> Option<TypedKey> {
        let public = self.public.as_slice();
        Some(match self.kind {
            KeyKind::Es256 => TypedKey::Es256(P256Point::from_sec1(public)?),
            KeyKind::Es384 => TypedKey::Es384(EcPoint::from_sec1(public)?),
            KeyKind::Es512 => TypedKey::Es512(EcPoint::from_sec1(public)?),
            KeyKind::EdDsa => TypedKey::Ed25519(public.try_into().ok()?),
            KeyKind::Rs256 => TypedKey::Rs256 { n: public.to_vec(), e: vec![1, 0, 1] },
            KeyKind::MlDsa44 => TypedKey::MlDsa44(Box::new(public.try_into().ok()?)),
            KeyKind::MlDsa65 => TypedKey::MlDsa65(Box::new(public.try_into().ok()?)),
        })
    }
}

impl fmt::Debug for CredentialKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CredentialKey({:?}, ..)", self.kind)
    }
}
