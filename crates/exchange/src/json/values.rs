//! Values that are lenient about their kind: where another one stands, there is nothing.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use super::admit;
use crate::Refusal;
use crate::draft::number;

/// For visitors of lists and objects: any other value is the default.
macro_rules! no_scalars {
    ($value:ty) => {
        fn visit_unit<E>(self) -> Result<$value, E> {
            Ok(Default::default())
        }
        fn visit_bool<E>(self, _: bool) -> Result<$value, E> {
            Ok(Default::default())
        }
        fn visit_i64<E>(self, _: i64) -> Result<$value, E> {
            Ok(Default::default())
        }
        fn visit_u64<E>(self, _: u64) -> Result<$value, E> {
            Ok(Default::default())
        }
        fn visit_f64<E>(self, _: f64) -> Result<$value, E> {
            Ok(Default::default())
        }
        fn visit_str<E>(self, _: &str) -> Result<$value, E> {
            Ok(Default::default())
        }
    };
}

/// A text, a number or a truth value, as text; anything else is nothing. Wiped on drop, since it may be a secret.
#[derive(Default)]
pub(crate) struct Field(Option<Zeroizing<String>>);

impl Field {
    /// The text, empty if there is none.
    pub(crate) fn text(&self) -> &str {
        self.0.as_deref().map_or("", String::as_str)
    }

    /// The text, if there is a text that is not empty.
    pub(crate) fn some(&self) -> Option<&str> {
        Some(self.text()).filter(|text| !text.is_empty())
    }

    pub(crate) fn number(&self, what: &'static str) -> Result<Option<u64>, Refusal> {
        number(what, self.text())
    }

    pub(crate) fn is_true(&self) -> bool {
        matches!(self.text(), "true" | "1")
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

struct FieldVisitor;

impl FieldVisitor {
    fn of<E>(value: impl ToString) -> Result<Field, E> {
        Ok(Field(Some(Zeroizing::new(value.to_string()))))
    }
}

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Field, E> {
        Self::of(value)
    }
    fn visit_i64<E>(self, value: i64) -> Result<Field, E> {
        Self::of(value)
    }
    fn visit_u64<E>(self, value: u64) -> Result<Field, E> {
        Self::of(value)
    }
    fn visit_f64<E>(self, value: f64) -> Result<Field, E> {
        Self::of(value)
    }
    fn visit_str<E>(self, value: &str) -> Result<Field, E> {
        Self::of(value)
    }
    fn visit_unit<E>(self) -> Result<Field, E> {
        Ok(Field(None))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Field, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field(None))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Field, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Field(None))
    }
}

/// A list of at most [`crate::MAX_ENTRIES`]; anything else than a list is an empty one.
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<List<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            admit::<T, A::Error>(items.len())?;
            items.push(item);
        }
        Ok(List(items))
    }
    no_scalars!(List<T>);
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<List<T>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(List::default())
    }
}

/// An object; anything else is none.
pub(crate) struct Part<T>(pub(crate) Option<T>);

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Part<T> {
    pub(crate) const fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartVisitor(PhantomData))
    }
}

struct PartVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for PartVisitor<T> {
    type Value = Part<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Part<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|value| Part(Some(value)))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Part<T>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Part(None))
    }
    no_scalars!(Part<T>);
}

/// The values of an object in the file's order, keys with them; at most [`crate::MAX_ENTRIES`].
pub(crate) struct Map<T>(pub(crate) Vec<(String, T)>);

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Map<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Map<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Map<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    admit::<(String, T), A::Error>(entries.len())?;
                    entries.push(entry);
                }
                Ok(Map(entries))
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

/// Java's signed bytes as a list of numbers, as FreeOTP writes secrets and ciphertexts.
#[derive(Default)]
pub(crate) struct JavaBytes(pub(crate) Zeroizing<Vec<u8>>);

impl<'de> Deserialize<'de> for JavaBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl<'de> Visitor<'de> for Bytes {
            type Value = JavaBytes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of bytes")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<JavaBytes, A::Error> {
                let mut bytes = Zeroizing::new(Vec::with_capacity(64));
                while let Some(byte) = list.next_element::<i8>()? {
                    admit::<u8, A::Error>(bytes.len())?;
                    bytes.push(byte.cast_unsigned());
                }
                Ok(JavaBytes(bytes))
            }
        }
        deserializer.deserialize_seq(Bytes)
    }
}
