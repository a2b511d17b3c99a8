//! Names on their way to a key, which has little room for them (WebAuthn Level 3 §6.4.1).

/// Every key keeps this much of a name, in bytes (§6.4.1); some refuse more.
pub(crate) const NAME: usize = 64;

/// The first [`NAME`] bytes, cut between two characters; nothing of an empty name.
pub(crate) fn for_key(name: &str) -> Option<String> {
    let cut = name.get(..name.floor_char_boundary(NAME)).unwrap_or(name);
    (!cut.is_empty()).then(|| cut.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cut_between_characters() {
        assert_eq!(for_key("Ada"), Some("Ada".to_owned()));
        assert_eq!(for_key(""), None);
        let long = format!("{}ß{}", "a".repeat(63), "b".repeat(10));
        assert_eq!(for_key(&long), Some("a".repeat(63)));
        assert_eq!(for_key(&"a".repeat(64)), Some("a".repeat(64)));
    }
}
