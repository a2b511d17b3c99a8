//! Canonical CBOR read in place (CTAP 2.3 §8): nothing is copied and nothing is allocated.
//!
//! For what there are ten thousand of when a key starts; everything else goes through `fob_cbor::decode`. It takes what
//! that takes: shortest heads, definite lengths, keys in order, text that is UTF-8.

use std::cmp::Ordering;

use fob_cbor::{DecodeError, Fault};
use fob_ctap::Malformed;
use fob_ctap::member::Member;

use super::StateError;

const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const SIMPLE: u8 = 7;

const FALSE: u64 = 20;
const TRUE: u64 = 21;
const NULL: u64 = 22;

/// A place in bytes that are read.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// The keys of a map that is being read: each must come after the one before it. What keys are compared by puts them
/// into canonical order by itself.
#[derive(Debug)]
pub(super) struct Keys<K> {
    left: u64,
    last: Option<K>,
}

/// Texts: the shorter first, then by their bytes.
pub(super) type TextKeys<'a> = Keys<(usize, &'a [u8])>;

/// Keys of any kind, encoded: by major type, then by length, then by their bytes.
type AnyKeys<'a> = Keys<(u8, usize, &'a [u8])>;

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Everything must have been read.
    pub(super) fn end(&self) -> Result<(), StateError> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.stopped(Fault::TrailingBytes)) }
    }

    /// How many items the array has that begins here.
    pub(super) fn array(&mut self, member: Member) -> Result<u64, StateError> {
        self.typed(ARRAY, member)
    }

    /// The keys of the map that begins here; behind each of them its value is to be read.
    pub(super) fn map<K>(&mut self, member: Member) -> Result<Keys<K>, StateError> {
        Ok(Keys { left: self.typed(MAP, member)?, last: None })
    }

    pub(super) fn unsigned(&mut self, member: Member) -> Result<u64, StateError> {
        self.typed(UNSIGNED, member)
    }

    pub(super) fn integer(&mut self, member: Member) -> Result<i64, StateError> {
        let (major, argument) = self.head()?;
        let number = i64::try_from(argument).map_err(|_| Malformed::Value(member))?;
        match major {
            UNSIGNED => Ok(number),
            NEGATIVE => Ok(-1 - number),
            _ => Err(Malformed::Type(member).into()),
        }
    }

    pub(super) fn boolean(&mut self, member: Member) -> Result<bool, StateError> {
        match self.head()? {
            (SIMPLE, FALSE) => Ok(false),
            (SIMPLE, TRUE) => Ok(true),
            _ => Err(Malformed::Type(member).into()),
        }
    }

    pub(super) fn bytes(&mut self, member: Member) -> Result<&'a [u8], StateError> {
        let length = self.typed(BYTES, member)?;
        self.slice(length)
    }

    pub(super) fn text(&mut self, member: Member) -> Result<&'a str, StateError> {
        let length = self.typed(TEXT, member)?;
        std::str::from_utf8(self.slice(length)?).map_err(|_| self.stopped(Fault::Utf8))
    }

    /// The bytes of the item that begins here, with at most `depth` levels in it.
    pub(super) fn item(&mut self, depth: usize) -> Result<&'a [u8], StateError> {
        let start = self.at;
        self.skip(depth)?;
        Ok(self.bytes.get(start..self.at).unwrap_or_default())
    }

    /// What `read` reads, and its bytes.
    pub(super) fn spanned<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, StateError>,
    ) -> Result<(T, &'a [u8]), StateError> {
        let start = self.at;
        let value = read(self)?;
        Ok((value, self.bytes.get(start..self.at).unwrap_or_default()))
    }

    fn skip(&mut self, depth: usize) -> Result<(), StateError> {
        let (major, argument) = self.head()?;
        let deeper = || depth.checked_sub(1).ok_or_else(|| self.stopped(Fault::TooDeep));
        match major {
            UNSIGNED | NEGATIVE => {}
            BYTES => drop(self.slice(argument)?),
            TEXT => {
                let text = self.slice(argument)?;
                std::str::from_utf8(text).map_err(|_| self.stopped(Fault::Utf8))?;
            }
            ARRAY => {
                let depth = deeper()?;
                (0..argument).try_for_each(|_| self.skip(depth))?;
            }
            MAP => {
                let depth = deeper()?;
                let mut keys = AnyKeys { left: argument, last: None };
                while keys.more() {
                    let (_, key) = self.spanned(|cursor| cursor.skip(depth))?;
                    let major = key.first().map_or(0, |head| head >> 5);
                    keys.follow((major, key.len(), key), self)?;
                    self.skip(depth)?;
                }
            }
            SIMPLE if matches!(argument, FALSE | TRUE | NULL) => {}
            _ => return Err(self.stopped(Fault::Unsupported)),
        }
        Ok(())
    }

    fn typed(&mut self, expected: u8, member: Member) -> Result<u64, StateError> {
        let (major, argument) = self.head()?;
        if major == expected { Ok(argument) } else { Err(Malformed::Type(member).into()) }
    }

    /// Major type and argument (RFC 8949 §3).
    fn head(&mut self) -> Result<(u8, u64), StateError> {
        let [first] = self.take()?;
        let (major, info) = (first >> 5, first & 0x1f);
        let (argument, least) = match info {
            0..=23 => (u64::from(info), 0),
            24 => (u64::from(u8::from_be_bytes(self.take()?)), 24),
            25 => (u64::from(u16::from_be_bytes(self.take()?)), 0x100),
            26 => (u64::from(u32::from_be_bytes(self.take()?)), 0x1_0000),
            27 => (u64::from_be_bytes(self.take()?), 0x1_0000_0000),
            31 => return Err(self.stopped(Fault::Indefinite)),
            _ => return Err(self.stopped(Fault::Malformed)),
        };
        if major == SIMPLE && info >= 24 {
            return Err(self.stopped(Fault::Unsupported));
        }
        if argument < least {
            return Err(self.stopped(Fault::NotShortest));
        }
        Ok((major, argument))
    }

    fn slice(&mut self, length: u64) -> Result<&'a [u8], StateError> {
        let end = usize::try_from(length).ok().and_then(|length| self.at.checked_add(length));
        let slice = end.and_then(|end| self.bytes.get(self.at..end)).ok_or_else(|| self.stopped(Fault::Truncated))?;
        self.at += slice.len();
        Ok(slice)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], StateError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = rest.first_chunk().ok_or_else(|| self.stopped(Fault::Truncated))?;
        self.at += N;
        Ok(*taken)
    }

    const fn stopped(&self, fault: Fault) -> StateError {
        StateError::Cbor(DecodeError { at: self.at, fault })
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
    fn follow(&mut self, key: K, cursor: &Cursor<'_>) -> Result<(), StateError> {
        match self.last.as_ref().map(|last| last.cmp(&key)) {
            None | Some(Ordering::Less) => {}
            Some(Ordering::Equal) => return Err(cursor.stopped(Fault::DuplicateKey)),
            Some(Ordering::Greater) => return Err(cursor.stopped(Fault::KeyOrder)),
        }
        self.last = Some(key);
        Ok(())
    }
}

impl Keys<u64> {
    /// The next key; none behind the last one.
    pub(super) fn next(&mut self, cursor: &mut Cursor<'_>, member: Member) -> Result<Option<u64>, StateError> {
        if !self.more() {
            return Ok(None);
        }
        let key = cursor.unsigned(member)?;
        self.follow(key, cursor)?;
        Ok(Some(key))
    }
}

impl<'a> TextKeys<'a> {
    /// The next key; none behind the last one.
    pub(super) fn next(&mut self, cursor: &mut Cursor<'a>, member: Member) -> Result<Option<&'a str>, StateError> {
        if !self.more() {
            return Ok(None);
        }
        let key = cursor.text(member)?;
        self.follow((key.len(), key.as_bytes()), cursor)?;
        Ok(Some(key))
    }
}

#[cfg(test)]
mod tests {
    use fob_cbor::{Limits, decode};
    use proptest::prelude::*;

    use super::*;

    const DEPTH: usize = 8;

    fn ours(bytes: &[u8]) -> Option<DecodeError> {
        let mut cursor = Cursor::new(bytes);
        match cursor.item(DEPTH).and_then(|_| cursor.end()) {
            Err(StateError::Cbor(error)) => Some(error),
            Err(error) => panic!("{error}"),
            Ok(()) => None,
        }
    }

    #[test]
    fn items_of_the_standard_are_stepped_over_and_their_broken_kin_are_not() {
        // RFC 8949 appendix A, and the rules of CTAP 2.3 §8 on maps.
        let digits = |text: &str| data_encoding(text);
        for whole in [
            "00",
            "1818",
            "1903e8",
            "1bffffffffffffffff",
            "3863",
            "f4",
            "f5",
            "f6",
            "4401020304",
            "6449455446",
            "80",
            "83010203",
            "8301820203820405",
            "a201020304",
            "a26161016162820203",
            "a2613102623130f6",
            "a20a016162f4",
        ] {
            assert_eq!(ours(&digits(whole)), None, "{whole}");
        }
        for (broken, fault) in [
            ("", Fault::Truncated),
            ("18", Fault::Truncated),
            ("1801", Fault::NotShortest),
            ("5f42010243030405ff", Fault::Indefinite),
            ("9fff", Fault::Indefinite),
            ("1c", Fault::Malformed),
            ("f90000", Fault::Unsupported),
            ("f7", Fault::Unsupported),
            ("c11a514b67b0", Fault::Unsupported),
            ("62c328", Fault::Utf8),
            ("4401", Fault::Truncated),
            ("9bffffffffffffffff", Fault::Truncated),
            ("a203040102", Fault::KeyOrder),
            ("a201020102", Fault::DuplicateKey),
            ("a2626161016162f4", Fault::KeyOrder),
            ("0000", Fault::TrailingBytes),
            ("818181818181818180", Fault::TooDeep),
        ] {
            assert_eq!(ours(&digits(broken)).map(|error| error.fault), Some(fault), "{broken}");
        }
    }

    fn data_encoding(text: &str) -> Vec<u8> {
        let nibble = |digit: u8| char::from(digit).to_digit(16).unwrap() as u8;
        text.as_bytes().chunks(2).map(|pair| nibble(pair[0]) << 4 | nibble(pair[1])).collect()
    }

    proptest! {
        #[test]
        fn it_takes_what_the_decoder_takes(bytes in proptest::collection::vec(prop_oneof![
            any::<u8>(), prop::sample::select(&[0xa1, 0xa2, 0x81, 0x82, 0x41, 0x61, 0x00, 0x01, 0xf4, 0xf6][..])
        ], 0..24)) {
            prop_assert_eq!(ours(&bytes).is_none(), decode(&bytes, Limits::deep(DEPTH)).is_ok());
        }
    }
}
