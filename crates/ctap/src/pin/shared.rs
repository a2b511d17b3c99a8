//! What two sides share after a key agreement: encrypt, decrypt, authenticate, verify (§6.5.4).

use std::fmt;

use fob_ambient::Rng;
use ring::hkdf;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::cipher::{self, BLOCK, BadCiphertext};
use super::{Pin, PinHash, PinShapeError, PinUvAuthToken, Protocol};

/// Keys of one key agreement.
pub struct SharedSecret {
    protocol: Protocol,
    hmac_key: Zeroizing<[u8; 32]>,
    aes_key: Zeroizing<[u8; 32]>,
}

impl SharedSecret {
    /// The protocol's kdf over the x coordinate of the shared point.
    pub(super) fn derive(protocol: Protocol, x: &[u8; 32]) -> Self {
        match protocol {
            Protocol::One => {
                let key = Zeroizing::new(crate::sha256(x));
                Self { protocol, hmac_key: key.clone(), aes_key: key }
            }
            Protocol::Two => Self {
                protocol,
                hmac_key: hkdf_sha256(x, b"CTAP2 HMAC key"),
                aes_key: hkdf_sha256(x, b"CTAP2 AES key"),
            },
        }
    }

    /// The protocol that made it.
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Encrypts whole blocks of 16 bytes. A rest is filled up with zeros, which no message of CTAP needs.
    #[must_use]
    pub fn encrypt(&self, plain: &[u8], rng: &mut dyn Rng) -> Vec<u8> {
        match self.protocol {
            Protocol::One => cipher::encrypt(&self.aes_key, [0; BLOCK], plain),
            Protocol::Two => {
                let mut iv = [0; BLOCK];
                rng.fill(&mut iv);
                let mut bytes = iv.to_vec();
                bytes.extend(cipher::encrypt(&self.aes_key, iv, plain));
                bytes
            }
        }
    }

    /// Decrypts what the other side encrypted. Nothing says that it is authentic: verify first.
    ///
    /// # Errors
    /// [`BadCiphertext`] if the length is none that encrypting gives.
    pub fn decrypt(&self, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, BadCiphertext> {
        match self.protocol {
            Protocol::One => cipher::decrypt(&self.aes_key, [0; BLOCK], bytes),
            Protocol::Two => {
                let (iv, bytes) = bytes.split_first_chunk().ok_or(BadCiphertext)?;
                cipher::decrypt(&self.aes_key, *iv, bytes)
            }
        }
    }

    /// Proof over `message` that we know the shared secret.
    #[must_use]
    pub fn authenticate(&self, message: &[u8]) -> Vec<u8> {
        authenticate(self.protocol, self.hmac_key.as_slice(), message)
    }

    /// Whether `proof` is the other side's over `message`; in constant time.
    #[must_use]
    pub fn verify(&self, message: &[u8], proof: &[u8]) -> bool {
        verify(self.protocol, self.hmac_key.as_slice(), message, proof)
    }

    /// `newPinEnc`: the PIN, padded to 64 bytes and encrypted.
    #[must_use]
    pub fn encrypt_pin(&self, pin: &Pin, rng: &mut dyn Rng) -> Vec<u8> {
        self.encrypt(pin.padded().as_slice(), rng)
    }

    /// Opens `newPinEnc`.
    ///
    /// # Errors
    /// [`PinShapeError::Padding`] if it is not 64 bytes long, or what is wrong with the PIN in it.
    pub fn decrypt_pin(&self, bytes: &[u8]) -> Result<Pin, PinShapeError> {
        let padded = self.decrypt(bytes).map_err(|_| PinShapeError::Padding)?;
        Pin::from_padded(&padded)
    }

    /// `pinHashEnc`: the PIN's hash, encrypted.
    #[must_use]
    pub fn encrypt_pin_hash(&self, hash: &PinHash, rng: &mut dyn Rng) -> Vec<u8> {
        self.encrypt(hash.expose(), rng)
    }

    /// Opens `pinHashEnc`.
    ///
    /// # Errors
    /// [`BadCiphertext`] if it is not 16 bytes long.
    pub fn decrypt_pin_hash(&self, bytes: &[u8]) -> Result<PinHash, BadCiphertext> {
        let hash = self.decrypt(bytes)?;
        hash.as_slice().try_into().map(PinHash::new).map_err(|_| BadCiphertext)
    }

    /// `pinUvAuthToken`: the token, encrypted.
    #[must_use]
    pub fn encrypt_token(&self, token: &PinUvAuthToken, rng: &mut dyn Rng) -> Vec<u8> {
        self.encrypt(token.expose(), rng)
    }

    /// Opens `pinUvAuthToken`.
    ///
    /// # Errors
    /// [`BadCiphertext`] if it is no token: 16 or 32 bytes in protocol one, 32 in protocol two.
    pub fn decrypt_token(&self, bytes: &[u8]) -> Result<PinUvAuthToken, BadCiphertext> {
        PinUvAuthToken::from_plain(self.protocol, self.decrypt(bytes)?).ok_or(BadCiphertext)
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSecret(..)")
    }
}

/// HMAC-SHA-256, in protocol one cut to 16 bytes.
pub(super) fn authenticate(protocol: Protocol, key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut proof = cipher::mac(key, message).to_vec();
    if protocol == Protocol::One {
        proof.truncate(16);
    }
    proof
}

pub(super) fn verify(protocol: Protocol, key: &[u8], message: &[u8], proof: &[u8]) -> bool {
    authenticate(protocol, key, message).ct_eq(proof).into()
}

/// HKDF-SHA-256 with 32 zero bytes as salt (§6.5.7).
fn hkdf_sha256(x: &[u8; 32], info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, &[0; 32]);
    salt.extract(x)
        .expand(&[info], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(key.as_mut_slice()))
        .expect("32 bytes are what HKDF_SHA256 gives as a key");
    key
}
