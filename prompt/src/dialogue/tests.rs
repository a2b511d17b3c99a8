//! Every rule of the terminal's conversation, without a terminal.

use fob_asking::{Asker, Tier, Want, What};

use super::*;

/// After the half second.
const LATER: Millis = Millis(500);

fn question(choices: &[Choice], want: Option<Want>) -> Question {
    let asker =
        Asker { name: "fob".into(), program: None, tier: Tier::Companion, why: None, door: "socket".into(), pid: None };
    let what = What::Code { issuer: "GitHub".into(), name: "ada".into(), site: None };
    let choices = choices.to_vec();
    Question { asker, what, choices, want, waits: 60, terminal: None, parent_window: String::new(), behind: 0 }
}

fn shown(choices: &[Choice], want: Option<Want>) -> Dialogue {
    let mut dialogue = Dialogue::of(&question(choices, want));
    dialogue.shown(Millis(0));
    dialogue
}

/// Types all of it after the gate has opened; the last step, and everything that was shown on the way.
fn typed(dialogue: &mut Dialogue, text: &str) -> (Step, String) {
    let mut seen = String::new();
    let mut last = Step::Nothing;
    for character in text.chars() {
        let key = match character {
            '\n' => Key::Enter,
            '\u{7f}' => Key::Back,
            '\u{15}' => Key::Clear,
            character => Key::Character(character),
        };
        last = dialogue.key(key, LATER);
        if let Step::Show(text) = &last {
            seen.push_str(text);
        }
    }
    (last, seen)
}

const ALL: [Choice; 4] = [Choice::Once, Choice::UntilLock, Choice::EightHours, Choice::Always];

#[test]
fn a_letter_and_enter_is_an_answer() {
    let granted = |choice| Step::Answer(Answer::Granted { choice });
    for (text, expected) in [
        ("o\n", granted(Choice::Once)),
        ("O\n", granted(Choice::Once)),
        (" u \n", granted(Choice::UntilLock)),
        ("8\n", granted(Choice::EightHours)),
        ("y\n", granted(Choice::Always)),
        ("n\n", Step::Answer(Answer::Refused)),
        ("y\u{7f}o\n", granted(Choice::Once)),
        ("yyy\u{15}n\n", Step::Answer(Answer::Refused)),
    ] {
        assert_eq!(typed(&mut shown(&ALL, None), text).0, expected, "{text:?}");
    }
}

#[test]
fn there_is_no_default_and_nothing_else_is_an_answer() {
    for text in ["\n", "\n\n\n", "   \n", "yes\n", "oo\n", "x\n", "1\n", "\u{7f}\u{7f}\n", "öö\n", "o"] {
        let (last, _) = typed(&mut shown(&ALL, None), text);
        assert!(matches!(last, Step::Nothing | Step::Show(_)), "{text:?}: {last:?}");
    }
    // A choice that was not offered is none.
    assert!(matches!(typed(&mut shown(&[Choice::Once], None), "y\n").0, Step::Show(_)));
}

#[test]
fn no_key_counts_before_the_gate_opens() {
    let mut dialogue = shown(&ALL, None);
    for (now, key) in [(0, Key::Character('o')), (100, Key::Enter), (499, Key::Stop)] {
        assert_eq!(dialogue.key(key, Millis(now)), Step::Nothing);
    }
    // The last of them has started the half second again.
    assert_eq!(dialogue.key(Key::Character('o'), Millis(998)), Step::Nothing);
    assert_eq!(dialogue.key(Key::Character('o'), Millis(1_498)), Step::Show("o".into()));
    assert_eq!(dialogue.key(Key::Enter, Millis(1_499)), Step::Answer(Answer::Granted { choice: Choice::Once }));
}

#[test]
fn what_was_typed_before_counts_only_with_what_comes_after() {
    let mut dialogue = shown(&ALL, None);
    assert_eq!(dialogue.key(Key::Character('o'), LATER), Step::Show("o".into()));
    dialogue.key(Key::FocusOut, Millis(600));
    dialogue.key(Key::FocusIn, Millis(700));
    assert_eq!(dialogue.key(Key::Enter, Millis(900)), Step::Nothing, "the focus has just come back");
    dialogue.disturbed(Millis(2_000));
    assert_eq!(dialogue.key(Key::Enter, Millis(2_499)), Step::Nothing, "another size");
    assert_eq!(dialogue.key(Key::Enter, Millis(2_999)), Step::Answer(Answer::Granted { choice: Choice::Once }));
}

#[test]
fn a_secret_is_never_shown_and_enter_alone_hands_nothing_over() {
    let mut dialogue = shown(&[], Some(Want::Passphrase));
    assert_eq!(typed(&mut dialogue, "\n").0, Step::Nothing);
    let (last, seen) = typed(&mut dialogue, "corr\u{7f}rect\u{15}correct horse\n");
    assert_eq!((last, seen.as_str()), (Step::Secret(None), ""));
    assert_eq!(dialogue.secret().expose(), "correct horse");
    assert_eq!(typed(&mut dialogue, "x\n").0, Step::Nothing, "fobd has not said anything yet");
    let again = dialogue.wrong("wrong\u{1b}[2J passphrase\n");
    assert!(again.contains("wrong[2J passphrase") && again.ends_with("Passphrase (Ctrl-C says no): "), "{again:?}");
    assert!(dialogue.secret().is_empty());
    assert_eq!(typed(&mut dialogue, "right\n").0, Step::Secret(None));
}

#[test]
fn leave_comes_before_the_secret() {
    let mut dialogue = shown(&[Choice::Once, Choice::UntilLock], Some(Want::Pin { retries: 3, wrong: false }));
    let (step, _) = typed(&mut dialogue, "u\n");
    assert_eq!(step, Step::Show("\nPIN of the key (Ctrl-C says no): ".into()));
    assert_eq!(typed(&mut dialogue, "1234\n").0, Step::Secret(Some(Choice::UntilLock)));
    let mut refused = shown(&[Choice::Once], Some(Want::Passphrase));
    assert_eq!(typed(&mut refused, "n\n").0, Step::Answer(Answer::Refused));
    let mut stopped = shown(&[], Some(Want::Passphrase));
    typed(&mut stopped, "abc");
    assert_eq!(stopped.key(Key::Stop, LATER), Step::Answer(Answer::Refused));
}

#[test]
fn six_digits_are_shown_and_are_six() {
    let mut dialogue = shown(&[], Some(Want::Digits));
    let (last, seen) = typed(&mut dialogue, "12a34\n");
    assert_eq!((last, seen.as_str()), (Step::Nothing, "1234"));
    let (last, seen) = typed(&mut dialogue, "5678\n");
    assert_eq!((last, seen.as_str()), (Step::Secret(None), "56"));
    assert_eq!(dialogue.secret().expose(), "123456");
}
