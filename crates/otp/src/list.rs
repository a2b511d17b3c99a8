//! Lists of URIs, one a line: what many programs export as plain text.
//!
//! Each line stands for itself: one bad line never keeps the others out, and the report says what became of each.

use crate::{Account, Parsed, UriError};

/// Longest list that is read, in bytes: room for tens of thousands of accounts.
pub const MAX_LIST: usize = 4 * 1024 * 1024;

/// What became of one line.
#[derive(Debug)]
pub struct ListLine {
    /// Counted from 1 through all lines of the file, as an editor does.
    pub number: usize,
    /// The account, or why there is none.
    pub outcome: Result<Parsed, UriError>,
}

/// Why a list was not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// Longer than [`MAX_LIST`].
    #[error("the list has {length} bytes, at most {MAX_LIST} are read")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// It begins with the byte order mark of UTF-16.
    #[error("the list is UTF-16 text: save it as UTF-8")]
    Utf16,
}

/// Reads a list. Blank lines and lines that begin with `#` are passed over; so are a byte order mark and carriage
/// returns. The text stays the caller's to wipe.
///
/// # Errors
/// [`ListError`] if nothing of it can be read; what is wrong with single lines stands in the lines.
pub fn read_list(text: &[u8]) -> Result<Vec<ListLine>, ListError> {
    if text.len() > MAX_LIST {
        return Err(ListError::TooLong { length: text.len() });
    }
    if text.starts_with(&[0xff, 0xfe]) || text.starts_with(&[0xfe, 0xff]) {
        return Err(ListError::Utf16);
    }
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).enumerate();
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with(b"#"));
    Ok(lines.map(|(index, line)| ListLine { number: index + 1, outcome: read_line(line) }).collect())
}

fn read_line(line: &[u8]) -> Result<Parsed, UriError> {
    Account::from_uri(std::str::from_utf8(line).map_err(|_| UriError::NotText)?)
}

#[cfg(test)]
mod tests;
