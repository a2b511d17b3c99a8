//! Yandex' codes: HMAC-SHA256 under SHA-256 of PIN and key, truncated to 63 bits and written in letters.

use ring::digest::{SHA256, digest};
use zeroize::Zeroizing;

use crate::{Algorithm, Code, hmac};

/// Bytes of a key. What a person types in has ten more: what it is for, and a checksum.
pub(crate) const KEY: usize = 16;
/// Bytes of a secret as it is typed in.
pub(crate) const TYPED: usize = 26;

/// The code of this time step. Usability has been checked.
pub(crate) fn code(seed: &[u8], pin: &str, step: u64, letters: u8) -> Code {
    let key = seed.get(..KEY).unwrap_or(seed);
    let mut both = Zeroizing::new(Vec::with_capacity(pin.len() + key.len()));
    both.extend_from_slice(pin.as_bytes());
    both.extend_from_slice(key);
    let hash = Zeroizing::new(digest(&SHA256, &both).as_ref().to_vec());
    // Yandex' own program drops one zero byte at the beginning.
    let hash = hash.strip_prefix(&[0]).unwrap_or(&hash);
    let tag = hmac::tag(&Algorithm::Sha256, hash, &step.to_be_bytes()).expect("ring has HMAC-SHA256");
    shown(truncate(&tag), letters)
}

/// 63 bits from the offset that the last four bits name.
fn truncate(tag: &[u8]) -> u64 {
    let offset = usize::from(tag.last().copied().unwrap_or_default() & 0x0f);
    let eight = tag.get(offset..).and_then(|rest| rest.first_chunk::<8>());
    u64::from_be_bytes(*eight.expect("15 + 8 bytes are less than SHA-256's 32")) & (u64::MAX >> 1)
}

/// The last letters of the number in base 26, at most ten.
fn shown(mut value: u64, letters: u8) -> Code {
    let mut text = Zeroizing::new([b'a'; Code::MAX_LENGTH]);
    let length = usize::from(letters).min(Code::MAX_LENGTH);
    for place in text.iter_mut().take(length).rev() {
        let letter = u8::try_from(value % 26).expect("less than 26");
        *place = b'a' + letter;
        value /= 26;
    }
    let mut code = String::with_capacity(Code::MAX_LENGTH);
    code.extend(text.iter().take(length).map(|&letter| char::from(letter)));
    Code::new(code)
}
