//! A secret while it is typed: in one place, which is kept out of the swap and of dumps, and wiped.

#![allow(unsafe_code, reason = "mlock(2) and madvise(2) take an address; they change nothing that Rust relies on")]

use std::fmt;
use std::io::{self, Write};

use zeroize::Zeroize;

/// Most bytes of a secret; fobd reads no more.
pub const LONGEST_SECRET: usize = 1024;
/// A page, and room for a secret with its line end in it. The heap's pages are locked whole, so it has one to itself.
const PAGE: usize = 4096;

#[repr(align(4096))]
struct Page([u8; PAGE]);

/// What was typed so far.
pub struct Typed {
    // Never moved: the kernel was told of this address.
    page: Box<Page>,
    length: usize,
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed(..)")
    }
}

impl Default for Typed {
    fn default() -> Self {
        Self::nothing()
    }
}

impl Typed {
    /// Nothing yet. The page is locked where the limit for that allows it; asking is better than not asking.
    #[must_use]
    pub fn nothing() -> Self {
        let mut page = Box::new(Page([0; PAGE]));
        let address = (&raw mut *page).cast();
        // SAFETY: the page is a live allocation of exactly these bytes, and stays where it is until `drop`.
        unsafe {
            let _ = rustix::mm::mlock(address, PAGE);
            let _ = rustix::mm::madvise(address, PAGE, rustix::mm::Advice::LinuxDontDump);
        }
        Self { page, length: 0 }
    }

    /// Adds a character; `false` where there is no room for it, or it would end the line.
    pub fn push(&mut self, character: char) -> bool {
        let mut bytes = [0; 4];
        let encoded = character.encode_utf8(&mut bytes).as_bytes();
        let end = self.length + encoded.len();
        let fits = end <= LONGEST_SECRET && !matches!(character, '\n' | '\r' | '\0');
        if fits && let Some(room) = self.page.0.get_mut(self.length..end) {
            room.copy_from_slice(encoded);
            self.length = end;
        }
        bytes.zeroize();
        fits
    }

    /// Takes the last character away.
    pub fn pop(&mut self) {
        let last = self.expose().chars().next_back().map_or(0, char::len_utf8);
        let start = self.length - last;
        if let Some(gone) = self.page.0.get_mut(start..self.length) {
            gone.zeroize();
        }
        self.length = start;
    }

    /// Takes all of it away.
    pub fn clear(&mut self) {
        self.page.0.zeroize();
        self.length = 0;
    }

    /// Whether nothing was typed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        let bytes = self.page.0.get(..self.length).unwrap_or_default();
        std::str::from_utf8(bytes).expect("only whole characters come and go")
    }

    /// Writes it as a line, from where it lies, and forgets it.
    ///
    /// # Errors
    /// The pipe's; it is forgotten then too.
    pub fn send(&mut self, to: &mut impl Write) -> io::Result<()> {
        let end = self.length;
        if let Some(byte) = self.page.0.get_mut(end) {
            *byte = b'\n';
        }
        let sent = to.write_all(self.page.0.get(..=end).unwrap_or_default()).and_then(|()| to.flush());
        self.clear();
        sent
    }
}

impl Drop for Typed {
    fn drop(&mut self) {
        self.clear();
        let address = (&raw mut *self.page).cast();
        // SAFETY: the same page as in `nothing`, which is freed only after this.
        unsafe {
            let _ = rustix::mm::madvise(address, PAGE, rustix::mm::Advice::LinuxDoDump);
            let _ = rustix::mm::munlock(address, PAGE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_come_and_go_whole() {
        let mut typed = Typed::nothing();
        for character in "pä🔑".chars() {
            assert!(typed.push(character));
        }
        typed.pop();
        typed.pop();
        assert_eq!(typed.expose(), "p");
        typed.pop();
        typed.pop();
        assert!(typed.is_empty());
    }

    #[test]
    fn a_secret_has_a_longest_length_and_no_line_end() {
        let mut typed = Typed::nothing();
        for character in ['\n', '\r', '\0'] {
            assert!(!typed.push(character));
        }
        let taken = (0..2_000).filter(|_| typed.push('ä')).count();
        assert_eq!(taken, LONGEST_SECRET / 2);
    }

    #[test]
    fn what_was_sent_is_wiped() {
        let mut typed = Typed::nothing();
        "correct horse".chars().for_each(|character| assert!(typed.push(character)));
        let mut sent = Vec::new();
        typed.send(&mut sent).unwrap();
        assert_eq!(sent, b"correct horse\n");
        assert!(typed.page.0.iter().all(|&byte| byte == 0));
    }

    #[test]
    fn what_was_taken_back_is_wiped() {
        let mut typed = Typed::nothing();
        "abc".chars().for_each(|character| assert!(typed.push(character)));
        typed.pop();
        assert_eq!(typed.page.0[..4], *b"ab\0\0");
        typed.clear();
        assert_eq!(typed.page.0[..4], [0; 4]);
        assert_eq!(format!("{typed:?}"), "Typed(..)");
    }
}
