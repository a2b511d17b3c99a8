//! The prompt as a process: scripts in its place, which answer, break, hang and lie.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fob_asking::{Asker, Choice, Tier, Want, What};

use super::*;

/// Far more than a loaded machine needs; what waits that long is broken.
const LONG: Duration = Duration::from_secs(20);

fn question(want: Option<Want>) -> Question {
    let asker = Asker {
        name: "it".into(),
        program: Some("/opt/it".into()),
        tier: Tier::Script,
        why: None,
        door: "bus".into(),
        pid: Some(1),
    };
    let what = What::Code { issuer: "GitHub".into(), name: "ada".into(), site: None };
    let choices = if want.is_some() { vec![] } else { vec![Choice::Once, Choice::UntilLock] };
    Question { asker, what, choices, want, waits: 60, terminal: None, parent_window: String::new(), behind: 0 }
}

/// A prompt that runs this script of the shell, in whose folder it may leave something. Descriptor 0 is the line, read
/// and written; 1 is the pipe of the secrets.
fn scripted(script: &str) -> (tempfile::TempDir, Process) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prompt");
    std::fs::write(&path, format!("#!/bin/sh\ncd '{}'\nread -r question\n{script}\n", folder.path().display()))
        .unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    let process = process(Program::Scripted(path));
    (folder, process)
}

fn process(program: Program) -> Process {
    Process::new(program, Face::Auto, Surroundings { session_bus: false }, Notices::on(Bus::None))
}

/// Takes one secret for right.
struct Right(&'static str, Vec<String>);

#[async_trait]
impl Judge for Right {
    async fn judge(&mut self, secret: Zeroizing<String>) -> Result<(), Wrong> {
        self.1.push(secret.to_string());
        match (*secret == self.0, self.1.len()) {
            (true, _) => Ok(()),
            (false, ..3) => Err(Wrong::Again(format!("wrong {}", self.1.len()))),
            (false, _) => Err(Wrong::Enough),
        }
    }
}

fn judge() -> Right {
    Right("correct horse", Vec::new())
}

async fn left(path: &Path) -> String {
    let start = Instant::now();
    loop {
        match std::fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text,
            _ => tokio::time::sleep(Duration::from_millis(5)).await,
        }
        assert!(start.elapsed() < LONG, "{} was never written", path.display());
    }
}

async fn gone(pid: &str) {
    let (start, path) = (Instant::now(), PathBuf::from(format!("/proc/{}", pid.trim())));
    while path.exists() {
        assert!(start.elapsed() < LONG, "process {pid} is still there");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn the_question_arrives_whole_and_the_answer_comes_back() {
    let (folder, process) = scripted(
        "printf '%s\\n' \"$question\" >asked; tr '\\0' ' ' </proc/$$/cmdline >argv; env >variables
         printf '{\"answer\":\"granted\",\"choice\":\"until-lock\"}\\n' >&0",
    );
    let question = question(None);
    let answer = process.ask(&question, None).await;
    assert_eq!(answer, Ok(Answer::Granted { choice: Choice::UntilLock }));
    let asked: Question = serde_json::from_str(&left(&folder.path().join("asked")).await).unwrap();
    assert_eq!(asked, question);
    // Others can read these of a process.
    let open = std::fs::read_to_string(folder.path().join("argv")).unwrap()
        + &std::fs::read_to_string(folder.path().join("variables")).unwrap();
    assert!(open.contains("--face auto") && !open.contains("GitHub") && !open.contains("CARGO"), "{open}");
}

#[tokio::test]
async fn what_is_no_answer_to_the_question_grants_nothing() {
    let say = |line: &str| format!("printf '%s\\n' '{line}' >&0; exec sleep 60");
    for (case, script, expected) in [
        ("no", say(r#"{"answer":"refused"}"#), Ok(Answer::Refused)),
        ("nobody there", say(r#"{"answer":"nowhere"}"#), Err(Unasked::Nowhere)),
        ("a choice that was not offered", say(r#"{"answer":"granted","choice":"always"}"#), Err(Unasked::Broke)),
        ("a secret that was not wanted", say(r#"{"answer":"secret","choice":"once"}"#), Err(Unasked::Broke)),
        ("no JSON", say("yes"), Err(Unasked::Broke)),
        ("an answer that is none", say(r#"{"answer":"maybe"}"#), Err(Unasked::Broke)),
        ("half an answer", r#"printf '{"answer":"granted","choice":"once"}' >&0"#.to_owned(), Err(Unasked::Broke)),
        ("nothing", "exit 0".to_owned(), Err(Unasked::Broke)),
        ("a crash", "kill -SEGV $$".to_owned(), Err(Unasked::Broke)),
        ("a kill", "kill -KILL $$".to_owned(), Err(Unasked::Broke)),
        (
            "no end",
            "exec 3>&0; head -c 100000 /dev/zero | tr '\\0' x >&3; exec sleep 60".to_owned(),
            Err(Unasked::Broke),
        ),
    ] {
        let (_folder, process) = scripted(&script);
        assert_eq!(process.ask(&question(None), None).await, expected, "{case}");
    }
}

#[tokio::test]
async fn a_secret_is_asked_for_until_it_is_right() {
    let (folder, process) = scripted(
        "echo a wrong one; printf '{\"answer\":\"secret\"}\\n' >&0; read -r first
         echo correct horse; printf '{\"answer\":\"secret\"}\\n' >&0; read -r second
         printf '%s\\n%s\\n' \"$first\" \"$second\" >verdicts",
    );
    let mut judge = judge();
    let answer = process.ask(&question(Some(Want::Passphrase)), Some(&mut judge)).await;
    assert_eq!(answer, Ok(Answer::Secret { choice: None }));
    assert_eq!(judge.1, ["a wrong one", "correct horse"]);
    let verdicts = left(&folder.path().join("verdicts")).await;
    assert_eq!(verdicts, "{\"verdict\":\"wrong\",\"words\":\"wrong 1\"}\n{\"verdict\":\"right\"}\n");
}

#[tokio::test]
async fn whoever_guesses_too_often_is_refused() {
    let (_folder, process) =
        scripted("while :; do echo guess; printf '{\"answer\":\"secret\"}\\n' >&0; read -r verdict || exit; done");
    let mut judge = judge();
    let answer = process.ask(&question(Some(Want::Passphrase)), Some(&mut judge)).await;
    assert_eq!((answer, judge.1.len()), (Ok(Answer::Refused), 3));
}

#[tokio::test]
async fn a_secret_that_is_no_line_of_text_is_judged_by_nobody() {
    let and_say = "printf '{\"answer\":\"secret\"}\\n' >&0; exec sleep 60 >&-";
    for (case, script) in [
        ("too long", "head -c 2000 /dev/zero | tr '\\0' x"),
        ("no text", "printf '\\377\\376\\n'"),
        ("two lines", "printf 'a\\nb\\n'"),
        ("no line", "printf abc; exec >&-"),
    ] {
        let (_folder, process) = scripted(&format!("{script}; {and_say}"));
        let mut judge = judge();
        let answer = process.ask(&question(Some(Want::Passphrase)), Some(&mut judge)).await;
        assert_eq!((answer, judge.1.len()), (Err(Unasked::Broke), 0), "{case}");
    }
    let (_folder, process) = scripted("exec sleep 60");
    assert_eq!(process.ask(&question(Some(Want::Passphrase)), None).await, Err(Unasked::Broke), "nobody judges");
}

#[tokio::test]
async fn a_question_that_is_dropped_ends_its_prompt() {
    // One that notices, and one that does not and has started another program.
    let deaf = "exec setsid sh -c 'sleep 600 & echo $$ $! >pid; wait'";
    for script in ["echo $$ >pid; read -r withdrawn; exit", deaf] {
        let (folder, process) = scripted(script);
        let pid = folder.path().join("pid");
        let question = question(None);
        let pid = tokio::select! {
            _ = process.ask(&question, None) => panic!("nobody answers"),
            pid = left(&pid) => pid,
        };
        for pid in pid.split_whitespace() {
            gone(pid).await;
        }
    }
}

#[tokio::test]
async fn a_withdrawn_question_is_heard_of_at_once() {
    let (folder, process) = scripted("echo $$ >pid; read -r withdrawn; date +%s%N >heard");
    let (question, pid) = (question(None), folder.path().join("pid"));
    tokio::select! {
        _ = process.ask(&question, None) => panic!("nobody answers"),
        _ = left(&pid) => {}
    }
    let dropped = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    let heard: u128 = left(&folder.path().join("heard")).await.trim().parse().unwrap();
    assert!(heard.saturating_sub(dropped) < Duration::from_millis(100).as_nanos(), "{heard} after {dropped}");
}

#[tokio::test]
async fn nobody_waits_longer_than_the_question_does() {
    let (folder, process) = scripted("echo $$ >pid; exec sleep 600");
    let start = Instant::now();
    let answer = process.ask(&Question { waits: 1, ..question(None) }, None).await;
    assert_eq!(answer, Err(Unasked::TimedOut));
    assert!(start.elapsed() < LONG);
    gone(&left(&folder.path().join("pid")).await).await;
}

#[tokio::test]
async fn a_program_that_is_not_there_asks_nobody() {
    let scripted = process(Program::Scripted("/nowhere/prompt".into()));
    assert_eq!(scripted.ask(&question(None), None).await, Err(Unasked::Broke));
    // The household of this test has none, or none that is closed to others.
    let household = crate::caller::Household::own().unwrap();
    assert_eq!(process(Program::Beside(household)).ask(&question(None), None).await, Err(Unasked::Nowhere));
}
