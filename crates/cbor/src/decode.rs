//! From bytes to value (RFC 8949 §3, CTAP 2.3 §8): total, bounded, strict unless told otherwise.

use crate::head::{ARRAY, BYTES, FALSE, Head, Input, MAP, NEGATIVE, NULL, SIMPLE, TAG, TEXT, TRUE, UNSIGNED};
use crate::map::canonical_order;
use crate::{Map, Value};

#[cfg(test)]
mod tests;

/// How much of an encoder's sloppiness is forgiven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// Only CTAP2's canonical form.
    Canonical,
    /// Keys in any order, heads longer than needed and indefinite lengths are taken too. Duplicate keys, bad UTF-8,
    /// deep nesting and trailing bytes are still refused: they let two readers see two messages.
    Lenient,
}

/// What an input may ask of the decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many arrays and maps may stand inside one another. The decoder recurses, so anything above
    /// [`Limits::DEEPEST`] counts as that.
    pub depth: usize,
    /// What is forgiven.
    pub strictness: Strictness,
}

impl Limits {
    /// Depth at which the decoder stops whatever it is told: some 100 bytes of stack a level stay far from the end.
    pub const DEEPEST: usize = 64;
    /// A CTAP message: at most four levels, canonical (CTAP 2.3 §8).
    pub const CTAP: Self = Self { depth: 4, strictness: Strictness::Canonical };
    /// A CTAP message from a peer that does not sort its keys.
    pub const CTAP_LENIENT: Self = Self { depth: 4, strictness: Strictness::Lenient };

    /// Canonical, with another depth.
    #[must_use]
    pub const fn deep(depth: usize) -> Self {
        Self { depth, strictness: Strictness::Canonical }
    }

    /// CTAP's four levels with this strictness.
    #[must_use]
    pub const fn ctap(strictness: Strictness) -> Self {
        Self { depth: 4, strictness }
    }
}

/// Why an input is no CBOR for us, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{fault} at byte {at}")]
pub struct DecodeError {
    /// Offset in bytes at which the decoder stopped.
    pub at: usize,
    /// What it stopped for.
    pub fault: Fault,
}

/// What is wrong with an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The input ends inside an item.
    #[error("the item is cut off")]
    Truncated,
    /// Bytes follow the item.
    #[error("bytes follow the item")]
    TrailingBytes,
    /// More levels than [`Limits::depth`].
    #[error("arrays or maps are nested too deep")]
    TooDeep,
    /// A head longer than it needs to be.
    #[error("a number is not in its shortest form")]
    NotShortest,
    /// An array, map or string of indefinite length.
    #[error("a length is indefinite")]
    Indefinite,
    /// Keys out of canonical order.
    #[error("map keys are out of order")]
    KeyOrder,
    /// One key twice.
    #[error("a map has a key twice")]
    DuplicateKey,
    /// Text that is not UTF-8.
    #[error("text is not UTF-8")]
    Utf8,
    /// Well-formed, but outside the subset: a float, a tag, `undefined` or another simple value.
    #[error("a float, tag or simple value stands where CTAP has none")]
    Unsupported,
    /// Not well-formed: reserved head, stray break, or a chunk of the wrong type.
    #[error("the item is not well-formed")]
    Malformed,
}

/// Decodes the one item that `bytes` are.
///
/// # Errors
/// Names the fault and the offset. [`Fault::TrailingBytes`] if the item ends before the input does.
pub fn decode(bytes: &[u8], limits: Limits) -> Result<Value, DecodeError> {
    let (value, length) = decode_prefix(bytes, limits)?;
    if length == bytes.len() { Ok(value) } else { Err(DecodeError { at: length, fault: Fault::TrailingBytes }) }
}

/// Decodes the item at the start of `bytes` and says how many bytes it took.
///
/// # Errors
/// Names the fault and the offset.
pub fn decode_prefix(bytes: &[u8], limits: Limits) -> Result<(Value, usize), DecodeError> {
    let mut reader = Reader { input: Input::new(bytes), strictness: limits.strictness };
    match reader.item(limits.depth.min(Limits::DEEPEST)) {
        Ok(value) => Ok((value, reader.input.at())),
        Err(fault) => Err(reader.input.stopped(fault)),
    }
}

/// Capacity reserved on the word of a length that has not been seen to be true; growth beyond it is paid for by input.
const RESERVE: usize = 16;

struct Reader<'a> {
    input: Input<'a>,
    strictness: Strictness,
}

impl Reader<'_> {
    fn item(&mut self, depth: usize) -> Result<Value, Fault> {
        let Head { major, argument } = self.head()?;
        match (major, argument) {
            (UNSIGNED, Some(number)) => Ok(Value::Unsigned(number)),
            (NEGATIVE, Some(number)) => Ok(Value::Negative(number)),
            (BYTES, length) => self.string(BYTES, length).map(Value::Bytes),
            (TEXT, length) => self.text(length).map(Value::Text),
            (ARRAY, count) => self.array(count, depth.checked_sub(1).ok_or(Fault::TooDeep)?),
            (MAP, count) => self.map(count, depth.checked_sub(1).ok_or(Fault::TooDeep)?),
            (SIMPLE, Some(FALSE)) => Ok(Value::Bool(false)),
            (SIMPLE, Some(TRUE)) => Ok(Value::Bool(true)),
            (SIMPLE, Some(NULL)) => Ok(Value::Null),
            (TAG | SIMPLE, Some(_)) => Err(Fault::Unsupported),
            _ => Err(Fault::Malformed),
        }
    }

    fn head(&mut self) -> Result<Head, Fault> {
        self.input.head(self.strictness)
    }

    fn text(&mut self, length: Option<u64>) -> Result<String, Fault> {
        String::from_utf8(self.string(TEXT, length)?).map_err(|_| Fault::Utf8)
    }

    /// A byte or text string; chunks, if it is of indefinite length, are each of the same type (RFC 8949 §3.2.3).
    fn string(&mut self, major: u8, length: Option<u64>) -> Result<Vec<u8>, Fault> {
        if let Some(length) = length {
            return self.input.slice(length).map(<[u8]>::to_vec);
        }
        self.indefinite()?;
        let mut whole = Vec::new();
        while !self.input.at_break() {
            let chunk = self.head()?;
            let (true, Some(length)) = (chunk.major == major, chunk.argument) else { return Err(Fault::Malformed) };
            let chunk = self.input.slice(length)?;
            if major == TEXT && std::str::from_utf8(chunk).is_err() {
                return Err(Fault::Utf8);
            }
            whole.extend_from_slice(chunk);
        }
        Ok(whole)
    }

    fn array(&mut self, count: Option<u64>, depth: usize) -> Result<Value, Fault> {
        let mut items = Vec::with_capacity(self.reserve(count));
        let mut left = self.counter(count)?;
        while self.another(&mut left) {
            items.push(self.item(depth)?);
        }
        Ok(Value::Array(items))
    }

    fn map(&mut self, count: Option<u64>, depth: usize) -> Result<Value, Fault> {
        let mut members: Vec<(Value, Value)> = Vec::with_capacity(self.reserve(count));
        let mut left = self.counter(count)?;
        while self.another(&mut left) {
            let key = self.item(depth)?;
            if let Some((last, _)) = members.last()
                && self.strictness == Strictness::Canonical
            {
                match canonical_order(last, &key) {
                    std::cmp::Ordering::Less => {}
                    std::cmp::Ordering::Equal => return Err(Fault::DuplicateKey),
                    std::cmp::Ordering::Greater => return Err(Fault::KeyOrder),
                }
            }
            members.push((key, self.item(depth)?));
        }
        Map::from_distinct(members).map(Value::Map).ok_or(Fault::DuplicateKey)
    }

    fn reserve(&self, count: Option<u64>) -> usize {
        usize::try_from(count.unwrap_or(0)).unwrap_or(RESERVE).min(RESERVE)
    }

    /// What is left of a container: a count, or until the break.
    fn counter(&self, count: Option<u64>) -> Result<Option<u64>, Fault> {
        if count.is_none() {
            self.indefinite()?;
        }
        Ok(count)
    }

    fn another(&mut self, left: &mut Option<u64>) -> bool {
        match left {
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
            None => !self.input.at_break(),
        }
    }

    fn indefinite(&self) -> Result<(), Fault> {
        match self.strictness {
            Strictness::Canonical => Err(Fault::Indefinite),
            Strictness::Lenient => Ok(()),
        }
    }
}
