//! The outer header of KDBX 4.

use zeroize::Zeroizing;

use super::MAGIC;
use super::variant::Dictionary;
use crate::ImportError;
use crate::sealed::{Argon2Kind, Key, aes_kdf, argon2};
use crate::source::Source;

/// Most rounds of AES-KDF: a second or two of work.
const MOST_ROUNDS: u64 = 100_000_000;
/// Longest field that is read, in bytes; the longest real one is a dictionary of two hundred.
const MAX_FIELD: usize = 64 * 1024;

const AES_256: [u8; 16] = *b"\x31\xc1\xf2\xe6\xbf\x71\x43\x50\xbe\x58\x05\x21\x6a\xfc\x5a\xff";
const CHACHA20: [u8; 16] = *b"\xd6\x03\x8a\x2b\x8b\x6f\x4c\xb5\xa5\x24\x33\x9a\x31\xdb\xb5\x9a";
const KDF_ARGON2D: [u8; 16] = *b"\xef\x63\x6d\xdf\x8c\x29\x44\x4b\x91\xf7\xa9\xa4\x03\xe3\x0a\x0c";
const KDF_ARGON2ID: [u8; 16] = *b"\x9e\x29\x8b\x19\x56\xdb\x47\x73\xb2\x3d\xfc\x3e\xc6\xf0\xa1\xe6";
const KDF_AES: [u8; 16] = *b"\x7c\x02\xbb\x82\x79\xa7\x4a\xc0\x92\x7d\x11\x4a\x00\x64\x82\x38";
const KDF_AES_3: [u8; 16] = *b"\xc9\xd9\xf3\x9a\x62\x8a\x44\x60\xbf\x74\x0d\x08\xc1\x8a\x4f\xea";

pub(super) enum Cipher {
    Aes,
    ChaCha20,
}

pub(super) enum Kdf {
    Aes { rounds: u64, seed: Key },
    Argon2 { kind: Argon2Kind, salt: Vec<u8> },
}

pub(super) struct Header {
    pub(super) cipher: Cipher,
    pub(super) compressed: bool,
    pub(super) master_seed: [u8; 32],
    pub(super) iv: Vec<u8>,
    pub(super) kdf: Kdf,
}

#[derive(Default)]
struct Fields<'a> {
    cipher: Option<&'a [u8]>,
    compression: Option<&'a [u8]>,
    master_seed: Option<&'a [u8]>,
    iv: Option<&'a [u8]>,
    kdf: Option<&'a [u8]>,
}

impl Header {
    /// The header, its bytes as they were hashed, and what follows.
    pub(super) fn read<'a>(source: &Source<'a>) -> Result<(Self, &'a [u8], &'a [u8]), ImportError> {
        let unsupported = |what| ImportError::Unsupported { format: source.format, what };
        let damaged = || source.damaged("its header is none");
        let rest = source.bytes.strip_prefix(MAGIC).ok_or_else(damaged)?;
        let (&[_, _, major, _], rest) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
        if major != 4 {
            return Err(unsupported("it is no KDBX 4 database: save it as one in KeePass or KeePassXC"));
        }
        let (fields, rest) = Fields::read(rest).ok_or_else(damaged)?;
        let cipher = match fields.cipher.ok_or_else(damaged)? {
            id if id == AES_256 => Cipher::Aes,
            id if id == CHACHA20 => Cipher::ChaCha20,
            _ => return Err(unsupported("its cipher is neither AES-256 nor ChaCha20")),
        };
        let dictionary = Dictionary::read(fields.kdf.ok_or_else(damaged)?).ok_or_else(damaged)?;
        let header = Self {
            cipher,
            compressed: fields.compression.and_then(|flags| flags.first()).is_some_and(|&flag| flag != 0),
            master_seed: fields.master_seed.and_then(|seed| seed.try_into().ok()).ok_or_else(damaged)?,
            iv: fields.iv.ok_or_else(damaged)?.to_vec(),
            kdf: Kdf::of(&dictionary).ok_or_else(|| unsupported("its key derivation is none that fob knows"))?,
        };
        let length = source.bytes.len() - rest.len();
        Ok((header, source.bytes.get(..length).unwrap_or_default(), rest))
    }
}

impl<'a> Fields<'a> {
    fn read(mut bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let mut fields = Self::default();
        loop {
            let (&[id, length @ ..], rest) = bytes.split_first_chunk::<5>()?;
            let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
            (length <= MAX_FIELD).then_some(())?;
            let (value, rest) = rest.split_at_checked(length)?;
            bytes = rest;
            match id {
                0 => return Some((fields, bytes)),
                2 => fields.cipher = Some(value),
                3 => fields.compression = Some(value),
                4 => fields.master_seed = Some(value),
                7 => fields.iv = Some(value),
                11 => fields.kdf = Some(value),
                _ => {}
            }
        }
    }
}

impl Kdf {
    fn of(dictionary: &Dictionary<'_>) -> Option<Self> {
        let id = dictionary.bytes("$UUID")?;
        if id == KDF_AES || id == KDF_AES_3 {
            let seed = Zeroizing::new(dictionary.bytes("S")?.try_into().ok()?);
            return Some(Self::Aes { rounds: dictionary.number("R")?, seed });
        }
        (id == KDF_ARGON2D || id == KDF_ARGON2ID).then_some(())?;
        let kind = Argon2Kind {
            id: id == KDF_ARGON2ID,
            current: dictionary.number("V")? != 0x10,
            memory_kib: dictionary.number("M")? / 1024,
            passes: dictionary.number("I")?,
            lanes: dictionary.number("P")?,
        };
        Some(Self::Argon2 { kind, salt: dictionary.bytes("S")?.to_vec() })
    }

    /// The composite key through the key derivation.
    pub(super) fn transform(&self, mut composite: Key) -> Result<Key, ImportError> {
        match self {
            Self::Argon2 { kind, salt } => argon2(kind, salt, composite.as_ref()),
            Self::Aes { rounds, seed } => {
                if !(1..=MOST_ROUNDS).contains(rounds) {
                    return Err(ImportError::KdfOutOfBounds { what: "rounds", asked: *rounds, most: MOST_ROUNDS });
                }
                aes_kdf(seed, *rounds, &mut composite);
                let mut key = Zeroizing::new([0; 32]);
                key.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, composite.as_ref()).as_ref());
                Ok(key)
            }
        }
    }
}
