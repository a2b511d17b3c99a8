//! The ciphers and key derivations of other programs' files. Costs are checked before anything is computed.

mod aead;
mod blocks;
mod kdf;
mod secretstream;

pub(crate) use aead::{open_gcm, seal_gcm};
pub(crate) use blocks::{BLOCK, aes_kdf, open_cbc};
pub(crate) use kdf::{Argon2Kind, Scrypt, argon2, pbkdf2, scrypt};
pub(crate) use secretstream::open_secretstream;

use zeroize::Zeroizing;

/// A 256-bit key.
pub(crate) type Key = Zeroizing<[u8; 32]>;
