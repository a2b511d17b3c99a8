//! DEFLATE (RFC 1951) without a wrapper, as blobs are packed (§6.10.3, §12.4), and with an end to what comes out.

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

/// zlib's own default: what most platforms take.
const LEVEL: u8 = 6;

/// What was packed is broken, or longer than it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the packed bytes are broken or too long")]
pub struct BadPacking;

/// Packs.
#[must_use]
pub fn pack(plain: &[u8]) -> Vec<u8> {
    compress_to_vec(plain, LEVEL)
}

/// Unpacks at most `limit` bytes: a few packed ones can stand for a thousand times as many.
///
/// # Errors
/// [`BadPacking`] if the bytes are no DEFLATE, or hold more than that.
pub fn unpack(packed: &[u8], limit: usize) -> Result<Vec<u8>, BadPacking> {
    decompress_to_vec_with_limit(packed, limit).map_err(|_| BadPacking)
}
