//! The hash functions that codes are made with (RFC 6238 section 1.2 and what sites added), and the many ways to
//! spell them.

use crate::text::beginning;

/// The hash function under HMAC.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// SHA-1: what a site means when it says nothing.
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
    /// MD5: Mobile-OTP, and a few old servers.
    Md5,
    /// Something else, as it was written. It is kept, and gives no codes. Text from outside.
    Other(String),
}

impl Algorithm {
    /// Most characters of an unknown function's name that are kept.
    pub const MAX_OTHER: usize = 32;

    /// The name as it stands in URIs and vaults.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha224 => "SHA224",
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
            Self::Md5 => "MD5",
            Self::Other(name) => name,
        }
    }

    /// Reads a name in any of the spellings that are about: `SHA256`, `sha-256`, `SHA_256`, `HmacSHA256`,
    /// `HMAC-SHA-256`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.trim_ascii();
        let name = without_prefix(name, "hmac").map_or(name, without_dash);
        if name.eq_ignore_ascii_case("md5") {
            return Some(Self::Md5);
        }
        let bits = without_dash(without_prefix(name, "sha")?);
        match bits {
            "1" => Some(Self::Sha1),
            "224" => Some(Self::Sha224),
            "256" => Some(Self::Sha256),
            "384" => Some(Self::Sha384),
            "512" => Some(Self::Sha512),
            _ => None,
        }
    }

    /// Reads any name: nothing is SHA-1, and what fob does not know is kept, cut to [`Algorithm::MAX_OTHER`].
    #[must_use]
    pub fn read(name: &str) -> Self {
        // Ente once wrote the name of its enumeration before the value's.
        let mut name = name.trim();
        while let Some(rest) = name.strip_prefix("Algorithm.") {
            name = rest.trim_start();
        }
        let name = beginning(name, Self::MAX_OTHER);
        match Self::from_name(&name) {
            Some(known) => known,
            None if name.is_empty() => Self::Sha1,
            None => Self::Other(name),
        }
    }
}

/// What follows a prefix, whatever its case.
fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// One dash or underscore less at the beginning.
fn without_dash(text: &str) -> &str {
    text.strip_prefix(['-', '_']).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_programs_spell_them() {
        for (name, expected) in [
            ("SHA1", Some(Algorithm::Sha1)),
            ("sha1", Some(Algorithm::Sha1)),
            ("SHA-1", Some(Algorithm::Sha1)),
            ("HmacSHA1", Some(Algorithm::Sha1)),
            ("HMAC-SHA1", Some(Algorithm::Sha1)),
            ("sha224", Some(Algorithm::Sha224)),
            (" sha_256 ", Some(Algorithm::Sha256)),
            ("HmacSHA256", Some(Algorithm::Sha256)),
            ("HmacSHA384", Some(Algorithm::Sha384)),
            ("hmac_sha-512", Some(Algorithm::Sha512)),
            ("Sha512", Some(Algorithm::Sha512)),
            ("md5", Some(Algorithm::Md5)),
            ("HMAC-MD5", Some(Algorithm::Md5)),
            ("", None),
            ("SHA", None),
            ("SHA2", None),
            ("SHA--1", None),
            ("SHA512/256", None),
            ("MD4", None),
            ("256", None),
            ("ſha1", None),
        ] {
            assert_eq!(Algorithm::from_name(name), expected, "{name:?}");
        }
    }

    #[test]
    fn a_name_that_is_not_known_is_kept() {
        for (name, expected) in [
            ("", Algorithm::Sha1),
            ("  ", Algorithm::Sha1),
            ("Algorithm.sha256", Algorithm::Sha256),
            ("GOST", Algorithm::Other("GOST".to_owned())),
            ("-", Algorithm::Other("-".to_owned())),
            ("Algorithm. Algorithm.md5", Algorithm::Md5),
        ] {
            assert_eq!(Algorithm::read(name), expected, "{name:?}");
        }
        assert_eq!(Algorithm::read(&"x".repeat(99)).name().len(), Algorithm::MAX_OTHER);
    }

    /// Found by a fuzzer: what was cut off behind a space came back without the space.
    #[test]
    fn a_name_that_was_cut_is_the_same_when_it_is_read_again() {
        for name in [format!("sha{}of another kind", " ".repeat(29)), format!("SHA1{}x", " ".repeat(40))] {
            let read = Algorithm::read(&name);
            assert_eq!(Algorithm::read(read.name()), read, "{name:?}");
        }
    }

    #[test]
    fn each_algorithm_answers_to_its_own_name() {
        for algorithm in [
            Algorithm::Sha1,
            Algorithm::Sha224,
            Algorithm::Sha256,
            Algorithm::Sha384,
            Algorithm::Sha512,
            Algorithm::Md5,
        ] {
            assert_eq!(Algorithm::from_name(algorithm.name()), Some(algorithm));
        }
    }
}
