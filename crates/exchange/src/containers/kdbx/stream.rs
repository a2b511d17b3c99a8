//! The inner header of KDBX 4, and the stream cipher that hides protected values from whoever looks at the XML.

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use ring::digest::{SHA256, SHA512, digest};
use salsa20::Salsa20;
use zeroize::Zeroizing;

use crate::sealed::Key;

/// Salsa20's fixed nonce in KeePass.
const SALSA20_NONCE: [u8; 8] = [0xe8, 0x30, 0x09, 0x4b, 0x97, 0x20, 0x5d, 0x2a];

/// The cipher of protected values: one stream through the whole document.
pub(super) enum InnerStream {
    Salsa20(Box<Salsa20>),
    ChaCha20(Box<ChaCha20>),
}

impl InnerStream {
    /// The inner header's stream, and the XML after it.
    pub(super) fn read(mut bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (mut kind, mut key) = (None, None);
        loop {
            let (&[id, length @ ..], rest) = bytes.split_first_chunk::<5>()?;
            let (value, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(length)).ok()?)?;
            bytes = rest;
            match id {
                0 => return Some((Self::of(kind?, key?)?, bytes)),
                1 => kind = value.first_chunk().map(|kind| u32::from_le_bytes(*kind)),
                2 => key = Some(value),
                _ => {}
            }
        }
    }

    fn of(kind: u32, key: &[u8]) -> Option<Self> {
        match kind {
            2 => {
                let hash = digest(&SHA256, key);
                Salsa20::new_from_slices(hash.as_ref(), &SALSA20_NONCE).ok().map(|cipher| Self::Salsa20(cipher.into()))
            }
            3 => {
                let hash = digest(&SHA512, key);
                let (key, rest) = hash.as_ref().split_at_checked(32)?;
                ChaCha20::new_from_slices(key, rest.get(..12)?).ok().map(|cipher| Self::ChaCha20(cipher.into()))
            }
            _ => None,
        }
    }

    pub(super) fn apply(&mut self, bytes: &mut [u8]) {
        // A document shorter than 16 MiB does not exhaust the keystream of 256 GiB.
        let applied = match self {
            Self::Salsa20(cipher) => cipher.try_apply_keystream(bytes),
            Self::ChaCha20(cipher) => cipher.try_apply_keystream(bytes),
        };
        debug_assert!(applied.is_ok());
    }
}

/// The outer cipher.
pub(super) fn chacha20(key: &Key, iv: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut cipher = ChaCha20::new_from_slices(key.as_ref(), iv).ok()?;
    let mut plain = Zeroizing::new(sealed.to_vec());
    cipher.try_apply_keystream(&mut plain).ok()?;
    Some(plain)
}
