//! CBOR on its way out that borrows all it says: no copy of a secret is made, so nothing but the buffer is there to wipe,
//! and that never grows. What is sealed in memory is opened into it.

use std::cmp::Ordering;

use fob_cbor::{Map, Value, encode_head, encode_into};
use zeroize::Zeroizing;

use crate::memory::{MemoryKey, Sealed};
use crate::wipe::{MAJOR_ARRAY, MAJOR_BYTES, MAJOR_MAP, MAJOR_TEXT, head_length, length};

/// Room for the fields of an entry, so that the list of them is made once.
const USUAL: usize = 24;

/// A value that stands somewhere else.
pub(crate) enum Borrowed<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Text(&'a str),
    True,
    List(Vec<Self>),
    Map(Fields<'a>),
    Value(&'a Value),
    Kept(&'a Map),
    /// A whole item, encoded and sealed.
    Sealed(&'a Sealed, &'a MemoryKey),
}

/// The members of a map, sorted when they are written.
pub(crate) struct Fields<'a>(Vec<(Key<'a>, Borrowed<'a>)>);

#[derive(Clone, Copy)]
enum Key<'a> {
    Name(&'a str),
    Value(&'a Value),
}

impl<'a> Fields<'a> {
    /// Begins with what a later fob has added.
    pub(crate) fn beside(other: &'a Map) -> Self {
        let mut fields = Vec::with_capacity(USUAL);
        fields.extend(other.iter().map(|(key, value)| (Key::of(key), Borrowed::Value(value))));
        Self(fields)
    }

    /// Begins with nothing.
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// A field by name, instead of one that has it already.
    pub(crate) fn put(&mut self, name: &'a str, value: impl Into<Borrowed<'a>>) {
        self.0.retain(|(key, _)| !matches!(key, Key::Name(taken) if *taken == name));
        self.0.push((Key::Name(name), value.into()));
    }

    /// A field that need not be there.
    pub(crate) fn put_if(&mut self, name: &'a str, value: Option<impl Into<Borrowed<'a>>>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    /// A list that is left out when it is empty.
    pub(crate) fn put_list(&mut self, name: &'a str, items: impl ExactSizeIterator<Item = Borrowed<'a>>) {
        if items.len() > 0 {
            self.put(name, Borrowed::List(items.collect()));
        }
    }

    /// The map in canonical CBOR.
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(self.length()));
        self.write(&mut out);
        out
    }

    /// The same, with zeros up to a multiple of `step` bytes.
    pub(crate) fn padded(&self, step: usize) -> Zeroizing<Vec<u8>> {
        let length = self.length().next_multiple_of(step);
        let mut out = Zeroizing::new(Vec::with_capacity(length));
        self.write(&mut out);
        out.resize(length, 0);
        out
    }

    fn length(&self) -> usize {
        head_length(self.0.len() as u64)
            + self.0.iter().map(|(key, value)| key.borrowed().length() + value.length()).sum::<usize>()
    }

    fn write(&self, out: &mut Vec<u8>) {
        let mut sorted: Vec<_> = self.0.iter().collect();
        sorted.sort_unstable_by(|(a, _), (b, _)| a.order(*b));
        encode_head(MAJOR_MAP, sorted.len() as u64, out);
        for (key, value) in sorted {
            key.borrowed().write(out);
            value.write(out);
        }
    }
}

impl<'a> Key<'a> {
    fn of(value: &'a Value) -> Self {
        value.as_text().map_or(Self::Value(value), Self::Name)
    }

    const fn borrowed(self) -> Borrowed<'a> {
        match self {
            Self::Name(name) => Borrowed::Text(name),
            Self::Value(value) => Borrowed::Value(value),
        }
    }

    /// CTAP 2.3 §8: by major type, then the shorter one, then by its bytes.
    fn order(self, other: Self) -> Ordering {
        let by_length = |a: &[u8], b: &[u8]| a.len().cmp(&b.len()).then_with(|| a.cmp(b));
        if let (Self::Name(a), Self::Name(b)) = (self, other) {
            return by_length(a.as_bytes(), b.as_bytes());
        }
        // Numbers and the like are keys of no fob so far, so they may take their time.
        let bytes = |key: Self| {
            let mut bytes = Vec::new();
            key.borrowed().write(&mut bytes);
            bytes
        };
        let (a, b) = (bytes(self), bytes(other));
        let major = |bytes: &[u8]| bytes.first().map(|head| head >> 5);
        major(&a).cmp(&major(&b)).then_with(|| by_length(&a, &b))
    }
}

impl Borrowed<'_> {
    fn length(&self) -> usize {
        match self {
            Self::Number(number) => head_length(*number),
            Self::Bytes(bytes) => head_length(bytes.len() as u64) + bytes.len(),
            Self::Text(text) => head_length(text.len() as u64) + text.len(),
            Self::True => 1,
            Self::List(items) => head_length(items.len() as u64) + items.iter().map(Self::length).sum::<usize>(),
            Self::Map(fields) => fields.length(),
            Self::Value(value) => length(value),
            Self::Kept(map) => {
                let members = map.iter().map(|(key, value)| length(key) + length(value));
                head_length(map.len() as u64) + members.sum::<usize>()
            }
            Self::Sealed(sealed, _) => sealed.len(),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Number(number) => encode_head(0, *number, out),
            Self::Bytes(bytes) => {
                encode_head(MAJOR_BYTES, bytes.len() as u64, out);
                out.extend_from_slice(bytes);
            }
            Self::Text(text) => {
                encode_head(MAJOR_TEXT, text.len() as u64, out);
                out.extend_from_slice(text.as_bytes());
            }
            Self::True => encode_into(&Value::Bool(true), out),
            Self::List(items) => {
                encode_head(MAJOR_ARRAY, items.len() as u64, out);
                items.iter().for_each(|item| item.write(out));
            }
            Self::Map(fields) => fields.write(out),
            Self::Value(value) => encode_into(value, out),
            Self::Kept(map) => {
                encode_head(MAJOR_MAP, map.len() as u64, out);
                for (key, value) in map.iter() {
                    encode_into(key, out);
                    encode_into(value, out);
                }
            }
            Self::Sealed(sealed, memory) => memory.open_into(sealed, out),
        }
    }
}

impl From<u64> for Borrowed<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl<'a> From<&'a str> for Borrowed<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Borrowed<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<Fields<'a>> for Borrowed<'a> {
    fn from(fields: Fields<'a>) -> Self {
        Self::Map(fields)
    }
}

/// Yes. A no is a field that is not there.
pub(crate) struct Yes;

impl From<Yes> for Borrowed<'_> {
    fn from(_: Yes) -> Self {
        Self::True
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The other way to the same bytes: CTAP's encoder, which has RFC 8949's examples and python-fido2 as its judges.
    #[test]
    fn borrowed_fields_are_written_as_the_same_map_is() {
        let other: Map = [
            (Value::from("zz"), Value::from(vec![Value::int(-1), Value::Null])),
            (Value::int(3), Value::from("number")),
            (Value::from([9, 9]), Value::Bool(false)),
            (Value::from("issuer"), Value::from("an old one")),
        ]
        .into_iter()
        .collect();
        let event: Map = [("time", 70_000_u64)].into_iter().collect();
        let mut code = Fields::new();
        code.put("used", 1_u64 << 40);
        code.put("code", "12-34");
        let memory = crate::memory::tests::key();
        let sealed = memory.seal(&fob_cbor::encode(&Value::from(vec![Value::from("sealed"), Value::Null])));
        let mut fields = Fields::beside(&other);
        fields.put("seed", [7_u8; 300].as_slice());
        fields.put("issuer", "Ümlaut");
        fields.put_if("note", None::<&str>);
        fields.put_if("favourite", Some(Yes));
        fields.put_list("tags", ["b", "a"].into_iter().map(Borrowed::Text));
        fields.put_list("sites", [].into_iter());
        fields.put_list("history", [&event].into_iter().map(Borrowed::Kept));
        fields.put("code", code);
        fields.put("in-memory", Borrowed::Sealed(&sealed, &memory));

        let mut same = other.clone();
        same.insert("seed", [7; 300]);
        same.insert("issuer", "Ümlaut");
        same.insert("favourite", true);
        same.insert("tags", vec![Value::from("b"), Value::from("a")]);
        same.insert("history", vec![Value::Map(event.clone())]);
        let code: Map = [("code", Value::from("12-34")), ("used", Value::from(1_u64 << 40))].into_iter().collect();
        same.insert("code", code);
        same.insert("in-memory", vec![Value::from("sealed"), Value::Null]);
        let bytes = fields.to_bytes();
        assert_eq!(*bytes, fob_cbor::encode(&Value::Map(same)));
        assert_eq!((bytes.len(), bytes.capacity()), (fields.length(), fields.length()), "the buffer did not grow");
    }

    #[test]
    fn padding_ends_on_a_step() {
        for (length, expected) in [(0, 4096), (4090, 4096), (4091, 4096), (4092, 8192)] {
            let bytes = vec![1; length];
            let mut fields = Fields::new();
            fields.put("", bytes.as_slice());
            let padded = fields.padded(4096);
            assert_eq!((padded.len(), padded.capacity()), (expected, expected), "{length}");
            assert!(padded.starts_with(&fields.to_bytes()));
        }
    }
}
