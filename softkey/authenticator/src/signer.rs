//! Signatures: with the system's randomness, or repeatable for tests that compare bytes.

use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};

use crate::credential_key::{pkcs1, sign_ml_dsa};
use crate::{CredentialKey, KeyKind};

/// The key pair does not hold together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the credential's key is damaged")]
pub struct SigningFailed;

/// The law: a signature that verifies under the key's public half, in the encoding that the key's algorithm has in
/// WebAuthn (Level 3 §6.5.6: ASN.1 DER for ECDSA), or an error; and nothing of the key leaves by another way.
pub trait Signer {
    /// Signs `message`, which is hashed here.
    ///
    /// # Errors
    /// [`SigningFailed`] if the two halves of the key do not belong together.
    fn sign(&self, key: &CredentialKey, message: &[u8]) -> Result<Vec<u8>, SigningFailed>;
}

/// ring, with the system's random numbers: two ECDSA signatures of one message differ. ES512 and ML-DSA, which ring
/// does not have, are RustCrypto's and repeat.
#[derive(Debug)]
pub struct SystemSigner(SystemRandom);

impl SystemSigner {
    /// Ready at once.
    #[must_use]
    pub fn new() -> Self {
        Self(SystemRandom::new())
    }

    fn ecdsa(
        &self,
        algorithm: &'static EcdsaSigningAlgorithm,
        key: &CredentialKey,
        message: &[u8],
    ) -> Result<Vec<u8>, SigningFailed> {
        let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, key.expose(), key.public(), &self.0)
            .map_err(|_| SigningFailed)?;
        let signature = pair.sign(&self.0, message).map_err(|_| SigningFailed)?;
        Ok(signature.as_ref().to_vec())
    }
}

impl Default for SystemSigner {
    fn default() -> Self {
        Self::new()
    }
}

impl Signer for SystemSigner {
    fn sign(&self, key: &CredentialKey, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        match key.kind() {
            KeyKind::Es256 => self.ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING, key, message),
            KeyKind::Es384 => self.ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING, key, message),
            _ => RepeatableSigner.sign(key, message),
        }
    }
}

/// Nonces by RFC 6979: the same key and message give the same bytes. ring cannot do that with ECDSA.
#[derive(Debug, Default)]
pub struct RepeatableSigner;

impl Signer for RepeatableSigner {
    fn sign(&self, key: &CredentialKey, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        let signature = match key.kind() {
            KeyKind::Es256 => es256(key, message),
            KeyKind::Es384 => es384(key, message),
            KeyKind::Es512 => es512(key, message),
            KeyKind::EdDsa => ed25519(key, message),
            KeyKind::Rs256 => rs256(key, message),
            KeyKind::MlDsa44 | KeyKind::MlDsa65 => sign_ml_dsa(key.kind(), key.expose(), message),
        };
        signature.ok_or(SigningFailed)
    }
}

fn es256(key: &CredentialKey, message: &[u8]) -> Option<Vec<u8>> {
    use p256::ecdsa::signature::Signer as _;
    let pair = p256::ecdsa::SigningKey::from_slice(key.expose()).ok()?;
    let signature: p256::ecdsa::DerSignature = pair.try_sign(message).ok()?;
    Some(signature.as_bytes().to_vec())
}

fn es384(key: &CredentialKey, message: &[u8]) -> Option<Vec<u8>> {
    use p384::ecdsa::signature::Signer as _;
    let pair = p384::ecdsa::SigningKey::from_slice(key.expose()).ok()?;
    let signature: p384::ecdsa::DerSignature = pair.try_sign(message).ok()?;
    Some(signature.as_bytes().to_vec())
}

fn es512(key: &CredentialKey, message: &[u8]) -> Option<Vec<u8>> {
    use p521::ecdsa::signature::Signer as _;
    let pair = p521::ecdsa::SigningKey::from_slice(key.expose()).ok()?;
    let signature: p521::ecdsa::DerSignature = pair.try_sign(message).ok()?;
    Some(signature.as_bytes().to_vec())
}

fn ed25519(key: &CredentialKey, message: &[u8]) -> Option<Vec<u8>> {
    let pair = Ed25519KeyPair::from_seed_and_public_key(key.expose(), key.public()).ok()?;
    Some(pair.sign(message).as_ref().to_vec())
}

/// The random numbers only blind: the signature is the same each time.
fn rs256(key: &CredentialKey, message: &[u8]) -> Option<Vec<u8>> {
    let pair = RsaKeyPair::from_der(&pkcs1(key.expose())?).ok()?;
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
    Some(signature)
}
