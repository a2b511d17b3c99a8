//! The question by Debian's pinentry, which draws on the terminal where there is no screen.

use std::os::unix::fs::MetadataExt;

use fob_asking::{Answer, Choice, Question, Verdict, Want};

use crate::stage::{Prompt, Terminal, let_it_settle, question};

const PINENTRY: [&str; 2] = ["--face", "pinentry"];

/// Whether it is installed, as root's.
fn is_here() -> bool {
    let here = std::fs::metadata("/usr/bin/pinentry").is_ok_and(|about| about.uid() == 0);
    assert!(here || std::env::var_os("FOB_JUDGES").is_none(), "FOB_JUDGES is set, and pinentry is missing");
    if !here {
        eprintln!("skipped: no pinentry");
    }
    here
}

#[test]
fn the_real_pinentry_takes_a_letter_for_an_answer() {
    if !is_here() {
        return;
    }
    for (typed, expected) in [("o\r", Answer::Granted { choice: Choice::Once }), ("n\r", Answer::Refused)] {
        let terminal = Terminal::new();
        let mut prompt = Prompt::ask(&question(&terminal, None), &PINENTRY);
        terminal.shows("Letter");
        let_it_settle();
        terminal.type_in(typed);
        assert_eq!(prompt.answer(), expected, "{typed:?}");
        assert!(prompt.ends().0.success());
    }
}

#[test]
fn the_real_pinentry_asks_again_for_a_secret_that_was_wrong() {
    if !is_here() {
        return;
    }
    let terminal = Terminal::new();
    let asked = Question { choices: vec![Choice::Once], ..question(&terminal, Some(Want::Passphrase)) };
    let mut prompt = Prompt::ask(&asked, &PINENTRY);
    terminal.shows("Letter");
    let_it_settle();
    terminal.type_in("o\r");
    terminal.shows("Passphrase");
    let_it_settle();
    terminal.type_in("50% of \"a\" \\secret\r");
    assert_eq!(prompt.answer(), Answer::Secret { choice: Some(Choice::Once) });
    assert_eq!(prompt.secret(), "50% of \"a\" \\secret\n");
    prompt.say(&Verdict::Wrong { words: "Not that one.".into() });
    terminal.shows("Not that one.");
    let_it_settle();
    terminal.type_in("another\r");
    assert_eq!(prompt.answer(), Answer::Secret { choice: Some(Choice::Once) });
    assert_eq!(prompt.secret(), "another\n");
    prompt.say(&Verdict::Right);
    assert!(prompt.ends().0.success());
    assert!(!terminal.seen().contains("secret\r"), "{}", terminal.seen());
}

#[test]
fn a_withdrawn_question_takes_pinentry_away() {
    if !is_here() {
        return;
    }
    let terminal = Terminal::new();
    let prompt = Prompt::ask(&question(&terminal, None), &PINENTRY);
    terminal.shows("Letter");
    let pid = prompt.pid();
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    assert!(!children.trim().is_empty());
    assert!(prompt.withdraw().status().0.success());
    for child in children.split_whitespace() {
        assert!(!std::path::Path::new(&format!("/proc/{child}")).exists(), "pinentry is still there");
    }
}
