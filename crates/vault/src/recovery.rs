//! The recovery code: 160 random bits, shown once, written on paper.
//!
//! It reads as nine groups of four base32 letters (RFC 4648 section 6). Eight groups carry the bits; the ninth is a
//! checksum, so that a slip of the pen is told apart from a code of another vault. The slot derives its key with HKDF
//! alone: 160 bits of chance need no slow hash.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use fob_ambient::Rng;
use ring::digest;
use zeroize::{Zeroize, Zeroizing};

/// Bytes of chance in a code.
const LENGTH: usize = 20;
/// Letters that carry them.
const LETTERS: usize = 32;
/// Letters of the checksum: 20 bits, so one slip in a million goes unseen.
const CHECK_LETTERS: usize = 4;
/// Letters of a whole code.
const WHOLE: usize = LETTERS + CHECK_LETTERS;
/// Letters between two dashes.
const GROUP: usize = 4;
/// Longest text that is looked at: generous room for spaces and dashes.
const MAX_TEXT: usize = 256;

/// A recovery code. Wiped on drop.
pub struct RecoveryCode(Zeroizing<Vec<u8>>);

/// Why a text is no recovery code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryCodeError {
    /// Not 36 letters.
    #[error("a recovery code has {WHOLE} letters, this text has {0}")]
    Length(usize),
    /// Something else than A to Z, 2 to 7, spaces and dashes.
    #[error("a recovery code has only the letters A to Z and the digits 2 to 7")]
    Letter,
    /// The checksum says that a letter is wrong.
    #[error("the recovery code has a slip in it: its last group does not fit the others")]
    Checksum,
}

impl RecoveryCode {
    pub(crate) fn generate(rng: &mut dyn Rng) -> Self {
        let mut bytes = Zeroizing::new(vec![0; LENGTH]);
        rng.fill(&mut bytes);
        Self(bytes)
    }

    /// Reads a code as people write it: any case, spaces and dashes anywhere, `0`, `1` and `8` for O, I and B.
    ///
    /// # Errors
    /// [`RecoveryCodeError`] names the slip.
    pub fn parse(text: &str) -> Result<Self, RecoveryCodeError> {
        let letters = plain_letters(text)?;
        let (code, check) = letters.split_at_checked(LETTERS).ok_or(RecoveryCodeError::Length(letters.len()))?;
        if check.len() != CHECK_LETTERS {
            return Err(RecoveryCodeError::Length(letters.len()));
        }
        let bytes = BASE32_NOPAD.decode(code.as_bytes()).map_err(|_| RecoveryCodeError::Letter)?;
        let read = Self(Zeroizing::new(bytes));
        if read.checksum() == check { Ok(read) } else { Err(RecoveryCodeError::Checksum) }
    }

    /// The code as it is shown: `ABCD-EFGH-…`, nine groups.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        let letters = Zeroizing::new(BASE32_NOPAD.encode(&self.0));
        // Its full size from the start: growing would leave a copy behind.
        let mut shown = Zeroizing::new(String::with_capacity(WHOLE + WHOLE / GROUP));
        for (position, letter) in letters.chars().chain(self.checksum().chars()).enumerate() {
            if position > 0 && position % GROUP == 0 {
                shown.push('-');
            }
            shown.push(letter);
        }
        shown
    }

    /// The 20 bytes that HKDF gets.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The first 20 bits of SHA-256 over the label and the code, in base32.
    fn checksum(&self) -> String {
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(b"fob recovery code");
        hash.update(&self.0);
        let mut letters = BASE32_NOPAD.encode(hash.finish().as_ref());
        letters.truncate(CHECK_LETTERS);
        letters
    }
}

fn plain_letters(text: &str) -> Result<Zeroizing<String>, RecoveryCodeError> {
    if text.len() > MAX_TEXT {
        return Err(RecoveryCodeError::Length(text.len()));
    }
    let mut letters = Zeroizing::new(String::with_capacity(text.len()));
    for letter in text.chars() {
        match letter.to_ascii_uppercase() {
            ' ' | '-' | '\n' | '\r' | '\t' => {}
            '0' => letters.push('O'),
            '1' => letters.push('I'),
            '8' => letters.push('B'),
            good @ ('A'..='Z' | '2'..='7') => letters.push(good),
            _ => {
                letters.zeroize();
                return Err(RecoveryCodeError::Letter);
            }
        }
    }
    Ok(letters)
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twenty zero bytes; the checksum is the head of base32(SHA-256("fob recovery code" ‖ zeros)), from Python.
    const ZEROS: &str = "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-QKSR";

    #[test]
    fn the_checksum_is_the_one_another_program_computes() {
        assert_eq!(RecoveryCode(Zeroizing::new(vec![0; LENGTH])).expose().as_str(), ZEROS);
    }

    #[test]
    fn a_code_is_read_as_people_write_it() {
        let lower = ZEROS.to_lowercase().replace('-', " ");
        assert_eq!(RecoveryCode::parse(&lower).unwrap().bytes(), [0; LENGTH]);
        assert_eq!(RecoveryCode::parse(&format!("{ZEROS}\n")).unwrap().bytes(), [0; LENGTH]);
    }

    #[test]
    fn slips_are_named() {
        let swapped = ZEROS.replacen('A', "B", 1);
        for (case, text, expected) in [
            ("a wrong letter", swapped.as_str(), RecoveryCodeError::Checksum),
            ("a group short", &ZEROS[..39], RecoveryCodeError::Length(32)),
            ("half a code", &ZEROS[..20], RecoveryCodeError::Length(16)),
            ("nothing", "", RecoveryCodeError::Length(0)),
            ("a digit base32 has not", "9AAA", RecoveryCodeError::Letter),
            ("no letter at all", "naïve", RecoveryCodeError::Letter),
        ] {
            assert_eq!(RecoveryCode::parse(text).map(|_| ()), Err(expected), "{case}");
        }
    }
}
