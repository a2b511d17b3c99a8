//! Java's serialised `HashMap<String, String>` (Java Object Serialization Specification, chapter 6), which FreeOTP 2
//! backs up. Only that one class with its two shapes of fields is read; nothing is ever instantiated.

use crate::source::Source;
use crate::{ImportError, MAX_ENTRIES};

/// Stream magic and version.
pub(crate) const MAGIC: &[u8] = b"\xac\xed\x00\x05";

const TC_OBJECT: u8 = 0x73;
const TC_CLASSDESC: u8 = 0x72;
const TC_STRING: u8 = 0x74;
const TC_LONGSTRING: u8 = 0x7c;
const TC_NULL: u8 = 0x70;
const TC_BLOCKDATA: u8 = 0x77;
const TC_ENDBLOCKDATA: u8 = 0x78;

/// The map's entries in the file's order.
pub(crate) fn read_map<'a>(source: &Source<'a>) -> Result<Vec<(&'a str, &'a str)>, ImportError> {
    Stream(source.bytes).map().ok_or_else(|| source.damaged("it is no serialised map of texts"))
}

struct Stream<'a>(&'a [u8]);

impl<'a> Stream<'a> {
    fn map(&mut self) -> Option<Vec<(&'a str, &'a str)>> {
        self.expect(MAGIC)?;
        self.expect(&[TC_OBJECT, TC_CLASSDESC])?;
        (self.text()? == "java.util.HashMap").then_some(())?;
        let field_bytes = self.class_fields()?;
        self.take(field_bytes)?;
        // `writeObject` adds the number of buckets and of entries.
        self.expect(&[TC_BLOCKDATA, 8])?;
        self.take(4)?;
        let count = usize::try_from(u32::from_be_bytes(*self.take(4)?.first_chunk()?)).ok()?;
        (count <= MAX_ENTRIES).then_some(())?;
        let mut entries = Vec::new();
        for _ in 0..count {
            entries.push((self.string()?, self.string()?));
        }
        self.expect(&[TC_ENDBLOCKDATA])?;
        Some(entries)
    }

    /// The rest of the class description; gives the length of the object's own fields. Android's `HashMap` has one
    /// field more since version 7.
    fn class_fields(&mut self) -> Option<usize> {
        let _serial_and_flags = self.take(9)?;
        let count = u16::from_be_bytes(*self.take(2)?.first_chunk()?);
        let mut length = 0;
        for _ in 0..count {
            let kind = self.byte()?;
            self.text()?;
            length += match kind {
                b'F' | b'I' => 4,
                b'J' | b'D' => 8,
                _ => return None,
            };
        }
        self.expect(&[TC_ENDBLOCKDATA, TC_NULL])?;
        Some(length)
    }

    /// A string object. References to earlier ones do not occur: every key and value is its own.
    fn string(&mut self) -> Option<&'a str> {
        match self.byte()? {
            TC_STRING => self.text(),
            TC_LONGSTRING => {
                let length = u64::from_be_bytes(*self.take(8)?.first_chunk()?);
                std::str::from_utf8(self.take(usize::try_from(length).ok()?)?).ok()
            }
            _ => None,
        }
    }

    /// A length of two bytes and text. Java's modified UTF-8 differs from UTF-8 only for NUL and beyond U+FFFF, where
    /// this refuses.
    fn text(&mut self) -> Option<&'a str> {
        let length = u16::from_be_bytes(*self.take(2)?.first_chunk()?);
        std::str::from_utf8(self.take(usize::from(length))?).ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn expect(&mut self, bytes: &[u8]) -> Option<()> {
        (self.take(bytes.len())? == bytes).then_some(())
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}
