//! The conversation with a pinentry that a script of the shell plays. What it says is from the Assuan manual; Debian's own
//! pinentry is asked in `tests/`.

use std::io::BufRead;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

use fob_asking::{Asker, Tier, Want, What, read_line, write_line};

use super::*;

/// Answers everything with OK, writes down what it hears, and takes one line of these for each `GETPIN`: what it does
/// then. The half second is over before it answers.
const PLAYED: &str = r#"#!/bin/sh
cd "$(dirname "$0")"
echo "OK Pleased to meet you"
while read -r line; do
    printf '%s\n' "$line" >>heard
    case "$line" in
        GETPIN) n=$((n + 1)); sleep 0.6; eval "$(sed -n "${n}p" does)" ;;
        *) echo OK ;;
    esac
done
"#;

fn question(want: Option<Want>, name: &str) -> Question {
    let asker = Asker {
        name: name.into(),
        program: Some(name.into()),
        tier: Tier::Script,
        why: Some(name.into()),
        door: "bus".into(),
        pid: None,
    };
    let what = What::Code { issuer: name.into(), name: name.into(), site: Some(name.into()) };
    let choices = vec![Choice::Once, Choice::UntilLock];
    Question { asker, what, choices, want, waits: 60, terminal: None, parent_window: String::new(), behind: 1 }
}

/// What is played for each entry; the answer and the secrets that came, and what pinentry was told.
fn played(question: &Question, does: &str, verdicts: &[Verdict]) -> (Option<Answer>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pinentry");
    std::fs::write(folder.path().join("does"), does).unwrap();
    std::fs::write(&path, PLAYED).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let (from, to) = std::io::pipe().unwrap();
    let fobd = {
        let (verdicts, ours) = (verdicts.to_vec(), ours.try_clone().unwrap());
        std::thread::spawn(move || judged(from, &ours, verdicts))
    };
    let pinentry = Pinentry::of(&path, question, Screen::default()).unwrap();
    pinentry.ask(question, Line::over(theirs.into(), to.into())).unwrap();
    let secrets = fobd.join().unwrap();
    let mut answers = std::io::BufReader::new(ours);
    let mut last = None;
    while let Ok(answer) = read_line::<Answer>(&mut answers) {
        last = Some(answer);
    }
    let heard = std::fs::read_to_string(folder.path().join("heard")).unwrap();
    (last, secrets, heard)
}

/// What fobd does: says something to each secret. All of them.
fn judged(from: std::io::PipeReader, mut to: &UnixStream, verdicts: Vec<Verdict>) -> String {
    let mut verdicts = verdicts.into_iter();
    let mut secrets = String::new();
    let mut from = std::io::BufReader::new(from);
    while from.read_line(&mut secrets).unwrap() > 0 {
        write_line(&mut to, &verdicts.next().unwrap()).unwrap();
    }
    secrets
}

#[test]
fn a_letter_is_an_answer_and_cancel_is_no() {
    let no = r#"echo "ERR 83886179 Operation cancelled <Pinentry>""#;
    for (case, does, expected) in [
        ("once", "echo D o; echo OK", Answer::Granted { choice: Choice::Once }),
        (
            "after nothing and nonsense",
            "echo OK\necho D maybe; echo OK\necho D U; echo OK",
            Answer::Granted { choice: Choice::UntilLock },
        ),
        ("no", "echo D n; echo OK", Answer::Refused),
        ("cancelled", no, Answer::Refused),
        ("not confirmed", "echo ERR 83886194 Not confirmed", Answer::Refused),
        ("nobody answered", "echo ERR 83886142 Timeout", Answer::Refused),
        ("no screen", "echo ERR 83918950 Inappropriate ioctl for device", Answer::Nowhere),
    ] {
        assert_eq!(played(&question(None, "it"), does, &[]).0, Some(expected), "{case}");
    }
}

#[test]
fn a_secret_comes_out_of_its_escapes_and_is_asked_for_again() {
    let does = "echo D o; echo OK\necho 'D a%25b'; echo OK\nprintf 'D two \\nD pieces%%C3%%A4\\nOK\\n'";
    let verdicts = [Verdict::Wrong { words: "No <b>way</b>".into() }, Verdict::Right];
    let (answer, secrets, heard) = played(&question(Some(Want::Passphrase), "it"), does, &verdicts);
    assert_eq!(answer, Some(Answer::Secret { choice: Some(Choice::Once) }));
    assert_eq!(secrets, "a%b\ntwo piecesä\n");
    assert!(heard.contains("SETERROR No ‹b›way‹/b›\n") && heard.contains("SETPROMPT Passphrase\n"), "{heard}");
}

/// Without a screen pinentry draws on the terminal that it is told of: that must not be one that a script types into.
#[test]
fn pinentry_is_led_to_fobs_terminal_and_to_no_other_programs() {
    for (tier, led) in [(Tier::Companion, true), (Tier::Installed, false), (Tier::Script, false), (Tier::Weak, false)] {
        let mut asked = Question { terminal: Some("/dev/pts/3".into()), ..question(None, "it") };
        asked.asker.tier = tier;
        let (_, _, heard) = played(&asked, "echo D n; echo OK", &[]);
        assert_eq!(heard.contains("OPTION ttyname=/dev/pts/3\n"), led, "{tier:?}: {heard}");
    }
}

#[test]
fn hostile_names_are_no_commands_and_no_markup() {
    #[derive(serde::Deserialize)]
    struct Names {
        name: Vec<Name>,
    }
    #[derive(serde::Deserialize)]
    struct Name {
        case: String,
        text: String,
        #[serde(default)]
        times: usize,
    }
    let names: Names = toml::from_str(include_str!("../../../tests/vectors/hostile-names.toml")).unwrap();
    for Name { case, text, times } in names.name {
        let words = Words::of(&question(None, &text.repeat(times.max(1))));
        let lines: Vec<_> = words.lines.iter().map(|line| format!("{}: {}", line.label, line.text)).collect();
        let command = assuan::escaped(&assuan::fitting(lines));
        assert!(command.len() <= 992, "{case}: {} bytes", command.len());
        assert!(!command.contains(|c: char| c.is_control() || matches!(c, '<' | '>' | '&')), "{case}: {command:?}");
        // Every percent sign begins an escape: of a percent sign, or of one of our line ends.
        let escapes = command.matches("%25").count() + command.matches("%0A").count();
        assert_eq!(command.matches('%').count(), escapes, "{case}: {command:?}");
    }
}

#[test]
fn one_that_says_nothing_or_dies_is_none() {
    let folder = tempfile::tempdir().unwrap();
    for (case, script) in [
        ("dies", "#!/bin/sh\nexit 1\n"),
        ("says too much", "#!/bin/sh\nhead -c 9000 /dev/zero | tr '\\0' x; sleep 60\n"),
    ] {
        let path = folder.path().join(case);
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        assert!(Pinentry::of(&path, &question(None, "it"), Screen::default()).is_err(), "{case}");
    }
    assert!(Pinentry::of(&folder.path().join("none"), &question(None, "it"), Screen::default()).is_err());
}
