//! The header, and the keys of a file.
//!
//! ```text
//!   0  "fob softkey\n"                       12
//!  12  format: 2                              4
//!  16  derivation: 0 key, 1 Argon2id          4
//!  20  memory in KiB, passes, lanes           4 + 4 + 4
//!  32  salt                                  32
//!  64  file id                               32
//!  96  where the snapshot ends                8
//! 104  length of the file                     8
//! 112  HMAC-SHA-256 over 0 … 112             32
//! 144  left half of SHA-256 over 0 … 144     16
//! ```
//! The master key is the key, or Argon2id's output. Each file has an id of chance, and with it keys of its own:
//! HKDF-SHA-256 (salt: file id, input: master key, info: the labels below). The plain hash tells a damaged header from a
//! wrong key.

use fob_ctap::sha256;
use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use ring::{hkdf, hmac};
use zeroize::Zeroizing;

use super::LARGEST_FILE;
use crate::store::FileFault;
use crate::store::key::{Argon2Cost, Derivation};

pub(in crate::store) const HEADER_LENGTH: usize = 160;
const MAGIC: &[u8; 12] = b"fob softkey\n";
const FORMAT: u32 = 2;
/// How files of format 1 began, which were CBOR in the clear.
const FORMAT_1: &[u8] = b"\xa4\x01\x71fob softkey state";

/// What stands in front of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Header {
    pub(in crate::store) derivation: Derivation,
    pub(in crate::store) file_id: [u8; 32],
    pub(in crate::store) snapshot_end: u64,
    pub(in crate::store) length: u64,
}

/// A header that is whole, with the HMAC that the right key will give.
#[derive(Debug)]
pub(super) struct Claimed {
    pub(super) header: Header,
    signed: [u8; 112],
    mac: [u8; 32],
}

/// The keys of one file.
pub(in crate::store) struct FileKeys {
    pub(in crate::store) file_id: [u8; 32],
    pub(super) seal: LessSafeKey,
    header: hmac::Key,
}

impl Header {
    pub(in crate::store) fn encode(&self, keys: &FileKeys) -> [u8; HEADER_LENGTH] {
        let mut bytes = Vec::with_capacity(HEADER_LENGTH);
        bytes.extend(MAGIC);
        bytes.extend(FORMAT.to_be_bytes());
        let (kind, cost, salt) = match self.derivation {
            Derivation::None => (0_u32, Argon2Cost { memory_kib: 0, passes: 0, lanes: 0 }, [0; 32]),
            Derivation::Argon2id(cost, salt) => (1, cost, salt),
        };
        bytes.extend([kind, cost.memory_kib, cost.passes, cost.lanes].into_iter().flat_map(u32::to_be_bytes));
        bytes.extend(salt);
        bytes.extend(self.file_id);
        bytes.extend([self.snapshot_end, self.length].into_iter().flat_map(u64::to_be_bytes));
        bytes.extend(hmac::sign(&keys.header, &bytes).as_ref());
        bytes.extend(sha256(&bytes).into_iter().take(16));
        bytes.try_into().expect("the members add up to 160 bytes")
    }

    /// Reads a header and believes nothing of it yet.
    pub(super) fn parse(bytes: &[u8]) -> Result<Claimed, FileFault> {
        if bytes.starts_with(FORMAT_1) {
            return Err(FileFault::Version(1));
        }
        let mut rest = bytes.strip_prefix(MAGIC).ok_or(FileFault::Foreign)?;
        let format = take(&mut rest).map(u32::from_be_bytes).ok_or(FileFault::Header)?;
        if format != FORMAT {
            return Err(FileFault::Version(format));
        }
        let (hashed, hash) = bytes.split_at_checked(144).ok_or(FileFault::Header)?;
        if hash != sha256(hashed).first_chunk::<16>().expect("16 of 32 bytes") {
            return Err(FileFault::Header);
        }
        let signed = *hashed.first_chunk().ok_or(FileFault::Header)?;
        Self::members(rest).map(|(header, mac)| Claimed { header, signed, mac }).ok_or(FileFault::Header)
    }

    /// What bytes that should be a header are at first sight.
    pub(in crate::store) fn look(bytes: &[u8]) -> Result<(), FileFault> {
        Self::parse(bytes).map(drop)
    }

    fn members(mut rest: &[u8]) -> Option<(Self, [u8; 32])> {
        let kind = take(&mut rest).map(u32::from_be_bytes)?;
        let [memory_kib, passes, lanes] =
            [take(&mut rest)?, take(&mut rest)?, take(&mut rest)?].map(u32::from_be_bytes);
        let salt = take(&mut rest)?;
        let derivation = match kind {
            0 => Derivation::None,
            1 => Derivation::Argon2id(Argon2Cost { memory_kib, passes, lanes }, salt),
            _ => return None,
        };
        let file_id = take(&mut rest)?;
        let [snapshot_end, length] = [take(&mut rest)?, take(&mut rest)?].map(u64::from_be_bytes);
        let ordered = HEADER_LENGTH as u64 <= snapshot_end && snapshot_end <= length && length <= LARGEST_FILE;
        let header = Self { derivation, file_id, snapshot_end, length };
        take(&mut rest).filter(|_| ordered).map(|mac| (header, mac))
    }
}

impl Claimed {
    /// Whether the holder of these keys wrote it.
    pub(super) fn verify(&self, keys: &FileKeys) -> Result<(), FileFault> {
        hmac::verify(&keys.header, &self.signed, &self.mac).map_err(|_| FileFault::WrongKey)
    }
}

impl FileKeys {
    pub(in crate::store) fn derive(master: &[u8; 32], file_id: [u8; 32]) -> Self {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, &file_id).extract(master);
        let seal = expanded(&prk, b"fob softkey state: records");
        let header = expanded(&prk, b"fob softkey state: header");
        let seal = UnboundKey::new(&AES_256_GCM, seal.as_slice()).expect("AES-256 takes 32 bytes");
        Self { file_id, seal: LessSafeKey::new(seal), header: hmac::Key::new(hmac::HMAC_SHA256, header.as_slice()) }
    }
}

fn expanded(prk: &hkdf::Prk, label: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut bytes = Zeroizing::new([0; 32]);
    prk.expand(&[label], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(bytes.as_mut_slice()))
        .expect("32 bytes are what HKDF_SHA256 gives as a key");
    bytes
}

pub(super) fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}
