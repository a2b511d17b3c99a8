//! What stands at the top of a JSON text, by which programs' files are told apart.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{MAX_DEPTH, depth};

/// The keys at the top of a JSON text, or of the first object of a list; empty for other values. What is read before
/// the text turns out to be damaged counts.
pub(crate) fn top_keys(text: &str) -> TopKeys {
    let mut keys = TopKeys::default();
    if depth(text.as_bytes()) <= MAX_DEPTH {
        let _ = TopSeed(&mut keys).deserialize(&mut serde_json::Deserializer::from_str(text));
    }
    keys
}

/// What stands at the top of a JSON text.
#[derive(Default)]
pub(crate) struct TopKeys {
    pub(crate) list: bool,
    names: Vec<String>,
}

/// Most keys that are looked at: no format has more.
const MAX_KEYS: usize = 64;

impl TopKeys {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    pub(crate) fn has_all(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.has(name))
    }
}

struct TopSeed<'a>(&'a mut TopKeys);

impl<'de> DeserializeSeed<'de> for TopSeed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TopSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if self.0.names.len() < MAX_KEYS {
                self.0.names.push(key);
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.0.list = true;
        list.next_element_seed(TopSeed(&mut *self.0))?;
        self.0.list = true;
        Ok(())
    }
}
