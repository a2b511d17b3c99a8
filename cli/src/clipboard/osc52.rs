//! OSC 52 (xterm's control sequences, "Manipulate Selection Data"): a sequence that fills the clipboard of the terminal,
//! wherever it stands. The terminal never answers, and some let nobody do it.

use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::choice::Between;

/// Fills the clipboard.
#[must_use]
pub fn set(code: &str, between: Between) -> Zeroizing<String> {
    let payload = Zeroizing::new(BASE64.encode(code.as_bytes()));
    Zeroizing::new(wrapped(&payload, between))
}

/// Empties it. tmux takes no empty text, so it gets a space.
#[must_use]
pub fn clear(between: Between) -> String {
    match between {
        Between::Tmux => wrapped(&BASE64.encode(b" "), between),
        Between::Nothing | Between::Screen => wrapped("", between),
    }
}

fn wrapped(payload: &str, between: Between) -> String {
    match between {
        Between::Nothing | Between::Tmux => format!("\u{1b}]52;c;{payload}\u{7}"),
        // A device control string, which screen passes on to its terminal.
        Between::Screen => format!("\u{1b}P\u{1b}]52;c;{payload}\u{7}\u{1b}\\"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 287082 | base64` is Mjg3MDgy.
    #[test]
    fn a_code_goes_and_comes_in_the_terminals_words() {
        for (between, filled, emptied) in [
            (Between::Nothing, "\u{1b}]52;c;Mjg3MDgy\u{7}", "\u{1b}]52;c;\u{7}"),
            (Between::Tmux, "\u{1b}]52;c;Mjg3MDgy\u{7}", "\u{1b}]52;c;IA==\u{7}"),
            (Between::Screen, "\u{1b}P\u{1b}]52;c;Mjg3MDgy\u{7}\u{1b}\\", "\u{1b}P\u{1b}]52;c;\u{7}\u{1b}\\"),
        ] {
            assert_eq!(*set("287082", between), filled, "{between:?}");
            assert_eq!(clear(between), emptied, "{between:?}");
        }
    }
}
