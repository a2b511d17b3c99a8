//! Comma-separated values (RFC 4180): quotes around fields, doubled within, line ends inside of them.
//!
//! By hand, for its bounds: a line of nothing but commas makes no more than [`MAX_COLUMNS`] fields.

use zeroize::Zeroizing;

/// Most fields of a row that are kept; the widest export has a dozen.
const MAX_COLUMNS: usize = 64;

/// The rows of a table. Blank lines are passed over.
pub(crate) struct Rows<'a>(pub(crate) &'a str);

impl Iterator for Rows<'_> {
    type Item = Vec<Zeroizing<String>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0 = self.0.trim_start_matches(['\r', '\n']);
        if self.0.is_empty() {
            return None;
        }
        let mut row = Vec::new();
        loop {
            let field = self.field();
            if row.len() < MAX_COLUMNS {
                row.push(field.into_text());
            }
            match self.0.strip_prefix(',') {
                Some(rest) => self.0 = rest,
                None => return Some(row),
            }
        }
    }
}

/// A field as it stands there, between its quotes if it has some.
struct Field<'a> {
    text: &'a str,
    quoted: bool,
}

impl Field<'_> {
    fn into_text(self) -> Zeroizing<String> {
        Zeroizing::new(if self.quoted { self.text.replace("\"\"", "\"") } else { self.text.to_owned() })
    }
}

impl<'a> Rows<'a> {
    /// One field; what is left begins with a comma or a line end, or is nothing.
    fn field(&mut self) -> Field<'a> {
        let Some(quoted) = self.0.strip_prefix('"') else {
            return Field { text: self.take(end_of_field(self.0)), quoted: false };
        };
        self.0 = quoted;
        let text = self.take(end_of_quotes(quoted));
        // What stands between a closing quote and the comma belongs to nothing.
        self.take(end_of_field(self.0));
        Field { text, quoted: true }
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.0.split_at_checked(length).unwrap_or((self.0, ""));
        self.0 = rest;
        taken
    }
}

fn end_of_field(text: &str) -> usize {
    text.bytes().position(|byte| matches!(byte, b',' | b'\r' | b'\n')).unwrap_or(text.len())
}

/// Where the quote is that no other follows. Without one all that is left is the field.
fn end_of_quotes(text: &str) -> usize {
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((place, byte)) = bytes.next() {
        if byte == b'"' && bytes.next_if(|(_, next)| *next == b'"').is_none() {
            return place;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 4180 section 2, and what spreadsheets make of them.
    #[test]
    fn fields_are_quoted_as_the_standard_says() {
        for (text, expected) in [
            ("aaa,bbb\r\nzzz,yyy\r\n", vec![vec!["aaa", "bbb"], vec!["zzz", "yyy"]]),
            ("\"aaa\",\"b\r\nbb\"\nzzz", vec![vec!["aaa", "b\r\nbb"], vec!["zzz"]]),
            ("\"a\"\"aa\",,\n\n", vec![vec!["a\"aa", "", ""]]),
            ("\"open,\n", vec![vec!["open,\n"]]),
            ("\"a\"x,b", vec![vec!["a", "b"]]),
            ("", vec![]),
        ] {
            let rows: Vec<Vec<_>> = Rows(text).map(|row| row.iter().map(|field| field.to_string()).collect()).collect();
            assert_eq!(rows, expected, "{text:?}");
        }
    }

    #[test]
    fn a_line_of_commas_has_few_fields() {
        let wide = ",".repeat(1000);
        assert_eq!(Rows(&wide).map(|row| row.len()).collect::<Vec<_>>(), [MAX_COLUMNS]);
    }
}
