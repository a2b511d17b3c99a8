//! The shared secret of an account, and Base32 (RFC 4648 section 6) as people and sites write it.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use zeroize::Zeroizing;

/// Shared key of a one-time-code account (RFC 4226 section 4). Wiped on drop.
pub struct Seed(Zeroizing<Vec<u8>>);

/// Why a text is no seed. Nothing of the text is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SeedError {
    /// No letter is left without spaces, dashes and padding.
    #[error("the secret is empty")]
    Empty,
    /// Something else than A to Z, 2 to 7, spaces, dashes and padding.
    #[error("the secret has a character that Base32 has not, at position {position}")]
    Character {
        /// Counted from 1, in characters of the text as it was given.
        position: usize,
    },
    /// A number of letters that no bytes encode to (1, 3 or 6 modulo 8): one was lost or added.
    #[error("the secret has {letters} letters, which no Base32 text has: one is missing or too many")]
    Length {
        /// How many letters there are.
        letters: usize,
    },
    /// Longer than [`Seed::MAX_LENGTH`].
    #[error("the secret is longer than {} bytes", Seed::MAX_LENGTH)]
    TooLong,
}

impl Seed {
    /// Longest seed that is read from text, in bytes.
    pub const MAX_LENGTH: usize = 1024;

    /// Takes the bytes over.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads Base32 in any case; spaces, dashes and padding may stand anywhere. Bits beyond the last whole byte are
    /// dropped: sites draw letters at random and do not care.
    ///
    /// # Errors
    /// [`SeedError`] names what is wrong.
    pub fn from_base32(text: &str) -> Result<Self, SeedError> {
        let capacity = (text.len() * 5 / 8).min(Self::MAX_LENGTH);
        let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
        let (mut letters, mut bits) = (0_usize, 0_u32);
        for (index, character) in text.chars().enumerate() {
            let value = match character {
                '=' | '-' | ' ' | '\t' | '\r' | '\n' => continue,
                letter @ ('A'..='Z' | 'a'..='z') => letter.to_ascii_uppercase() as u32 - 'A' as u32,
                digit @ '2'..='7' => digit as u32 - '2' as u32 + 26,
                _ => return Err(SeedError::Character { position: index + 1 }),
            };
            letters += 1;
            bits = bits << 5 | value;
            let pending = letters * 5 % 8;
            // Fewer than five bits wait: this letter completed a byte.
            if pending < 5 {
                if bytes.len() == Self::MAX_LENGTH {
                    return Err(SeedError::TooLong);
                }
                let [.., byte] = (bits >> pending).to_be_bytes();
                bytes.push(byte);
            }
        }
        match letters % 8 {
            _ if letters == 0 => Err(SeedError::Empty),
            1 | 3 | 6 => Err(SeedError::Length { letters }),
            _ => Ok(Self(bytes)),
        }
    }

    /// Another copy of the secret, for whoever really needs two.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self::new(self.0.to_vec())
    }

    /// The seed in Base32, upper case, no padding.
    #[must_use]
    pub fn to_base32(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(&self.0))
    }

    /// The bytes that HMAC gets.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Its length in bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.0.len() * 8
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

#[cfg(test)]
mod tests;
