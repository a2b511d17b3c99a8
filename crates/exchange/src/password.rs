//! The password of an encrypted export.

use std::fmt;

use zeroize::Zeroizing;

/// A password as it was typed, byte for byte. Wiped on drop.
pub struct Password(Zeroizing<Vec<u8>>);

impl Password {
    /// Takes the bytes over. Line ends are the caller's to take off.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// What key derivations get.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}
