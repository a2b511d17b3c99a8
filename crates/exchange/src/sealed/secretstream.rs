//! The first and only message of libsodium's `crypto_secretstream_xchacha20poly1305`, which Ente's exports are.
//!
//! A stream begins with a header of 24 bytes: HChaCha20 of its first sixteen is the key, the last eight are the nonce
//! after a counter that begins at one. Block 0 keys Poly1305, block 1 hides the tag byte, the text begins at block 2;
//! the tag is over the block with the tag byte, the ciphertext, and both lengths.

use chacha20::cipher::{KeyIvInit, StreamCipher};
use chacha20::{ChaCha20, R20, hchacha};
use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::Key;

/// Length of a header.
const HEADER: usize = 24;
/// Length of a block of ChaCha20.
const BLOCK: usize = 64;
/// Length of an authentication tag.
const MAC: usize = 16;
/// What a message needs beside its text: the byte that says which message it is, and the authentication tag.
const OVERHEAD: usize = 1 + MAC;

/// Decrypts a stream of one message; `None` if it is none under this key.
pub(crate) fn open_secretstream(key: &Key, header: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let header: &[u8; HEADER] = header.try_into().ok()?;
    let (derivation, nonce_end) = header.split_first_chunk::<16>()?;
    if sealed.len() < OVERHEAD {
        return None;
    }
    let key: &[u8; 32] = key;
    let stream_key = Zeroizing::new(<[u8; 32]>::from(hchacha::<R20>(key.into(), derivation.into())));
    let mut nonce = [0; 12];
    let (counter, rest) = nonce.split_at_mut(4);
    counter.copy_from_slice(&1_u32.to_le_bytes());
    rest.copy_from_slice(nonce_end);
    let mut cipher = ChaCha20::new((&*stream_key).into(), &nonce.into());

    let mut mac_key = Zeroizing::new([0; BLOCK]);
    cipher.apply_keystream(mac_key.as_mut());
    let (&tag_byte, rest) = sealed.split_first()?;
    let (text, mac) = rest.split_last_chunk::<MAC>()?;
    let mut first = [0; BLOCK];
    *first.first_mut()? = tag_byte;
    cipher.apply_keystream(&mut first);
    // What is authenticated is the block as it was sent: the tag byte encrypted, the rest keystream.
    *first.first_mut()? = tag_byte;
    bool::from(authenticator(mac_key.first_chunk()?, &first, text).ct_eq(mac)).then_some(())?;

    let mut plain = Zeroizing::new(text.to_vec());
    cipher.apply_keystream(&mut plain);
    Some(plain)
}

fn authenticator(key: &[u8; 32], first: &[u8; BLOCK], text: &[u8]) -> [u8; MAC] {
    let mut message = Vec::with_capacity(BLOCK + text.len() + BLOCK);
    message.extend_from_slice(first);
    message.extend_from_slice(text);
    // libsodium pads by (16 - 64 + length) mod 16 bytes, which is length mod 16: its authors kept the slip.
    message.resize(message.len() + text.len() % MAC, 0);
    message.extend_from_slice(&0_u64.to_le_bytes());
    message.extend_from_slice(&(BLOCK as u64 + text.len() as u64).to_le_bytes());
    Poly1305::new(key.into()).compute_unpadded(&message).into()
}
