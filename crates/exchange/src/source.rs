//! A file that is being read, and how much of it may be.

use crate::{Format, ImportError, Password};

/// Longest file that is read, and longest text that is unpacked or decrypted from one, in bytes. Ten thousand accounts
/// take 4 MiB in the wordiest format; icons in Aegis' files are why it is more.
pub const MAX_FILE: usize = 16 * 1024 * 1024;

/// Most entries of one file. A bound for hostile files: thirty thousand empty ones take two bytes each there and a few
/// hundred here.
pub const MAX_ENTRIES: usize = 30_000;

/// The bytes of a file with what is needed to read them.
pub(crate) struct Source<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) format: Format,
    password: Option<&'a Password>,
}

impl<'a> Source<'a> {
    pub(crate) fn of(bytes: &'a [u8], format: Format, password: Option<&'a Password>) -> Result<Self, ImportError> {
        if bytes.len() > MAX_FILE {
            return Err(ImportError::TooLarge);
        }
        Ok(Self { bytes, format, password })
    }

    /// The password, for files that need one.
    pub(crate) fn password(&self) -> Result<&'a [u8], ImportError> {
        self.password.map(Password::expose).ok_or(ImportError::Encrypted(self.format))
    }

    /// The same file's inner bytes.
    pub(crate) fn inner<'b>(&self, bytes: &'b [u8]) -> Source<'b>
    where
        'a: 'b,
    {
        Source { bytes, format: self.format, password: self.password }
    }

    /// The file as text, without a byte order mark.
    pub(crate) fn text(&self) -> Result<&'a str, ImportError> {
        if self.bytes.starts_with(&[0xff, 0xfe]) || self.bytes.starts_with(&[0xfe, 0xff]) {
            return Err(ImportError::Utf16);
        }
        let text = std::str::from_utf8(self.bytes).map_err(|_| self.damaged("it is not UTF-8 text"))?;
        Ok(text.trim_start_matches('\u{feff}'))
    }

    pub(crate) fn damaged(&self, reason: &'static str) -> ImportError {
        ImportError::Damaged { format: self.format, reason: reason.into() }
    }

    pub(crate) const fn wrong_password(&self) -> ImportError {
        ImportError::WrongPassword(self.format)
    }
}
