//! Text that is a secret: PINs, recovery codes, notes.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A text that must not be shown or logged unasked: a PIN, a recovery code, a person's note (people keep passwords in
/// them). Wiped on drop.
#[derive(Default)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes the text over.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Another copy of the secret, for whoever really needs two.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self::new((*self.0).clone())
    }

    /// Whether the two are the same, in constant time but for their lengths.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_written_into_logs() {
        assert_eq!(format!("{:?}", SecretText::new("1234".to_owned())), "SecretText(..)");
    }

    #[test]
    fn secrets_are_compared_whole() {
        let secret = SecretText::new("1234".to_owned());
        for (other, same) in [("1234", true), ("1235", false), ("123", false), ("12345", false), ("", false)] {
            assert_eq!(secret.is_same_as(&SecretText::new(other.to_owned())), same, "{other}");
        }
        assert!(secret.duplicate().is_same_as(&secret));
    }
}
