//! Keys out of the bytes of a terminal (ECMA-48, xterm). What is no key that counts is swallowed whole: an arrow key is
//! not three characters of a passphrase, and what a terminal answers by itself is none either.

use zeroize::Zeroize;

/// A key, or what the terminal tells in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// A character.
    Character(char),
    /// Enter.
    Enter,
    /// Takes back a character.
    Back,
    /// Takes back all of them.
    Clear,
    /// Ctrl-C, Ctrl-D or Ctrl-\.
    Stop,
    /// The terminal's window has the focus from now on.
    FocusIn,
    /// It has lost it.
    FocusOut,
    /// Something else.
    Other,
}

/// Longest string that a terminal sends by itself, in bytes, before it is taken for one that never ends.
const LONGEST_STRING: u16 = 1024;

/// Where in a sequence it is.
#[derive(Debug, Default)]
enum Place {
    #[default]
    Between,
    Escape,
    /// Behind `ESC [`; how many bytes of it have come.
    Sequence(u16),
    /// Behind `ESC O`: one byte more.
    Single,
    /// In a string (OSC, DCS …), and whether the byte before was an escape.
    String(u16, bool),
    /// In a character of UTF-8 of this length.
    Character(usize),
}

/// Reads keys.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    place: Place,
    character: [u8; 4],
    come: usize,
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.character.zeroize();
    }
}

impl Keys {
    /// The key that this byte completes.
    pub(crate) fn byte(&mut self, byte: u8) -> Option<Key> {
        match std::mem::take(&mut self.place) {
            Place::Between => self.first(byte),
            Place::Escape => {
                match byte {
                    b'[' => self.place = Place::Sequence(0),
                    b'O' => self.place = Place::Single,
                    b']' | b'P' | b'X' | b'^' | b'_' => self.place = Place::String(0, false),
                    0x1b => self.place = Place::Escape,
                    // Alt and a key.
                    _ => return Some(Key::Other),
                }
                None
            }
            Place::Single => Some(Key::Other),
            Place::Sequence(length) => match (byte, length) {
                (b'I', 0) => Some(Key::FocusIn),
                (b'O', 0) => Some(Key::FocusOut),
                (0x40..=0x7e, _) => Some(Key::Other),
                (0x20..=0x3f, ..LONGEST_STRING) => {
                    self.place = Place::Sequence(length + 1);
                    None
                }
                // Broken off: the byte stands for itself.
                _ => self.first(byte),
            },
            Place::String(length, escaped) => match (byte, escaped, length) {
                (0x07, ..) | (b'\\', true, _) => Some(Key::Other),
                (_, _, ..LONGEST_STRING) => {
                    self.place = Place::String(length + 1, byte == 0x1b);
                    None
                }
                _ => Some(Key::Other),
            },
            Place::Character(length) => self.more(byte, length),
        }
    }

    fn first(&mut self, byte: u8) -> Option<Key> {
        let length = match byte {
            b'\r' | b'\n' => return Some(Key::Enter),
            0x7f | 0x08 => return Some(Key::Back),
            0x15 | 0x17 => return Some(Key::Clear),
            0x03 | 0x04 | 0x1c => return Some(Key::Stop),
            0x1b => {
                self.place = Place::Escape;
                return None;
            }
            0x20..=0x7e => return Some(Key::Character(char::from(byte))),
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            // Other controls, and bytes that begin nothing.
            _ => return Some(Key::Other),
        };
        self.character[0] = byte;
        self.come = 1;
        self.place = Place::Character(length);
        None
    }

    fn more(&mut self, byte: u8, length: usize) -> Option<Key> {
        if !matches!(byte, 0x80..=0xbf) {
            self.character.zeroize();
            return self.first(byte);
        }
        if let Some(place) = self.character.get_mut(self.come) {
            *place = byte;
        }
        self.come += 1;
        if self.come < length {
            self.place = Place::Character(length);
            return None;
        }
        let text = std::str::from_utf8(self.character.get(..length).unwrap_or_default());
        let key = text.ok().and_then(|text| text.chars().next()).map_or(Key::Other, Key::Character);
        self.character.zeroize();
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(bytes: &[u8]) -> Vec<Key> {
        let mut keys = Keys::default();
        bytes.iter().filter_map(|byte| keys.byte(*byte)).collect()
    }

    fn characters(text: &str) -> Vec<Key> {
        text.chars().map(Key::Character).collect()
    }

    #[test]
    fn characters_are_whole() {
        for text in ["abc", "pä", "密码", "🔑", "a b~"] {
            assert_eq!(keys(text.as_bytes()), characters(text), "{text}");
        }
    }

    #[test]
    fn keys_have_their_bytes() {
        for (bytes, key) in [
            (&b"\r"[..], Key::Enter),
            (b"\n", Key::Enter),
            (b"\x7f", Key::Back),
            (b"\x08", Key::Back),
            (b"\x15", Key::Clear),
            (b"\x03", Key::Stop),
            (b"\x04", Key::Stop),
            (b"\x1b[I", Key::FocusIn),
            (b"\x1b[O", Key::FocusOut),
            (b"\x1b[A", Key::Other),
            (b"\x1bOP", Key::Other),
            (b"\x1b[1;5C", Key::Other),
            (b"\x1b[200~", Key::Other),
            (b"\x1by", Key::Other),
            (b"\x1b]11;rgb:0000/0000/0000\x1b\\", Key::Other),
            (b"\x1b]11;rgb:0000/0000/0000\x07", Key::Other),
            (b"\x1bP>|xterm(390)\x1b\\", Key::Other),
            (b"\0", Key::Other),
            (b"\x1a", Key::Other),
            (b"\xff", Key::Other),
            (b"\xc0", Key::Other),
        ] {
            assert_eq!(keys(bytes), [key], "{bytes:?}");
        }
    }

    #[test]
    fn what_is_broken_takes_nothing_that_follows_with_it() {
        for bytes in [&b"\xe5\xaf"[..], b"\xe5", b"\xf0\x9f", b"\x1b[1;", b"\x1b["] {
            let mut broken = bytes.to_vec();
            broken.push(b'\r');
            assert_eq!(keys(&broken).last(), Some(&Key::Enter), "{bytes:?}");
        }
        let mut endless = b"\x1b]".to_vec();
        endless.resize(3_000, b'x');
        assert!(keys(&endless).contains(&Key::Character('x')), "a string that never ends is given up");
        // Surrogates and numbers beyond the last character.
        assert_eq!(keys(b"\xed\xa0\x80"), [Key::Other]);
        assert_eq!(keys(b"\xf4\x90\x80\x80"), [Key::Other]);
    }
}
