//! A salted authorisation session (part 1, sections 19.6 and 21): what crosses the wire in it is authenticated, and
//! its first parameter encrypted.
//!
//! The salt is agreed by ECDH with the storage key (part 1, annex C.6.1), so whoever listens on the TPM's bus learns
//! neither the PIN nor what is sealed.

use aes::Aes128;
use cbc::cipher::{Block, BlockModeEncrypt, KeyIvInit};
use fob_ambient::Rng;
use p256::{PublicKey, SecretKey};
use ring::{digest, hmac};
use zeroize::Zeroizing;

use crate::TpmError;
use crate::bytes::sized;

/// continueSession, decrypt (our first parameter), encrypt (the TPM's).
const CONTINUE: u8 = 0x01;
pub(crate) const DECRYPT: u8 = 0x20;
pub(crate) const ENCRYPT: u8 = 0x40;
const NONCE: usize = 16;

pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    parts.iter().for_each(|part| context.update(part));
    *context.finish().as_ref().first_chunk().expect("SHA-256 has 32 bytes")
}

fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    parts.iter().for_each(|part| context.update(part));
    Zeroizing::new(*context.sign().as_ref().first_chunk().expect("HMAC-SHA256 has 32 bytes"))
}

/// KDFa (part 1, section 11.4.10.2) to 256 bits: one round of HMAC in counter mode.
fn kdf_a(key: &[u8], label: &[u8], u: &[u8], v: &[u8]) -> Zeroizing<[u8; 32]> {
    hmac_sha256(key, &[&1_u32.to_be_bytes(), label, &[0], u, v, &256_u32.to_be_bytes()])
}

/// A salt for a session: what only this TPM can read, and what both derive from it.
pub(crate) struct Salt {
    /// `TPM2B_ENCRYPTED_SECRET`: our half of the agreement.
    pub(crate) encrypted: Vec<u8>,
    secret: Zeroizing<[u8; 32]>,
}

impl Salt {
    /// Agrees on a salt with the storage key.
    pub(crate) fn with(point: &([u8; 32], [u8; 32]), rng: &mut dyn Rng) -> Result<Self, TpmError> {
        let (x, y) = point;
        let theirs = PublicKey::from_sec1_bytes(&[&[4], x.as_slice(), y].concat()).map_err(|_| TpmError::Nonsense)?;
        let ours = loop {
            let mut bytes = Zeroizing::new([0; 32]);
            rng.fill(bytes.as_mut_slice());
            // Fails for zero and for numbers not below the order, once in 2^32 tries.
            if let Ok(secret) = SecretKey::from_slice(bytes.as_slice()) {
                break secret;
            }
        };
        let uncompressed = uncompressed(&ours.public_key());
        let (our_x, our_y) = uncompressed.split_at(32);
        let shared = ours.diffie_hellman(&theirs);
        // KDFe (part 1, section 11.4.10.3) to 256 bits: one round of SHA-256.
        let z = shared.raw_secret_bytes().as_slice();
        let secret = Zeroizing::new(sha256(&[&1_u32.to_be_bytes(), z, b"SECRET\0", our_x, x]));
        Ok(Self { encrypted: sized(&[sized(our_x), sized(our_y)].concat()), secret })
    }
}

/// x and y, one after the other.
fn uncompressed(key: &PublicKey) -> Vec<u8> {
    use p256::elliptic_curve::sec1::ToSec1Point;
    let point = key.to_sec1_point(false);
    point.as_bytes().iter().skip(1).copied().collect()
}

/// An open session.
pub(crate) struct Session {
    pub(crate) handle: u32,
    key: Zeroizing<[u8; 32]>,
    ours: [u8; NONCE],
    theirs: Vec<u8>,
    /// The authorisation value of what the session stands for: empty, or the PIN's.
    auth: Zeroizing<Vec<u8>>,
}

/// One command's share of a session.
pub(crate) struct Signed {
    /// The authorisation area's entry.
    pub(crate) area: Vec<u8>,
    attributes: u8,
}

impl Session {
    /// The first nonce that the caller sends.
    pub(crate) fn nonce(rng: &mut dyn Rng) -> [u8; NONCE] {
        let mut nonce = [0; NONCE];
        rng.fill(&mut nonce);
        nonce
    }

    pub(crate) fn opened(handle: u32, salt: &Salt, ours: [u8; NONCE], theirs: &[u8], auth: Zeroizing<Vec<u8>>) -> Self {
        let key = kdf_a(salt.secret.as_slice(), b"ATH", theirs, &ours);
        Self { handle, key, ours, theirs: theirs.to_vec(), auth }
    }

    fn value(&self) -> Zeroizing<Vec<u8>> {
        let mut value = Zeroizing::new(Vec::with_capacity(self.key.len() + self.auth.len()));
        value.extend_from_slice(self.key.as_slice());
        value.extend_from_slice(&self.auth);
        value
    }

    /// Encrypts the first parameter of a command, in place, and signs it. `names` are those of its handles.
    pub(crate) fn sign(
        &mut self,
        code: u32,
        names: &[&[u8]],
        parameters: &mut [u8],
        attributes: u8,
        rng: &mut dyn Rng,
    ) -> Signed {
        self.ours = Self::nonce(rng);
        let attributes = attributes | CONTINUE;
        if attributes & DECRYPT != 0 {
            self.cipher(true, &self.ours, &self.theirs, first_parameter(parameters));
        }
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(&code.to_be_bytes());
        names.iter().for_each(|name| hash.update(name));
        hash.update(parameters);
        let hash = hash.finish();
        let code = hmac_sha256(&self.value(), &[hash.as_ref(), &self.ours, &self.theirs, &[attributes]]);
        let handle = self.handle.to_be_bytes();
        let area = [handle.as_slice(), &sized(&self.ours), &[attributes], &sized(code.as_slice())].concat();
        Signed { area, attributes }
    }

    /// Checks the TPM's signature under a response and decrypts its first parameter.
    pub(crate) fn verify(
        &mut self,
        command: u32,
        signed: &Signed,
        (nonce, attributes, code): (&[u8], u8, &[u8]),
        parameters: &mut [u8],
    ) -> Result<(), TpmError> {
        self.theirs = nonce.to_vec();
        let hash = sha256(&[&[0; 4], &command.to_be_bytes(), parameters]);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.value());
        let message = [hash.as_slice(), &self.theirs, &self.ours, &[attributes]].concat();
        hmac::verify(&key, &message, code).map_err(|_| TpmError::Nonsense)?;
        if signed.attributes & ENCRYPT != 0 {
            self.cipher(false, &self.theirs, &self.ours, first_parameter(parameters));
        }
        Ok(())
    }

    /// AES-128-CFB with key and IV from the session's value (part 1, section 21.3).
    fn cipher(&self, encrypt: bool, newer: &[u8], older: &[u8], data: &mut [u8]) {
        let material = kdf_a(&self.value(), b"CFB", newer, older);
        let (key, iv) = material.split_at(16);
        let key: &[u8; 16] = key.first_chunk().expect("16 of 32 bytes");
        let mut previous = Zeroizing::new([0; 16]);
        previous.copy_from_slice(iv);
        // The key stream and what crosses the wire are together what must not be read, so it is wiped as a key is.
        let mut stream = Zeroizing::new([0; 16]);
        for chunk in data.chunks_mut(16) {
            // One block of CBC over zeros with this IV is AES of the IV: CFB's key stream.
            stream.fill(0);
            let block: &mut Block<cbc::Encryptor<Aes128>> = (&mut *stream).into();
            cbc::Encryptor::<Aes128>::new(key.into(), (&*previous).into()).encrypt_block(block);
            for ((byte, mask), kept) in chunk.iter_mut().zip(stream.iter()).zip(previous.iter_mut()) {
                let before = *byte;
                *byte ^= mask;
                *kept = if encrypt { *byte } else { before };
            }
        }
    }
}

/// The contents of the sized buffer that the parameters begin with.
fn first_parameter(parameters: &mut [u8]) -> &mut [u8] {
    let length = parameters.first_chunk().map_or(0, |length| usize::from(u16::from_be_bytes(*length)));
    let end = length.saturating_add(2).min(parameters.len());
    parameters.get_mut(2..end).unwrap_or_default()
}
