//! The passphrase as it was typed.
//!
//! The bytes are UTF-8 and go to Argon2 unchanged: no normalisation, no trimming. Whoever reads a terminal or a pipe
//! strips the line end before it comes here.

use std::fmt;

use zeroize::Zeroizing;

/// A passphrase of 1 to 1024 bytes without control characters. Wiped on drop.
pub struct Passphrase(Zeroizing<String>);

/// Why a text is no passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseError {
    /// Nothing was typed.
    #[error("the passphrase is empty")]
    Empty,
    /// Longer than [`Passphrase::MAX_LENGTH`].
    #[error("the passphrase is longer than {} bytes", Passphrase::MAX_LENGTH)]
    TooLong,
    /// A line end, a tab or another control character: nobody could type it again.
    #[error("the passphrase has a control character in it")]
    ControlCharacter,
}

impl Passphrase {
    /// The longest passphrase, in bytes of UTF-8.
    pub const MAX_LENGTH: usize = 1024;

    /// Takes the text over; it is wiped if it is refused.
    ///
    /// # Errors
    /// [`PassphraseError`] names what is wrong with the text.
    pub fn new(text: String) -> Result<Self, PassphraseError> {
        let text = Zeroizing::new(text);
        match () {
            () if text.is_empty() => Err(PassphraseError::Empty),
            () if text.len() > Self::MAX_LENGTH => Err(PassphraseError::TooLong),
            () if text.chars().any(char::is_control) => Err(PassphraseError::ControlCharacter),
            () => Ok(Self(text)),
        }
    }

    /// The bytes that Argon2 gets.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_typed_again_is_a_passphrase() {
        let long = "a".repeat(1025);
        for (case, text, expected) in [
            ("empty", "", Err(PassphraseError::Empty)),
            ("too long", long.as_str(), Err(PassphraseError::TooLong)),
            ("a line end", "tower\n", Err(PassphraseError::ControlCharacter)),
            ("a trailing NUL", "tower\0", Err(PassphraseError::ControlCharacter)),
            ("the longest", &long[1..], Ok(1024)),
            ("spaces stay", " tower ", Ok(7)),
            ("two bytes a letter", "türme", Ok(6)),
        ] {
            let length = Passphrase::new(text.to_owned()).map(|passphrase| passphrase.expose().len());
            assert_eq!(length, expected, "{case}");
        }
    }

    #[test]
    fn a_passphrase_is_not_written_into_logs() {
        let passphrase = Passphrase::new("tower".to_owned()).unwrap();
        assert_eq!(format!("{passphrase:?}"), "Passphrase(..)");
    }
}
