//! The two encryptions of ZIP: PKWARE's traditional one (APPNOTE section 6.1), WinZip's AES (AE-1 and AE-2).

use aes::cipher::{Block, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};
use ring::hmac;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::ImportError;
use crate::sealed::{BLOCK, pbkdf2};

/// Length of the traditional cipher's header.
const HEADER: usize = 12;

/// Decrypts with PKWARE's traditional cipher; `None` if the header's last byte is not `check`, as for 255 of 256
/// wrong passwords.
pub(super) fn open_traditional(sealed: &[u8], password: &[u8], check: u8) -> Option<Zeroizing<Vec<u8>>> {
    let mut keys = Keys([0x1234_5678, 0x2345_6789, 0x3456_7890]);
    password.iter().for_each(|&byte| keys.update(byte));
    let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len()));
    plain.extend(sealed.iter().map(|&byte| keys.open(byte)));
    (*plain.get(HEADER - 1)? == check).then_some(())?;
    plain.drain(..HEADER);
    Some(plain)
}

struct Keys([u32; 3]);

impl Keys {
    fn update(&mut self, byte: u8) {
        let Self([first, second, third]) = self;
        *first = crc_step(*first, byte);
        *second = second.wrapping_add(*first & 0xff).wrapping_mul(0x0808_8405).wrapping_add(1);
        let [high, ..] = second.to_be_bytes();
        *third = crc_step(*third, high);
    }

    fn open(&mut self, byte: u8) -> u8 {
        let Self([.., third]) = self;
        let word = *third | 2;
        let [.., mask, _] = word.wrapping_mul(word ^ 1).to_be_bytes();
        let plain = byte ^ mask;
        self.update(plain);
        plain
    }
}

/// One byte of CRC-32, as the cipher mixes with it.
fn crc_step(crc: u32, byte: u8) -> u32 {
    let mut crc = crc ^ u32::from(byte);
    for _ in 0..8 {
        crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
    }
    crc
}

/// WinZip's extra field 0x9901.
pub(super) struct AesExtra {
    strength: u8,
    /// The compression under the encryption.
    pub(super) method: u16,
}

impl AesExtra {
    /// Finds it among the extra fields.
    pub(super) fn find(mut extra: &[u8]) -> Option<Self> {
        loop {
            let (head, rest) = extra.split_first_chunk::<4>()?;
            let [id_low, id_high, length_low, length_high] = *head;
            let length = usize::from(u16::from_le_bytes([length_low, length_high]));
            let (field, after) = rest.split_at_checked(length)?;
            if u16::from_le_bytes([id_low, id_high]) == 0x9901 {
                let &[_, _, _, _, strength, method_low, method_high, ..] = field else { return None };
                return Some(Self { strength, method: u16::from_le_bytes([method_low, method_high]) });
            }
            extra = after;
        }
    }
}

/// Iterations of PBKDF2 that WinZip fixed in 2003.
const ITERATIONS: u64 = 1000;
/// Length of the truncated HMAC-SHA-1.
const MAC: usize = 10;
/// Bytes that tell most wrong passwords early.
const VERIFIER: usize = 2;

/// Decrypts WinZip's AES; `None` if the password does not fit or the data has been changed.
pub(super) fn open_aes(
    sealed: &[u8],
    password: &[u8],
    extra: &AesExtra,
) -> Result<Option<Zeroizing<Vec<u8>>>, ImportError> {
    let length = match extra.strength {
        1 => 16,
        2 => 24,
        _ => 32,
    };
    let Some((salt, rest)) = sealed.split_at_checked(length / 2) else { return Ok(None) };
    let mut keys = Zeroizing::new(vec![0; 2 * length + VERIFIER]);
    pbkdf2(ring::pbkdf2::PBKDF2_HMAC_SHA1, ITERATIONS, salt, password, &mut keys)?;
    Ok(authenticated(&keys, length, rest))
}

fn authenticated(keys: &[u8], length: usize, rest: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (key, keys) = keys.split_at_checked(length)?;
    let (mac_key, verifier) = keys.split_at_checked(length)?;
    let (said, rest) = rest.split_first_chunk::<VERIFIER>()?;
    let (text, mac) = rest.split_last_chunk::<MAC>()?;
    (said == verifier).then_some(())?;
    let expected = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, mac_key), text);
    bool::from(expected.as_ref().get(..MAC)?.ct_eq(mac)).then_some(())?;
    Some(match length {
        16 => counter_mode(&Aes128::new_from_slice(key).ok()?, text),
        24 => counter_mode(&Aes192::new_from_slice(key).ok()?, text),
        _ => counter_mode(&Aes256::new_from_slice(key).ok()?, text),
    })
}

/// CTR with a little-endian counter from one, WinZip's own kind.
fn counter_mode<C: BlockCipherEncrypt>(cipher: &C, text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut plain = Zeroizing::new(Vec::with_capacity(text.len()));
    for (chunk, counter) in text.chunks(BLOCK).zip(1_u128..) {
        let mut block = Block::<C>::default();
        block.iter_mut().zip(counter.to_le_bytes()).for_each(|(to, from)| *to = from);
        cipher.encrypt_block(&mut block);
        plain.extend(chunk.iter().zip(&block).map(|(byte, mask)| byte ^ mask));
    }
    plain
}
