//! AES-256-CBC without padding over whole blocks, and HMAC-SHA-256: what both protocols are made of.

use aes::Aes256;
use cbc::cipher::{Block, BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use ring::hmac;
use zeroize::Zeroizing;

/// Length of a block and of an IV.
pub(super) const BLOCK: usize = 16;

/// A ciphertext that is no whole number of blocks, or too short for its IV.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the ciphertext has the wrong length")]
pub struct BadCiphertext;

/// Encrypts whole blocks. What does not fill a block at the end is filled with zeros; callers pass whole ones.
pub(super) fn encrypt(key: &[u8; 32], iv: [u8; BLOCK], plain: &[u8]) -> Vec<u8> {
    let mut mode = cbc::Encryptor::<Aes256>::new(key.into(), &iv.into());
    let mut bytes = Vec::with_capacity(plain.len());
    for chunk in plain.chunks(BLOCK) {
        let mut block = padded(chunk);
        mode.encrypt_block(&mut block);
        bytes.extend_from_slice(&block);
    }
    bytes
}

/// Decrypts whole blocks.
pub(super) fn decrypt(key: &[u8; 32], iv: [u8; BLOCK], bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, BadCiphertext> {
    if !bytes.len().is_multiple_of(BLOCK) {
        return Err(BadCiphertext);
    }
    let mut mode = cbc::Decryptor::<Aes256>::new(key.into(), &iv.into());
    let mut plain = Zeroizing::new(Vec::with_capacity(bytes.len()));
    for chunk in bytes.chunks(BLOCK) {
        let mut block = padded(chunk);
        mode.decrypt_block(&mut block);
        plain.extend_from_slice(&block);
    }
    Ok(plain)
}

fn padded(chunk: &[u8]) -> Block<Aes256> {
    let mut block = Block::<Aes256>::default();
    for (to, from) in block.iter_mut().zip(chunk) {
        *to = *from;
    }
    block
}

/// HMAC-SHA-256.
pub(super) fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message);
    *tag.as_ref().first_chunk().expect("HMAC-SHA-256 has 32 bytes")
}
