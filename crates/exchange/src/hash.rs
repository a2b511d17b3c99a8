//! The hash functions that files name. More than `fob_otp` makes codes with: a name is kept whatever it is.

use std::borrow::Cow;

use fob_otp::Algorithm;

/// A hash function as a file names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum HashName {
    /// SHA-1: what a file means when it says nothing.
    #[default]
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// MD5: mOTP, and a few old servers.
    Md5,
    /// Something else, as it stands there, cut to 32 characters. Text from outside.
    Other(String),
}

/// Longest name of an unknown function that is kept, in characters.
const MAX_OTHER: usize = 32;

impl HashName {
    /// Reads a name in any spelling; nothing is [`HashName::Sha1`].
    #[must_use]
    pub fn read(name: &str) -> Self {
        // Ente once wrote the name of its enumeration before the value's.
        let name = name.trim();
        let name = name.strip_prefix("Algorithm.").unwrap_or(name);
        match Algorithm::from_name(name) {
            Some(algorithm) => Self::from(algorithm),
            None => Self::further(name),
        }
    }

    /// The functions that `fob_otp` did not know when this was written.
    fn further(name: &str) -> Self {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
        match plain.strip_prefix("HMAC").unwrap_or(&plain) {
            "" if name.is_empty() => Self::Sha1,
            "SHA224" => Self::Sha224,
            "SHA384" => Self::Sha384,
            "MD5" => Self::Md5,
            _ => Self::Other(name.chars().take(MAX_OTHER).collect()),
        }
    }

    /// The name as it stands in URIs.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(match self {
            Self::Sha1 => "SHA1",
            Self::Sha224 => "SHA224",
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
            Self::Md5 => "MD5",
            Self::Other(name) => name,
        })
    }

    /// As `fob_otp` has it, if it has.
    pub(crate) fn algorithm(&self) -> Option<Algorithm> {
        Algorithm::from_name(&self.name())
    }
}

impl From<Algorithm> for HashName {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm.name() {
            "SHA1" => Self::Sha1,
            "SHA256" => Self::Sha256,
            "SHA512" => Self::Sha512,
            other => Self::further(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_programs_spell_them() {
        for (name, expected) in [
            ("", HashName::Sha1),
            ("SHA1", HashName::Sha1),
            ("Algorithm.sha256", HashName::Sha256),
            ("HMAC-SHA-512", HashName::Sha512),
            ("sha224", HashName::Sha224),
            ("HmacSHA384", HashName::Sha384),
            ("md5", HashName::Md5),
            ("HmacMD5", HashName::Md5),
            ("GOST", HashName::Other("GOST".to_owned())),
            ("-", HashName::Other("-".to_owned())),
        ] {
            assert_eq!(HashName::read(name), expected, "{name:?}");
        }
    }
}
