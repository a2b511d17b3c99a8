//! Canonical CBOR read in place (CTAP 2.3 §8): nothing is copied and nothing is allocated.
//!
//! For what there are ten thousand of when a program starts; everything else goes through [`crate::decode()`]. A cursor
//! takes what that takes: shortest heads, definite lengths, keys in order, text that is UTF-8.

use std::cmp::Ordering;

use crate::head::{ARRAY, BYTES, FALSE, Head, Input, MAP, NEGATIVE, NULL, SIMPLE, TEXT, TRUE, UNSIGNED};
use crate::{DecodeError, Fault, Limits, Strictness};

#[cfg(test)]
mod tests;

/// A place in bytes that are read. After an error it stands somewhere behind the beginning of what it could not read.
#[derive(Debug, Clone)]
pub struct Cursor<'a>(Input<'a>);

/// Why an item could not be read as what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is no CBOR for us.
    #[error(transparent)]
    Cbor(#[from] DecodeError),
    /// An item of another type stands here.
    #[error("the item has another type")]
    Type,
    /// The integer that stands here does not fit.
    #[error("the number is out of range")]
    Range,
}

/// The keys of a map that is being read: each must come after the one before it. What keys are compared by puts them
/// into canonical order by itself.
#[derive(Debug)]
pub struct Keys<K> {
    left: u64,
    last: Option<K>,
}

/// Texts: the shorter first, then by their bytes.
pub type TextKeys<'a> = Keys<(usize, &'a [u8])>;

/// Keys of any kind, encoded: by major type, then by length, then by their bytes.
pub type AnyKeys<'a> = Keys<(u8, usize, &'a [u8])>;

/// A key of whatever kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key<'a> {
    /// A text.
    Text(&'a str),
    /// Something else, encoded.
    Other(&'a [u8]),
}

impl<'a> Cursor<'a> {
    /// Stands before the first byte.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(Input::new(bytes))
    }

    /// What has not been read.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.0.rest()
    }

    /// Everything must have been read.
    ///
    /// # Errors
    /// [`Fault::TrailingBytes`].
    pub fn end(&self) -> Result<(), DecodeError> {
        if self.rest().is_empty() { Ok(()) } else { Err(self.0.stopped(Fault::TrailingBytes)) }
    }

    /// How many items the array has that begins here, as it says itself: they need not be there.
    ///
    /// # Errors
    /// [`ReadError`] says why it is none.
    pub fn array(&mut self) -> Result<u64, ReadError> {
        self.typed(ARRAY)
    }

    /// The keys of the map that begins here; behind each of them its value is to be read.
    ///
    /// # Errors
    /// [`ReadError`] says why it is none.
    pub fn map<K>(&mut self) -> Result<Keys<K>, ReadError> {
        Ok(Keys { left: self.typed(MAP)?, last: None })
    }

    /// A number from 0 on.
    ///
    /// # Errors
    /// [`ReadError`] says why it is none.
    pub fn unsigned(&mut self) -> Result<u64, ReadError> {
        self.typed(UNSIGNED)
    }

    /// An integer on either side of zero.
    ///
    /// # Errors
    /// [`ReadError`] says why it is none.
    pub fn integer(&mut self) -> Result<i64, ReadError> {
        let (major, argument) = self.head()?;
        let number = i64::try_from(argument).map_err(|_| ReadError::Range)?;
        match major {
            UNSIGNED => Ok(number),
            NEGATIVE => Ok(-1 - number),
            _ => Err(ReadError::Type),
        }
    }

    /// Yes or no.
    ///
    /// # Errors
    /// [`ReadError`] says why it is none.
    pub fn boolean(&mut self) -> Result<bool, ReadError> {
        match self.head()? {
            (SIMPLE, FALSE) => Ok(false),
            (SIMPLE, TRUE) => Ok(true),
            _ => Err(ReadError::Type),
        }
    }

    /// A byte string.
    ///
    /// # Errors
    /// [`ReadError`] says why it is none.
    pub fn bytes(&mut self) -> Result<&'a [u8], ReadError> {
        let length = self.typed(BYTES)?;
        Ok(self.slice(length)?)
    }

    /// A text string.
    ///
    /// # Errors
    /// [`ReadError`] says why it is none.
    pub fn text(&mut self) -> Result<&'a str, ReadError> {
        let length = self.typed(TEXT)?;
        Ok(self.utf8(length)?)
    }

    /// The bytes of the item that begins here, whatever it is, with at most `depth` levels in it, and
    /// [`Limits::DEEPEST`] at most. [`crate::decode()`] takes these bytes with the same depth.
    ///
    /// # Errors
    /// Names the fault and the offset.
    pub fn item(&mut self, depth: usize) -> Result<&'a [u8], DecodeError> {
        let ((), bytes) = self.spanned(|cursor| cursor.skip(depth.min(Limits::DEEPEST)))?;
        Ok(bytes)
    }

    /// What `read` reads, and its bytes.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn spanned<T, E>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<(T, &'a [u8]), E> {
        let start = self.0.at();
        let value = read(self)?;
        Ok((value, self.0.since(start)))
    }

    /// Steps over an item, and gives back what it is if it is a text.
    fn text_or_skip(&mut self, depth: usize) -> Result<Option<&'a str>, DecodeError> {
        let (major, argument) = self.head()?;
        if major == TEXT {
            return self.utf8(argument).map(Some);
        }
        self.skip_rest(major, argument, depth)?;
        Ok(None)
    }

    fn skip(&mut self, depth: usize) -> Result<(), DecodeError> {
        let (major, argument) = self.head()?;
        self.skip_rest(major, argument, depth)
    }

    /// Steps over what stands behind a head.
    fn skip_rest(&mut self, major: u8, argument: u64, depth: usize) -> Result<(), DecodeError> {
        let deeper = || depth.checked_sub(1).ok_or_else(|| self.0.stopped(Fault::TooDeep));
        match major {
            UNSIGNED | NEGATIVE => {}
            BYTES => drop(self.slice(argument)?),
            TEXT => drop(self.utf8(argument)?),
            ARRAY => {
                let depth = deeper()?;
                (0..argument).try_for_each(|_| self.skip(depth))?;
            }
            MAP => {
                let depth = deeper()?;
                let mut keys = AnyKeys { left: argument, last: None };
                while keys.next(self, depth)?.is_some() {
                    self.skip(depth)?;
                }
            }
            SIMPLE if matches!(argument, FALSE | TRUE | NULL) => {}
            _ => return Err(self.0.stopped(Fault::Unsupported)),
        }
        Ok(())
    }

    fn typed(&mut self, expected: u8) -> Result<u64, ReadError> {
        let (major, argument) = self.head()?;
        if major == expected { Ok(argument) } else { Err(ReadError::Type) }
    }

    /// Major type and argument.
    fn head(&mut self) -> Result<(u8, u64), DecodeError> {
        match self.0.head(Strictness::Canonical) {
            Ok(Head { major, argument: Some(argument) }) => Ok((major, argument)),
            // A break where an item must stand.
            Ok(Head { major: SIMPLE, argument: None }) => Err(self.0.stopped(Fault::Malformed)),
            Ok(_) => Err(self.0.stopped(Fault::Indefinite)),
            Err(fault) => Err(self.0.stopped(fault)),
        }
    }

    fn utf8(&mut self, length: u64) -> Result<&'a str, DecodeError> {
        std::str::from_utf8(self.slice(length)?).map_err(|_| self.0.stopped(Fault::Utf8))
    }

    fn slice(&mut self, length: u64) -> Result<&'a [u8], DecodeError> {
        self.0.slice(length).map_err(|fault| self.0.stopped(fault))
    }
}

impl<K: Ord> Keys<K> {
    /// Whether there is another key.
    fn more(&mut self) -> bool {
        let left = self.left.checked_sub(1);
        self.left = left.unwrap_or(0);
        left.is_some()
    }

    /// The key was this.
    fn follow(&mut self, key: K, cursor: &Cursor<'_>) -> Result<(), DecodeError> {
        match self.last.as_ref().map(|last| last.cmp(&key)) {
            None | Some(Ordering::Less) => {}
            Some(Ordering::Equal) => return Err(cursor.0.stopped(Fault::DuplicateKey)),
            Some(Ordering::Greater) => return Err(cursor.0.stopped(Fault::KeyOrder)),
        }
        self.last = Some(key);
        Ok(())
    }
}

impl Keys<u64> {
    /// The next key; none behind the last one.
    ///
    /// # Errors
    /// [`ReadError`] says why it is no number that may stand here.
    pub fn next(&mut self, cursor: &mut Cursor<'_>) -> Result<Option<u64>, ReadError> {
        if !self.more() {
            return Ok(None);
        }
        let key = cursor.unsigned()?;
        self.follow(key, cursor)?;
        Ok(Some(key))
    }
}

impl<'a> TextKeys<'a> {
    /// The next key; none behind the last one.
    ///
    /// # Errors
    /// [`ReadError`] says why it is no text that may stand here.
    pub fn next(&mut self, cursor: &mut Cursor<'a>) -> Result<Option<&'a str>, ReadError> {
        if !self.more() {
            return Ok(None);
        }
        let key = cursor.text()?;
        self.follow((key.len(), key.as_bytes()), cursor)?;
        Ok(Some(key))
    }
}

impl<'a> AnyKeys<'a> {
    /// The next key, which has at most `depth` levels; none behind the last one.
    ///
    /// # Errors
    /// Names the fault and the offset.
    pub fn next(&mut self, cursor: &mut Cursor<'a>, depth: usize) -> Result<Option<Key<'a>>, DecodeError> {
        if !self.more() {
            return Ok(None);
        }
        let (text, bytes) = cursor.spanned(|cursor| cursor.text_or_skip(depth.min(Limits::DEEPEST)))?;
        let major = bytes.first().map_or(0, |head| head >> 5);
        self.follow((major, bytes.len(), bytes), cursor)?;
        Ok(Some(text.map_or(Key::Other(bytes), Key::Text)))
    }
}
