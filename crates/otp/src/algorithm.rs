//! The hash functions that codes are made with (RFC 6238 section 1.2), and the many ways to spell them.

/// The hash function under HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// SHA-1: what a site means when it says nothing.
    #[default]
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// The name as it stands in URIs and vaults.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }

    /// Reads a name in any of the spellings that are about: `SHA256`, `sha-256`, `SHA_256`, `HmacSHA256`,
    /// `HMAC-SHA-256`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.trim_ascii();
        let name = without_prefix(name, "hmac").map_or(name, without_dash);
        let bits = without_dash(without_prefix(name, "sha")?);
        match bits {
            "1" => Some(Self::Sha1),
            "256" => Some(Self::Sha256),
            "512" => Some(Self::Sha512),
            _ => None,
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
            (" sha_256 ", Some(Algorithm::Sha256)),
            ("HmacSHA256", Some(Algorithm::Sha256)),
            ("hmac_sha-512", Some(Algorithm::Sha512)),
            ("Sha512", Some(Algorithm::Sha512)),
            ("", None),
            ("SHA", None),
            ("SHA2", None),
            ("SHA--1", None),
            ("SHA512/256", None),
            ("MD5", None),
            ("256", None),
            ("ſha1", None),
        ] {
            assert_eq!(Algorithm::from_name(name), expected, "{name:?}");
        }
    }

    #[test]
    fn each_algorithm_answers_to_its_own_name() {
        for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512] {
            assert_eq!(Algorithm::from_name(algorithm.name()), Some(algorithm));
        }
    }
}
