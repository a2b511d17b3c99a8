//! User names, parsed once at the border.

use std::fmt;

/// Longest user name, in characters; all are ASCII.
const LONGEST: usize = 64;

/// A user name: `a-z 0-9 . _ - + @`. Plain ASCII, so that no two names look alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Username(String);

impl Username {
    /// Makes capitals small and drops space around; `None` if that is no user name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let name = fold(text);
        let fits = (1..=LONGEST).contains(&name.len())
            && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b'+' | b'@'));
        fits.then_some(Self(name))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The form in which names are the same, also of text that is no name.
pub(crate) fn fold(text: &str) -> String {
    text.trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folded_and_lookalikes_refused() {
        assert_eq!(Username::parse(" Ada.Lovelace+id@example ").unwrap().as_str(), "ada.lovelace+id@example");
        for bad in ["", "  ", "a b", "аda", "a:b", "<b>", &"a".repeat(65), "a\u{202e}b"] {
            assert_eq!(Username::parse(bad), None, "{bad:?}");
        }
    }
}
