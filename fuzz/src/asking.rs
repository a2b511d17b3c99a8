//! The line between fobd and its prompt. The first byte chooses what the rest is taken for: a question, an answer, or what
//! fobd says to a secret.

use fob_asking::{Answer, LONGEST_LINE, LONGEST_TEXT, Question, Verdict, Words, read_line, write_line};

/// Most characters of one thing that is shown: a sentence of fob's around one text, or a list of twelve.
const LONGEST_SHOWN: usize = 13 * (LONGEST_TEXT + 3) + 200;

/// A message is refused, or can be sent on as it came; what is shown of a question is plain text of a bounded length.
pub fn asking(data: &[u8]) {
    let Some((kind, line)) = data.split_first() else { return };
    match kind % 3 {
        0 => {
            let Ok(question) = read_line::<Question>(&mut &*line) else { return };
            shown(&Words::of(&question));
            let mut anew = Vec::new();
            // What JSON escapes may be longer than it came.
            if write_line(&mut anew, &question).is_ok() {
                assert!(anew.len() <= LONGEST_LINE);
                assert_eq!(read_line::<Question>(&mut anew.as_slice()).expect("refused what it wrote"), question);
            }
        }
        1 => {
            let Ok(answer) = read_line::<Answer>(&mut &*line) else { return };
            let mut anew = Vec::new();
            write_line(&mut anew, &answer).expect("answers are short");
            assert_eq!(read_line::<Answer>(&mut anew.as_slice()).expect("refused what it wrote"), answer);
        }
        _ => {
            if let Ok(Verdict::Wrong { words }) = read_line(&mut &*line) {
                plain(&Words::verdict(&words));
            }
        }
    }
}

fn shown(words: &Words) {
    plain(&words.title);
    words.lines.iter().for_each(|line| plain(&line.text));
    words.warning.iter().for_each(|warning| plain(warning));
    words.secret.iter().filter_map(|secret| secret.note.as_ref()).for_each(|note| plain(note));
    if let Some(site) = &words.site {
        assert!(site.domain.is_ascii() && site.host.is_ascii() && site.host.ends_with(&site.domain), "{site:?}");
        [&site.domain, &site.host].into_iter().chain(&site.unicode).for_each(|text| plain(text));
    }
    let mut letters: Vec<_> = words.choices.iter().map(|offer| offer.button.mnemonic).collect();
    letters.push(words.refuse.mnemonic);
    let count = letters.len();
    letters.sort_unstable();
    letters.dedup();
    assert_eq!(letters.len(), count, "two answers have one letter");
}

fn plain(text: &str) {
    let moves = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!text.is_empty() && !text.contains(moves) && text.chars().count() <= LONGEST_SHOWN, "{text:?}");
}
