//! Bytes taken one after the other, and the head of an item among them (RFC 8949 §3): what [`crate::decode()`] and
//! [`crate::Cursor`] have in common.

use crate::{DecodeError, Fault, Strictness};

// Major types.
pub(crate) const UNSIGNED: u8 = 0;
pub(crate) const NEGATIVE: u8 = 1;
pub(crate) const BYTES: u8 = 2;
pub(crate) const TEXT: u8 = 3;
pub(crate) const ARRAY: u8 = 4;
pub(crate) const MAP: u8 = 5;
pub(crate) const TAG: u8 = 6;
pub(crate) const SIMPLE: u8 = 7;

// Arguments of the simple values that CTAP has.
pub(crate) const FALSE: u64 = 20;
pub(crate) const TRUE: u64 = 21;
pub(crate) const NULL: u64 = 22;

/// The end of something of indefinite length.
const BREAK: u8 = 0xff;

/// Bytes, and how many of them have been taken.
#[derive(Debug, Clone)]
pub(crate) struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// The first byte of an item, taken apart, with its argument.
pub(crate) struct Head {
    pub(crate) major: u8,
    /// `None`: indefinite length, or a break.
    pub(crate) argument: Option<u64>,
}

impl<'a> Input<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes have been taken.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// What is left.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// What has been taken since `start`.
    pub(crate) fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// The fault, with the place.
    pub(crate) const fn stopped(&self, fault: Fault) -> DecodeError {
        DecodeError { at: self.at, fault }
    }

    /// Takes a head. Strictly, its argument is as short as it can be; what is indefinite is for the caller to judge.
    pub(crate) fn head(&mut self, strictness: Strictness) -> Result<Head, Fault> {
        let [first] = self.take()?;
        let (major, info) = (first >> 5, first & 0x1f);
        let (argument, least) = match info {
            0..=23 => (u64::from(info), 0),
            24 => (u64::from(u8::from_be_bytes(self.take()?)), 24),
            25 => (u64::from(u16::from_be_bytes(self.take()?)), 0x100),
            26 => (u64::from(u32::from_be_bytes(self.take()?)), 0x1_0000),
            27 => (u64::from_be_bytes(self.take()?), 0x1_0000_0000),
            31 if major >= BYTES && major != TAG => return Ok(Head { major, argument: None }),
            _ => return Err(Fault::Malformed),
        };
        // Behind major type 7 stand the bits of a float or a simple value, not a number with a shortest form.
        if major == SIMPLE && info >= 24 {
            return Err(Fault::Unsupported);
        }
        if argument < least && strictness == Strictness::Canonical {
            return Err(Fault::NotShortest);
        }
        Ok(Head { major, argument: Some(argument) })
    }

    /// Takes a break, if one is next.
    pub(crate) fn at_break(&mut self) -> bool {
        let found = self.bytes.get(self.at) == Some(&BREAK);
        self.at += usize::from(found);
        found
    }

    /// Takes so many bytes, as a head says that there are.
    pub(crate) fn slice(&mut self, length: u64) -> Result<&'a [u8], Fault> {
        let end = usize::try_from(length).ok().and_then(|length| self.at.checked_add(length));
        let slice = end.and_then(|end| self.bytes.get(self.at..end)).ok_or(Fault::Truncated)?;
        self.at += slice.len();
        Ok(slice)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let taken = self.rest().first_chunk().ok_or(Fault::Truncated)?;
        self.at += N;
        Ok(*taken)
    }
}
