//! Text from outside, made harmless once more, by the process that shows it.
//!
//! fobd has done so already (`fob_otp::printable`). A prompt does not count on that, and is stricter: nothing invisible
//! may stand in a name that a decision hangs on, and no name may push what follows it off the screen.

use fob_otp::printable;
use unicode_width::UnicodeWidthChar;

/// Most characters of one text.
pub const LONGEST_TEXT: usize = 256;
/// Most characters in a row that take no room, such as accents. Vietnamese and pointed Hebrew need two or three; a stack
/// of fifty covers the lines around it.
const STACKED: usize = 4;
/// What stands for a text of which nothing is left.
const NOTHING: &str = "(no name)";

/// A text of one line, without control, bidirectional, invisible, private and meaningless characters, with single spaces,
/// of at most [`LONGEST_TEXT`] characters; never empty. Markup and look-alike letters are what they were: it is for a
/// face to show it as plain text, and for [`Site`](crate::Site) to show a domain in ASCII.
#[must_use]
pub fn harmless(text: &str) -> String {
    // More than is shown, less than would cost anything.
    let (text, mut cut) = match text.char_indices().nth(16 * LONGEST_TEXT) {
        Some((end, _)) => (text.get(..end).unwrap_or_default(), true),
        None => (text, false),
    };
    let text = printable(text);
    let mut kept = Kept::default();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if kept.length >= LONGEST_TEXT {
            cut = true;
            break;
        }
        kept.take(character, characters.peek().copied());
    }
    let mut text = kept.text.trim_end().to_owned();
    if text.is_empty() {
        return NOTHING.to_owned();
    }
    if cut {
        text.push('…');
    }
    text
}

/// What is kept of a text so far.
#[derive(Default)]
struct Kept {
    text: String,
    length: usize,
    stacked: usize,
}

impl Kept {
    fn take(&mut self, character: char, next: Option<char>) {
        let last = self.text.chars().next_back();
        if is_blank(character) {
            if last.is_some_and(|last| last != ' ') {
                self.push(' ');
            }
        } else if is_joiner(character) {
            // Between letters that are joined, or parts of a picture: never in a Latin name, where it only hides.
            if joins(last) && joins(next) && last.is_some_and(|last| !is_joiner(last)) {
                self.push(character);
            }
        } else if is_meaningless(character) {
        } else if character.width() == Some(0) {
            // An accent needs a letter below it.
            if last.is_some_and(|last| last != ' ') && self.stacked < STACKED {
                self.stacked += 1;
                self.push(character);
            }
        } else {
            self.stacked = 0;
            self.push(character);
        }
    }

    fn push(&mut self, character: char) {
        self.text.push(character);
        self.length += 1;
    }
}

fn joins(character: Option<char>) -> bool {
    character.is_some_and(|character| !character.is_ascii() && !is_blank(character))
}

const fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}')
}

/// Looks like a space: all of Unicode's, and letters that have no ink (Hangul fillers, the empty Braille cell).
const fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}' | '\u{180e}')
}

/// Private use, which a font may draw as anything, and what is no character at all.
const fn is_meaningless(character: char) -> bool {
    matches!(character,
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fffc}'
        // Invisible operators, and the grapheme joiner.
        | '\u{2060}'..='\u{2064}' | '\u{34f}' | '\u{17b4}' | '\u{17b5}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0080}'..='\u{e0fff}')
        || (character as u32) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_plain_stays_as_it_is() {
        for text in
            ["GitHub (ada)", "Büro", "日本語テスト", "👩\u{200d}💻 work", "می\u{200c}خواهم", "Đặng", "a <b>c</b> & d"]
        {
            assert_eq!(harmless(text), text);
        }
    }

    proptest! {
        #[test]
        fn nothing_that_moves_hides_or_fills_the_screen_is_ever_left(text in "\\PC*|[\\s\\S]{0,300}|(\\u{301}|\\u{202e}|\\u{e000}|a){0,600}") {
            let shown = harmless(&text);
            prop_assert!(!shown.is_empty() && shown.chars().count() <= LONGEST_TEXT + 1);
            prop_assert!(!shown.contains("  ") && shown.trim() == shown);
            let moves = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            prop_assert!(!shown.contains(moves));
            let mut stacked = 0;
            for character in shown.chars().filter(|&c| !is_joiner(c)) {
                stacked = if character.width() == Some(0) { stacked + 1 } else { 0 };
                prop_assert!(stacked <= STACKED);
            }
        }
    }
}
