//! Text from outside, made fit to be shown.

use std::borrow::Cow;

/// The text without what could move, hide or reorder other text: control characters (terminal escapes among them) and
/// bidirectional, invisible-format and tag characters go, line ends and tabs become a space.
///
/// For every issuer, account, device or site name before it meets a terminal or a prompt. It changes nothing else: a
/// name in letters that look like others is still that name.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().all(|character| fate(character) == Fate::Stay) {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().filter_map(|character| match fate(character) {
        Fate::Stay => Some(character),
        Fate::Space => Some(' '),
        Fate::Go => None,
    });
    Cow::Owned(kept.collect())
}

/// The beginning of a name, cut to so many characters, without spaces around it: read again it is the same.
pub(crate) fn beginning(name: &str, most: usize) -> String {
    name.trim().chars().take(most).collect::<String>().trim_end().to_owned()
}

#[derive(PartialEq, Eq)]
enum Fate {
    Stay,
    Space,
    Go,
}

fn fate(character: char) -> Fate {
    match character {
        '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Fate::Space,
        // Arabic letter mark, left-to-right and right-to-left marks, embeddings and overrides, isolates and the
        // deprecated formats after them (Unicode's Bidi_Control and its neighbours).
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' => Fate::Go,
        // Soft hyphen, zero-width space, byte order mark, interlinear annotations, tags. Joiners stay: emoji and
        // several scripts need them.
        '\u{ad}' | '\u{200b}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => Fate::Go,
        character if character.is_control() => Fate::Go,
        _ => Fate::Stay,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_the_cursor_or_turns_text_around_is_left() {
        for (case, text, expected) in [
            ("plain", "GitHub", "GitHub"),
            ("umlauts and emoji", "Büro 👩\u{200d}💻", "Büro 👩\u{200d}💻"),
            ("a colour", "\u{1b}[31mred", "[31mred"),
            ("a one-byte escape of eight bits", "\u{9b}2Jgone", "2Jgone"),
            ("a carriage return over the line", "good\rbad", "good bad"),
            ("lines", "a\r\nb\tc", "a  b c"),
            ("a NUL", "a\0b", "ab"),
            ("delete", "a\u{7f}b", "ab"),
            ("an override", "moc.\u{202e}elgoog", "moc.elgoog"),
            ("an isolate", "\u{2067}x\u{2069}", "x"),
            ("marks", "\u{200e}x\u{200f}\u{61c}", "x"),
            ("an invisible space", "pay\u{200b}pal", "paypal"),
            ("tags", "a\u{e0041}\u{e007f}", "a"),
            ("a paragraph separator", "a\u{2029}b", "a b"),
        ] {
            assert_eq!(printable(text), expected, "{case}");
        }
    }

    #[test]
    fn harmless_text_is_not_copied() {
        assert!(matches!(printable("GitHub (ada)"), Cow::Borrowed(_)));
    }
}
