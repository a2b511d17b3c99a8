//! JSON from other programs: bounded, and lenient about what kind of value stands where a text is meant.
//!
//! serde_json's own messages repeat values, so none of them is passed on: an error has line and column.

use std::cell::Cell;

use serde::Deserialize;

use crate::source::Source;
use crate::{ImportError, MAX_ENTRIES};

mod keys;
mod values;

pub(crate) use keys::{TopKeys, top_keys};
pub(crate) use values::{Field, JavaBytes, List, Map, Part};

/// Deepest nesting that is read: the deepest format (1PUX) needs ten levels.
pub(crate) const MAX_DEPTH: usize = 64;

/// Most memory for the items of all lists and maps of one text, in bytes. An empty item takes two bytes in the text and
/// up to a few hundred here; ten thousand accounts of the wordiest format (1PUX) need a third of this.
const MAX_ITEMS: usize = 24 * 1024 * 1024;

thread_local! {
    /// What is left of [`MAX_ITEMS`] for the text that this thread is reading. A cell beside the lists, because
    /// derived readers have no way to hand a budget down.
    static ROOM: Cell<usize> = const { Cell::new(0) };
}

/// Takes the room of one item.
fn admit<T, E: serde::de::Error>(count: usize) -> Result<(), E> {
    let left = ROOM.get().checked_sub(size_of::<T>()).filter(|_| count < MAX_ENTRIES);
    ROOM.set(left.unwrap_or(0));
    left.map(drop).ok_or_else(|| E::custom(TOO_MANY))
}

/// What a list that is too long is refused with; [`read`] knows it again.
const TOO_MANY: &str = "too many entries";

/// Reads a whole file.
pub(crate) fn read<'a, T: Deserialize<'a>>(source: &Source<'a>) -> Result<T, ImportError> {
    read_text(source.text()?, source)
}

/// Reads a text that was found in a file.
pub(crate) fn read_text<'b, T: Deserialize<'b>>(text: &'b str, source: &Source<'_>) -> Result<T, ImportError> {
    if depth(text.as_bytes()) > MAX_DEPTH {
        return Err(ImportError::TooDeep);
    }
    ROOM.set(MAX_ITEMS);
    serde_json::from_str(text).map_err(|error| match error.to_string().starts_with(TOO_MANY) {
        true => ImportError::TooManyEntries,
        false => ImportError::Damaged {
            format: source.format,
            reason: format!("it is not the JSON it should be (line {}, column {})", error.line(), error.column())
                .into(),
        },
    })
}

/// Reads a text that may be none: what it says is not needed.
pub(crate) fn read_part<'b, T: Deserialize<'b>>(text: &'b str) -> Option<T> {
    (depth(text.as_bytes()) <= MAX_DEPTH).then_some(())?;
    ROOM.set(MAX_ITEMS);
    serde_json::from_str(text).ok()
}

/// How deep brackets are nested, those in texts left out.
pub(crate) fn depth(text: &[u8]) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_brackets_outside_of_texts() {
        for (text, expected) in [("", 0), ("[]", 1), (r#"{"a[[[":["\"[["]}"#, 2), ("]]][", 1), ("[[[[", 4)] {
            assert_eq!(depth(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn any_value_is_a_field() {
        for (json, expected) in
            [("\"a\"", "a"), ("6", "6"), ("-1", "-1"), ("true", "true"), ("null", ""), ("[1]", ""), ("{\"a\":1}", "")]
        {
            assert_eq!(serde_json::from_str::<Field>(json).unwrap().text(), expected, "{json}");
        }
    }

    #[test]
    fn keys_are_seen_up_to_the_damage() {
        let keys = top_keys(r#"{"version":1,"header":{},"db":{"#);
        assert!(keys.has_all(&["version", "header", "db"]) && !keys.list);
        let keys = top_keys(r#"[{"secret":"a","label":"b"},{"other":1}]"#);
        assert!(keys.list && keys.has("secret") && !keys.has("other"));
    }
}
