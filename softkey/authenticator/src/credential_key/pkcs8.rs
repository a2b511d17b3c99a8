//! Private keys in PKCS#8 (RFC 5208, RFC 5958), as WebDriver's virtual authenticators take them.

use p256::pkcs8::DecodePrivateKey;
use rsa::pkcs8::EncodePrivateKey;
use rsa::traits::PrivateKeyParts;
use zeroize::Zeroizing;

use super::{CredentialKey, KeyKind};

/// PrivateKeyInfo with an ECPrivateKey (RFC 5915 §3) in it, up to the scalar.
const P256: &[u8] = &[
    0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
    0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20,
];
const P384: &[u8] = &[
    0x30, 0x81, 0xb6, 0x02, 0x01, 0x00, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05,
    0x2b, 0x81, 0x04, 0x00, 0x22, 0x04, 0x81, 0x9e, 0x30, 0x81, 0x9b, 0x02, 0x01, 0x01, 0x04, 0x30,
];
const P521: &[u8] = &[
    0x30, 0x81, 0xee, 0x02, 0x01, 0x00, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05,
    0x2b, 0x81, 0x04, 0x00, 0x23, 0x04, 0x81, 0xd6, 0x30, 0x81, 0xd3, 0x02, 0x01, 0x01, 0x04, 0x42,
];
/// Between scalar and point: `[1]`, a bit string without unused bits.
const P256_POINT: &[u8] = &[0xa1, 0x44, 0x03, 0x42, 0x00];
const P384_POINT: &[u8] = &[0xa1, 0x64, 0x03, 0x62, 0x00];
const P521_POINT: &[u8] = &[0xa1, 0x81, 0x89, 0x03, 0x81, 0x86, 0x00];
/// PrivateKeyInfo up to the seed (RFC 8410 §7).
const ED25519: &[u8] =
    &[0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
/// The same with a seed of ML-DSA, `[0]` (RFC 9881 §6).
const ML_DSA_44: &[u8] = &[
    0x30, 0x34, 0x02, 0x01, 0x00, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11, 0x04,
    0x22, 0x80, 0x20,
];
const ML_DSA_65: &[u8] = &[
    0x30, 0x34, 0x02, 0x01, 0x00, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12, 0x04,
    0x22, 0x80, 0x20,
];

impl CredentialKey {
    /// The pair as PrivateKeyInfo.
    pub(crate) fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        let (before, between): (&[u8], &[u8]) = match self.kind {
            KeyKind::Es256 => (P256, P256_POINT),
            KeyKind::Es384 => (P384, P384_POINT),
            KeyKind::Es512 => (P521, P521_POINT),
            KeyKind::EdDsa => (ED25519, &[]),
            KeyKind::MlDsa44 => (ML_DSA_44, &[]),
            KeyKind::MlDsa65 => (ML_DSA_65, &[]),
            KeyKind::Rs256 => return self.rsa_pkcs8(),
        };
        let mut bytes = Zeroizing::new(Vec::with_capacity(before.len() + between.len() + 256));
        bytes.extend_from_slice(before);
        bytes.extend_from_slice(&self.secret);
        if !between.is_empty() {
            bytes.extend_from_slice(between);
            bytes.extend_from_slice(&self.public);
        }
        bytes
    }

    /// Reads a PrivateKeyInfo of any kind; none if it is not one that a credential can have.
    pub(crate) fn from_pkcs8(bytes: &[u8]) -> Option<Self> {
        let seeds = [(ED25519, KeyKind::EdDsa), (ML_DSA_44, KeyKind::MlDsa44), (ML_DSA_65, KeyKind::MlDsa65)];
        let seed = seeds.into_iter().find_map(|(before, kind)| Some((kind, bytes.strip_prefix(before)?)));
        if let Some((kind, seed)) = seed {
            return Self::from_secret(kind, seed);
        }
        if let Ok(key) = p256::SecretKey::from_pkcs8_der(bytes) {
            return Self::from_secret(KeyKind::Es256, &Zeroizing::new(key.to_bytes()));
        }
        if let Ok(key) = p384::SecretKey::from_pkcs8_der(bytes) {
            return Self::from_secret(KeyKind::Es384, &Zeroizing::new(key.to_bytes()));
        }
        if let Ok(key) = p521::SecretKey::from_pkcs8_der(bytes) {
            return Self::from_secret(KeyKind::Es512, &Zeroizing::new(key.to_bytes()));
        }
        let key = rsa::RsaPrivateKey::from_pkcs8_der(bytes).ok()?;
        let primes: Vec<_> = key.primes().iter().map(|prime| prime.to_be_bytes_trimmed_vartime()).collect();
        Self::from_secret(
            KeyKind::Rs256,
            &Zeroizing::new(primes.iter().flat_map(|prime| prime.to_vec()).collect::<Vec<_>>()),
        )
    }

    fn rsa_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        let key = super::rsa::key(&self.secret).and_then(|key| key.to_pkcs8_der().ok());
        Zeroizing::new(key.map(|document| document.as_bytes().to_vec()).unwrap_or_default())
    }
}
