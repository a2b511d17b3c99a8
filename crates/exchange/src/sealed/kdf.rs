//! Keys out of passwords, in the ways of other programs, each within bounds.
//!
//! The bounds are the largest that a program of the table writes: Bitwarden's most PBKDF2 iterations, Ente's
//! `MEMLIMIT_SENSITIVE` of libsodium for Argon2. A file beyond them is refused before a byte is allocated.

use std::num::NonZeroU32;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use ring::pbkdf2::{Algorithm as Prf, derive};
use zeroize::{Zeroize, Zeroizing};

use super::Key;
use crate::ImportError;

/// Most PBKDF2 iterations: Bitwarden takes up to two million.
const MOST_ITERATIONS: u64 = 2_000_000;
/// Most memory of Argon2, in KiB: 1 GiB.
const MOST_MEMORY_KIB: u64 = 1024 * 1024;
/// Most memory of Argon2 times its passes, in KiB: 8 GiB, twice Ente's.
const MOST_WORK_KIB: u64 = 8 * 1024 * 1024;
/// Most lanes of Argon2.
const MOST_LANES: u64 = 16;
/// Most memory of scrypt, in bytes: eight times Aegis'.
const MOST_SCRYPT: u64 = 256 * 1024 * 1024;

fn within(what: &'static str, asked: u64, most: u64) -> Result<u64, ImportError> {
    match (1..=most).contains(&asked) {
        true => Ok(asked),
        false => Err(ImportError::KdfOutOfBounds { what, asked, most }),
    }
}

/// PBKDF2 (RFC 8018 section 5.2) into as many bytes as `key` has.
pub(crate) fn pbkdf2(
    prf: Prf,
    iterations: u64,
    salt: &[u8],
    password: &[u8],
    key: &mut [u8],
) -> Result<(), ImportError> {
    let iterations = within("iterations", iterations, MOST_ITERATIONS)?;
    let iterations = u32::try_from(iterations).ok().and_then(NonZeroU32::new);
    derive(prf, iterations.expect("one to two million fit"), salt, password, key);
    Ok(())
}

/// The parameters of scrypt (RFC 7914 section 6).
pub(crate) struct Scrypt {
    pub(crate) n: u64,
    pub(crate) r: u64,
    pub(crate) p: u64,
}

/// scrypt into 32 bytes.
pub(crate) fn scrypt(cost: &Scrypt, salt: &[u8], password: &[u8]) -> Result<Key, ImportError> {
    let block = within("scrypt block size", cost.r, 64)?;
    let lanes = within("scrypt lanes", cost.p, 16)?;
    within("scrypt memory", cost.n.saturating_mul(128 * block * lanes), MOST_SCRYPT)?;
    let out_of_bounds = ImportError::KdfOutOfBounds { what: "scrypt cost", asked: cost.n, most: MOST_SCRYPT };
    if !cost.n.is_power_of_two() || cost.n < 2 {
        return Err(out_of_bounds);
    }
    let log_n = u8::try_from(cost.n.ilog2()).unwrap_or(u8::MAX);
    let (r, p) = (u32::try_from(block).unwrap_or(u32::MAX), u32::try_from(lanes).unwrap_or(u32::MAX));
    let params = ::scrypt::Params::new(log_n, r, p).map_err(|_| out_of_bounds)?;
    let mut key = Zeroizing::new([0; 32]);
    ::scrypt::scrypt(password, salt, &params, key.as_mut()).expect("32 bytes are a length that scrypt makes");
    Ok(key)
}

/// Which Argon2 (RFC 9106), and its cost.
pub(crate) struct Argon2Kind {
    /// Argon2id, or Argon2d as KeePass has it too.
    pub(crate) id: bool,
    /// Version 1.3, or 1.0 where KeePass says so.
    pub(crate) current: bool,
    pub(crate) memory_kib: u64,
    pub(crate) passes: u64,
    pub(crate) lanes: u64,
}

/// Argon2 into 32 bytes. Its memory is wiped afterwards.
pub(crate) fn argon2(kind: &Argon2Kind, salt: &[u8], password: &[u8]) -> Result<Key, ImportError> {
    let memory = within("KiB of memory", kind.memory_kib, MOST_MEMORY_KIB)?;
    let passes = within("passes", kind.passes, MOST_WORK_KIB / memory)?;
    let lanes = within("lanes", kind.lanes, MOST_LANES)?;
    let short = |number| u32::try_from(number).unwrap_or(u32::MAX);
    let out_of_bounds = |_| ImportError::KdfOutOfBounds { what: "KiB of memory", asked: memory, most: MOST_MEMORY_KIB };
    let params = Params::new(short(memory), short(passes), short(lanes), Some(32)).map_err(out_of_bounds)?;
    let algorithm = if kind.id { Algorithm::Argon2id } else { Algorithm::Argon2d };
    let version = if kind.current { Version::V0x13 } else { Version::V0x10 };
    let mut blocks: Vec<Block> = Vec::new();
    let count = params.block_count();
    if blocks.try_reserve_exact(count).is_err() {
        return Err(ImportError::KdfOutOfBounds { what: "KiB of memory", asked: memory, most: MOST_MEMORY_KIB });
    }
    blocks.resize(count, Block::default());
    let mut key = Zeroizing::new([0; 32]);
    let computed = Argon2::new(algorithm, version, params).hash_password_into_with_memory(
        password,
        salt,
        key.as_mut(),
        &mut blocks,
    );
    blocks.iter_mut().for_each(Zeroize::zeroize);
    computed.map_err(out_of_bounds)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_out_of_bounds_is_refused_before_it_is_paid() {
        let argon = |memory_kib, passes, lanes| {
            argon2(&Argon2Kind { id: true, current: true, memory_kib, passes, lanes }, &[0; 16], b"test").map(drop)
        };
        let hash = |n, r, p| scrypt(&Scrypt { n, r, p }, &[0; 32], b"test").map(drop);
        let rounds = |count| pbkdf2(ring::pbkdf2::PBKDF2_HMAC_SHA256, count, &[0; 8], b"test", &mut [0; 32]);
        for (case, result) in [
            ("no iterations", rounds(0)),
            ("many iterations", rounds(u64::MAX)),
            ("no memory", argon(0, 1, 1)),
            ("all memory", argon(u64::MAX, 1, 1)),
            ("no passes", argon(1024, 0, 1)),
            ("many passes", argon(1024 * 1024, 9, 1)),
            ("endless passes", argon(8, u64::MAX, 1)),
            ("no lanes", argon(1024, 1, 0)),
            ("many lanes", argon(1024, 1, 17)),
            ("less memory than Argon2 takes", argon(1, 1, 1)),
            ("scrypt of nothing", hash(0, 8, 1)),
            ("scrypt of one", hash(1, 8, 1)),
            ("scrypt of no power of two", hash(3, 8, 1)),
            ("scrypt that eats the machine", hash(1 << 40, 8, 1)),
            ("scrypt with wide blocks", hash(2, u64::MAX, 1)),
            ("scrypt with many lanes", hash(2, 8, u64::MAX)),
        ] {
            assert!(matches!(result, Err(ImportError::KdfOutOfBounds { .. })), "{case}: {result:?}");
        }
    }

    /// RFC 7914 section 12, third vector cut to 32 bytes; RFC 7914 section 11 for PBKDF2.
    #[test]
    fn keys_are_those_of_the_standards() {
        let key = scrypt(&Scrypt { n: 1024, r: 8, p: 16 }, b"NaCl", b"password").unwrap();
        let expected = "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162";
        assert_eq!(data_encoding::HEXLOWER.encode(key.as_ref()), expected);
        let mut key = [0; 32];
        pbkdf2(ring::pbkdf2::PBKDF2_HMAC_SHA256, 1, b"salt", b"passwd", &mut key).unwrap();
        let expected = "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc";
        assert_eq!(data_encoding::HEXLOWER.encode(&key), expected);
    }
}
