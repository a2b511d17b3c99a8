//! AES-256 in blocks: CBC with padding (PKCS #7), and KeePass' key transformation.

use aes::Aes256;
use aes::cipher::{Block, BlockCipherEncrypt, KeyInit};
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use zeroize::Zeroizing;

use super::Key;

/// Length of a block and of an IV.
pub(crate) const BLOCK: usize = 16;

/// Decrypts and takes the padding off; `None` if the padding is none, which is all that CBC tells of a wrong key.
pub(crate) fn open_cbc(key: &Key, iv: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let iv: [u8; BLOCK] = iv.try_into().ok()?;
    if sealed.is_empty() || !sealed.len().is_multiple_of(BLOCK) {
        return None;
    }
    let key: &[u8; 32] = key;
    let mut mode = cbc::Decryptor::<Aes256>::new(key.into(), &iv.into());
    let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len()));
    for chunk in sealed.chunks(BLOCK) {
        let mut block = Block::<Aes256>::try_from(chunk).ok()?;
        mode.decrypt_block(&mut block);
        plain.extend_from_slice(&block);
    }
    let padding = usize::from(*plain.last()?);
    let length = plain.len().checked_sub(padding)?;
    let fits = (1..=BLOCK).contains(&padding) && plain.get(length..)?.iter().all(|&byte| usize::from(byte) == padding);
    plain.truncate(length);
    fits.then_some(plain)
}

/// AES-KDF of KeePass: both halves of a hash encrypted over and over. The caller has checked the rounds.
pub(crate) fn aes_kdf(seed: &Key, rounds: u64, key: &mut [u8; 32]) {
    let seed: &[u8; 32] = seed;
    let cipher = Aes256::new(seed.into());
    let (left, right) = key.split_at_mut(BLOCK);
    let mut blocks = [Block::<Aes256>::default(); 2];
    for (block, half) in blocks.iter_mut().zip([&*left, &*right]) {
        block.copy_from_slice(half);
    }
    for _ in 0..rounds {
        cipher.encrypt_blocks(&mut blocks);
    }
    for (block, half) in blocks.iter().zip([left, right]) {
        half.copy_from_slice(block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by Python's `cryptography`: AES-256-CBC, key 00 to 1f, IV of sixteen 07, over "fob and its codes" padded,
    /// and over the same with a padding whose first byte is wrong.
    #[test]
    fn cbc_takes_only_whole_padding() {
        let mut key = Zeroizing::new([0; 32]);
        key.iter_mut().zip(0..).for_each(|(byte, number)| *byte = number);
        let open = |text: &str| open_cbc(&key, &[7; 16], &data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap());
        assert_eq!(
            open("170aec6ce10130ae38f6733c2d46f58b00f8096e49a89f61491cccd394246550").unwrap().as_slice(),
            b"fob and its codes"
        );
        assert!(open("170aec6ce10130ae38f6733c2d46f58b639e87b2d6aeaa23e8f664e7db41823d").is_none());
        for sealed in [&[][..], &[1; 15], &[1; 17]] {
            assert!(open_cbc(&key, &[7; 16], sealed).is_none(), "{sealed:?}");
        }
        assert!(open_cbc(&key, &[7; 15], &[1; 16]).is_none());
    }
}
