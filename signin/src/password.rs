//! Passwords: the secret itself, and which ones are too weak to take.
//!
//! No rules about capitals and digits: they make passwords worse (NIST SP 800-63B-4 §3.1.1.2). Length, a list of what
//! everybody tries first, and the user name are what is looked at.

use std::fmt;

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::username::{Username, fold};

/// Fewest characters.
const SHORTEST: usize = 8;

/// Most characters; more would only feed the hash.
const LONGEST: usize = 256;

/// What everybody tries first, one a line.
const COMMON: &str = include_str!("../assets/common-passwords.txt");

/// A password as typed. Wiped on drop.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Password(Zeroizing<String>);

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Weakness {
    #[error("That password is too short: take at least {SHORTEST} characters. Several words are easy to keep in mind.")]
    Short,
    #[error("That password is too long: take at most {LONGEST} characters.")]
    Long,
    #[error("That password is one of those that are tried first. Take several words that do not belong together.")]
    Common,
    #[error("A password must not be the user name.")]
    UserName,
}

impl Password {
    /// For the hash.
    pub(crate) fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether it can be taken for `username`.
    pub(crate) fn check(&self, username: &Username) -> Result<(), Weakness> {
        let characters = self.0.chars().count();
        if characters < SHORTEST {
            return Err(Weakness::Short);
        }
        if characters > LONGEST {
            return Err(Weakness::Long);
        }
        let folded = Zeroizing::new(fold(&self.0));
        if *folded == username.as_str() {
            return Err(Weakness::UserName);
        }
        let mut characters = folded.chars();
        let first = characters.next();
        if characters.all(|c| Some(c) == first) || COMMON.lines().any(|common| common == *folded) {
            return Err(Weakness::Common);
        }
        Ok(())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_passwords_are_named_for_what_they_are() {
        let ada = Username::parse("ada.lovelace").unwrap();
        for (password, expected) in [
            ("seven77", Err(Weakness::Short)),
            ("passWORD123", Err(Weakness::Common)),
            ("qwertyuiop", Err(Weakness::Common)),
            ("zzzzzzzzzzzz", Err(Weakness::Common)),
            ("Ada.Lovelace", Err(Weakness::UserName)),
            (&"long".repeat(65), Err(Weakness::Long)),
            ("ünï çödé wörds", Ok(())),
            ("a password of ada lovelace 1843", Ok(())),
        ] {
            assert_eq!(Password(Zeroizing::new(password.to_owned())).check(&ada), expected, "{password}");
        }
    }
}
