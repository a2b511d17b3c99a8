//! The blocks of KDBX 4, each under an HMAC of its own.

use ring::digest::{Context, SHA512};
use ring::hmac;
use zeroize::Zeroizing;

/// The key of a block's HMAC; the header's is that of the last possible block.
pub(super) fn block_key(index: u64, key: &[u8; 64]) -> Zeroizing<[u8; 64]> {
    let mut hash = Context::new(&SHA512);
    hash.update(&index.to_le_bytes());
    hash.update(key);
    let mut block_key = Zeroizing::new([0; 64]);
    block_key.copy_from_slice(hash.finish().as_ref());
    block_key
}

/// Checks the blocks and puts them together; `None` if one has been changed or is missing.
pub(super) fn join(mut bytes: &[u8], key: &[u8; 64]) -> Option<Vec<u8>> {
    let mut joined = Vec::with_capacity(bytes.len());
    for index in 0_u64.. {
        let (mac, rest) = bytes.split_first_chunk::<32>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (block, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        let mut signed = Vec::with_capacity(12 + block.len());
        signed.extend_from_slice(&index.to_le_bytes());
        signed.extend_from_slice(length);
        signed.extend_from_slice(block);
        let key = hmac::Key::new(hmac::HMAC_SHA256, block_key(index, key).as_ref());
        hmac::verify(&key, &signed, mac).ok()?;
        if block.is_empty() {
            break;
        }
        joined.extend_from_slice(block);
        bytes = rest;
    }
    Some(joined)
}
