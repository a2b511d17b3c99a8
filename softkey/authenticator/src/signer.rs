//! Signatures: with the system's randomness, or repeatable for tests that compare bytes.

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, SigningKey};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};

use crate::CredentialKey;

/// The key pair does not hold together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the credential's key is damaged")]
pub struct SigningFailed;

/// The law: a signature that verifies under the key's public half, in the encoding that COSE algorithm −7 has in
/// WebAuthn (ASN.1 DER), or an error; and nothing of the key leaves by another way.
pub trait Signer {
    /// Signs `message`, which is hashed here.
    ///
    /// # Errors
    /// [`SigningFailed`] if the two halves of the key do not belong together.
    fn sign(&self, key: &CredentialKey, message: &[u8]) -> Result<Vec<u8>, SigningFailed>;
}

/// ring, with the system's random numbers: two signatures of one message differ.
#[derive(Debug)]
pub struct SystemSigner(SystemRandom);

impl SystemSigner {
    /// Ready at once.
    #[must_use]
    pub fn new() -> Self {
        Self(SystemRandom::new())
    }
}

impl Default for SystemSigner {
    fn default() -> Self {
        Self::new()
    }
}

impl Signer for SystemSigner {
    fn sign(&self, key: &CredentialKey, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        let public = key.public().to_sec1();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, key.expose(), &public, &self.0)
            .map_err(|_| SigningFailed)?;
        let signature = pair.sign(&self.0, message).map_err(|_| SigningFailed)?;
        Ok(signature.as_ref().to_vec())
    }
}

/// RustCrypto, with nonces by RFC 6979: the same key and message give the same bytes. ring cannot do that.
#[derive(Debug, Default)]
pub struct RepeatableSigner;

impl Signer for RepeatableSigner {
    fn sign(&self, key: &CredentialKey, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        let pair = SigningKey::from_slice(key.expose()).map_err(|_| SigningFailed)?;
        let signature: DerSignature = pair.try_sign(message).map_err(|_| SigningFailed)?;
        Ok(signature.as_bytes().to_vec())
    }
}
