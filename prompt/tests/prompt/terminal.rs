//! The question on the terminal of whoever asks.

use std::time::{Duration, Instant};

use fob_asking::{Answer, Choice, Question, Tier, Verdict, Want};
use rustix::process::Signal;
use rustix::termios::LocalModes;

use crate::stage::{Prompt, Terminal, eventually, hostile_names, let_it_settle, question};

const PASSPHRASE: &str = "correct horse ä battery";

#[test]
fn a_letter_and_enter_is_the_answer_and_the_terminal_is_as_it_was() {
    for (typed, expected) in [
        ("o\r", Answer::Granted { choice: Choice::Once }),
        ("u\r", Answer::Granted { choice: Choice::UntilLock }),
        ("n\r", Answer::Refused),
        ("\u{3}", Answer::Refused),
    ] {
        let terminal = Terminal::new();
        let before = format!("{:?}", terminal.modes());
        let mut prompt = Prompt::shown_on(&terminal, &question(&terminal, None));
        assert!(!terminal.modes().local_modes.contains(LocalModes::ECHO));
        let_it_settle();
        terminal.type_in(typed);
        assert_eq!(prompt.answer(), expected, "{typed:?}");
        let (status, left) = prompt.ends();
        assert!(status.success() && left.is_empty(), "{typed:?}: {status} {left:?}");
        assert_eq!(format!("{:?}", terminal.modes()), before);
        for words in ["Give out a one-time code?", "GitHub, ada", "/usr/bin/fob", "fob itself", "fob's own socket"] {
            assert!(terminal.seen().contains(words), "{words} in {}", terminal.seen());
        }
    }
}

#[test]
fn nothing_typed_too_early_counts_and_enter_alone_never_does() {
    let terminal = Terminal::new();
    // Before there is a prompt, and in its first half second.
    terminal.type_in("o\ro\r");
    let mut prompt = Prompt::shown_on(&terminal, &question(&terminal, None));
    terminal.type_in("o\r");
    prompt.says_nothing();
    let_it_settle();
    terminal.type_in("\r\r\r");
    prompt.says_nothing();
    // A window of another size is another prompt.
    terminal.resize(60);
    terminal.type_in("o\r");
    prompt.says_nothing();
    // And so is one that was left and come back to.
    let_it_settle();
    terminal.type_in("\u{1b}[O\u{1b}[Io\r");
    prompt.says_nothing();
    let_it_settle();
    terminal.type_in("n\r");
    assert_eq!(prompt.answer(), Answer::Refused);
}

#[test]
fn a_secret_goes_into_the_pipe_and_nowhere_else() {
    let terminal = Terminal::new();
    let mut prompt = Prompt::ask(&question(&terminal, Some(Want::Passphrase)), &[]);
    terminal.shows("Passphrase (Ctrl-C says no): ");
    let_it_settle();
    terminal.type_in("a wrong one\r");
    assert_eq!(prompt.answer(), Answer::Secret { choice: None });
    assert_eq!(prompt.secret(), "a wrong one\n");
    prompt.say(&Verdict::Wrong { words: "That is not the passphrase.".into() });
    terminal.shows("That is not the passphrase.");
    terminal.shows_again("Passphrase (Ctrl-C says no): ", 2);
    terminal.type_in(PASSPHRASE);
    terminal.type_in("\r");
    assert_eq!(prompt.answer(), Answer::Secret { choice: None });
    assert_eq!(prompt.secret(), format!("{PASSPHRASE}\n"));
    prompt.say(&Verdict::Right);
    let (status, left) = prompt.ends();
    assert!(status.success() && left.is_empty(), "{status}");
    let seen = terminal.seen();
    assert!(!seen.contains("wrong one") && !seen.contains("correct"), "{seen}");
}

#[test]
fn leave_and_pin_are_asked_for_one_after_the_other() {
    let terminal = Terminal::new();
    let want = Some(Want::Pin { retries: 1, wrong: true });
    let asked = Question { choices: vec![Choice::Once], ..question(&terminal, want) };
    let mut prompt = Prompt::shown_on(&terminal, &asked);
    terminal.shows("That PIN was wrong. 1 try is left: one more wrong PIN blocks the key.");
    let_it_settle();
    terminal.type_in("o\r");
    terminal.shows("PIN of the key");
    terminal.type_in("1234\r");
    assert_eq!(prompt.answer(), Answer::Secret { choice: Some(Choice::Once) });
    assert_eq!(prompt.secret(), "1234\n");
}

#[test]
fn a_withdrawn_question_is_gone_within_a_tenth_of_a_second() {
    let terminal = Terminal::new();
    let before = format!("{:?}", terminal.modes());
    let prompt = Prompt::shown_on(&terminal, &question(&terminal, None));
    let start = Instant::now();
    let ended = prompt.withdraw();
    terminal.shows("The question was withdrawn.");
    eventually("the terminal", || format!("{:?}", terminal.modes()) == before);
    assert!(start.elapsed() < Duration::from_millis(100), "{:?}", start.elapsed());
    assert!(ended.status().0.success());
}

#[test]
fn whatever_ends_it_leaves_the_terminal_as_it_was() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT] {
        let terminal = Terminal::new();
        let before = format!("{:?}", terminal.modes());
        let prompt = Prompt::shown_on(&terminal, &question(&terminal, None));
        prompt.signal(signal);
        let (_, left) = prompt.ends();
        assert_eq!((format!("{:?}", terminal.modes()), left.as_str()), (before, ""), "{signal:?}");
    }
}

#[test]
fn a_terminal_that_is_closed_answers_nothing() {
    let terminal = Terminal::new();
    let mut prompt = Prompt::shown_on(&terminal, &question(&terminal, None));
    terminal.hang_up();
    assert_eq!(prompt.last_words(), "");
    prompt.ends();
}

#[test]
fn a_job_in_the_background_steals_no_input() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("job");
    // Job control: the job has a group of its own, which is not the terminal's.
    let script = format!("set -m; sleep 600 & echo $! >{}; wait", file.display());
    let terminal = Terminal::with(&["bash", "-c", &script]);
    let mut job = String::new();
    eventually("the job", || {
        job = std::fs::read_to_string(&file).unwrap_or_default();
        job.ends_with('\n')
    });
    let before = format!("{:?}", terminal.modes());
    let mut asked = question(&terminal, None);
    asked.asker.pid = Some(job.trim().parse().unwrap());
    assert_eq!(Prompt::ask(&asked, &["--face", "terminal"]).answer(), Answer::Nowhere);
    // Nor does a process that has another terminal or none.
    asked.asker.pid = Some(std::process::id().try_into().unwrap());
    assert_eq!(Prompt::ask(&asked, &[]).answer(), Answer::Nowhere);
    asked.asker.pid = None;
    assert_eq!(Prompt::ask(&asked, &[]).answer(), Answer::Nowhere);
    assert_eq!((format!("{:?}", terminal.modes()), terminal.seen().as_str()), (before, ""));
}

#[test]
fn what_is_no_terminal_of_this_user_is_left_alone() {
    let terminal = Terminal::new();
    for path in ["/dev/null", "/dev/tty", "/dev/pts/ptmx", "/dev/pts/4000000000", "/etc/passwd", ""] {
        let asked = Question { terminal: Some(path.into()), ..question(&terminal, None) };
        assert_eq!(Prompt::ask(&asked, &[]).answer(), Answer::Nowhere, "{path}");
    }
    assert_eq!(terminal.seen(), "");
}

/// A script made a terminal, asked for a code in it, waited half a second and typed the yes. pinentry was led there as well.
#[test]
fn no_program_but_fob_is_asked_on_the_terminal_it_made() {
    let terminal = Terminal::new();
    let others = [Tier::Installed, Tier::Script, Tier::Sandboxed, Tier::Weak, Tier::Portal, Tier::Paired];
    for tier in others {
        for want in [None, Some(Want::Passphrase)] {
            for face in [&[][..], &["--face", "terminal"], &["--face", "pinentry"]] {
                let mut asked = question(&terminal, want.clone());
                asked.asker.tier = tier;
                assert_eq!(Prompt::ask(&asked, face).answer(), Answer::Nowhere, "{tier:?} {face:?}");
            }
        }
    }
    assert_eq!(terminal.seen(), "");
}

#[test]
fn hostile_names_move_nothing_on_the_terminal() {
    let terminal = Terminal::new();
    for (count, (case, name)) in hostile_names().into_iter().enumerate() {
        let mut asked = question(&terminal, None);
        asked.asker.name.clone_from(&name);
        asked.asker.program = Some(name.clone());
        asked.what = fob_asking::What::Code { issuer: name.clone(), name: name.clone(), site: Some(name) };
        let prompt = Prompt::ask(&asked, &[]);
        terminal.shows_again("Enter: ", count + 1);
        prompt.withdraw().status();
        // What fob itself says to the terminal: that it tells of the focus.
        let seen = terminal.seen().replace("\u{1b}[?1004h", "").replace("\u{1b}[?1004l", "");
        let moves = |c: char| c.is_control() && !matches!(c, '\r' | '\n');
        assert!(!seen.contains(moves), "{case}: {seen:?}");
        assert!(!seen.contains(|c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')), "{case}");
        assert!(seen.lines().all(|line| line.chars().count() <= 81), "{case}: {seen}");
    }
}

#[test]
fn a_prompt_says_nothing_about_the_question_where_others_can_read_it() {
    let terminal = Terminal::new();
    let prompt = Prompt::shown_on(&terminal, &question(&terminal, None));
    let about = |file| std::fs::read(format!("/proc/{}/{file}", prompt.pid())).unwrap_or_default();
    let open = [about("cmdline"), about("environ")].concat();
    assert!(!String::from_utf8_lossy(&open).contains("GitHub"));
    prompt.withdraw().status();
}
