//! `fob otp …`: what is done to a single account.

use fob::Exit;
use fob_bus::types::{EntryInfo, HistoryEvent};
use fob_bus::{CallError, ErrorKind};

use super::common::daemon::{FakeDaemon, NOW, RECOVERY, entry};
use super::common::{Handed, with};

/// An account with everything beside it.
fn rich() -> EntryInfo {
    EntryInfo {
        sites: Some(vec!["https://id.example".to_owned()]),
        tags: Some(vec!["work".to_owned(), "co\u{1b}de".to_owned()]),
        favourite: Some(true),
        icon: Some("example".to_owned()),
        note: Some(true),
        recovery_codes: Some(7),
        recovery_codes_used: Some(1),
        created: Some(NOW - 86_400),
        changed: Some(NOW),
        ..entry("e1", "Example", "ada")
    }
}

/// Runs the lines against a daemon with one account; tells what came back and what was called.
async fn told(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines {
        let daemon = FakeDaemon::new();
        daemon.facts().entries = vec![rich()];
        let left = with(&daemon).run(line).await;
        text.push_str(&format!("$ fob {line}\n{left}--- calls\n{}\n\n", daemon.facts().calls.join("\n")));
    }
    text
}

#[tokio::test]
async fn an_account_is_shown_with_all_that_is_no_secret() {
    insta::assert_snapshot!(told(&["otp show ada", "otp show ada --json"]).await);
}

#[tokio::test]
async fn a_list_can_be_narrowed_down() {
    let daemon = FakeDaemon::new();
    daemon.facts().entries = vec![rich(), entry("e2", "Bank", "ada"), entry("e3", "Example", "bob")];
    for (line, ids) in [
        ("otp list", &["e1", "e2", "e3"][..]),
        ("otp list EXAMPLE", &["e1", "e3"]),
        ("otp list example ada", &["e1"]),
        ("otp list work", &["e1"]),
        ("otp list --tag work", &["e1"]),
        ("otp list --favourites", &["e1"]),
        ("otp list --tag home", &[]),
    ] {
        let left = with(&daemon).run(&format!("{line} --json")).await;
        let json: serde_json::Value = serde_json::from_str(&left.out).unwrap();
        let found: Vec<_> = json["entries"].as_array().unwrap().iter().map(|entry| entry["id"].clone()).collect();
        assert_eq!(found, ids, "{line}");
    }
    let left = with(&daemon).run("otp list --tag home").await;
    assert_eq!(left.err, "No account is like that: `fob otp list` alone shows all.\n");
}

#[tokio::test]
async fn an_account_is_changed_by_its_id_after_it_was_found() {
    let lines = [
        "otp edit ada --digits 8 --algorithm sha256 --period 60",
        "otp edit ada --type hotp --counter 3 --json",
        "otp edit ada",
        "otp rename ada grace",
        "otp rename ada Other:grace",
        "otp tag ada home work",
        "otp tag ada work --remove",
        "otp favourite ada --remove",
        "otp favourite ada",
    ];
    insta::assert_snapshot!(told(&lines).await);
}

#[tokio::test]
async fn secrets_of_an_account_come_through_descriptors() {
    let daemon = FakeDaemon::new();
    let (secret, pin) = (Handed::new("GEZDGNBVGY3TQOJQ\n"), Handed::new("1234"));
    let line = format!("otp edit ada --secret-fd {} --pin-fd {}", secret.number(), pin.number());
    let left = with(&daemon).run(&line).await;
    assert_eq!(left.exit, Exit::Ok, "{left}");
    let mut secrets = daemon.facts().secrets.clone();
    secrets.sort();
    assert_eq!(secrets, ["1234", "GEZDGNBVGY3TQOJQ"]);
    assert!(!left.to_string().contains("GEZD") && !left.to_string().contains("1234"), "{left}");
}

#[tokio::test]
async fn a_note_is_shown_set_and_removed() {
    let daemon = FakeDaemon::new();
    daemon.facts().note = "first line\nsec\u{1b}[2Jond".to_owned();
    let shown = with(&daemon).run("otp note ada").await;
    let json = with(&daemon).run("otp note ada --json").await;
    let set = with(&daemon).stdin("a new note\nof two lines\n").run("otp note ada --set").await;
    let handed = Handed::new("through a pipe");
    let through = with(&daemon).run(&format!("otp note ada --note-fd {}", handed.number())).await;
    let removed = with(&daemon).run("otp note ada --remove").await;
    let nothing = with(&daemon).stdin("\n").run("otp note ada --set").await;
    daemon.facts().note.clear();
    let none = with(&daemon).run("otp note ada").await;
    assert_eq!(daemon.facts().secrets, ["a new note\nof two lines", "through a pipe", ""]);
    assert!(!json.out.contains('\u{1b}'));
    insta::assert_snapshot!(
        [shown, json, set, through, removed, nothing, none].map(|left| left.to_string()).join("\n")
    );
}

#[tokio::test]
async fn recovery_codes_are_added_counted_and_taken() {
    let daemon = FakeDaemon::new();
    daemon.facts().entries = vec![rich()];
    let listed = with(&daemon).run("otp recovery list ada").await;
    let added = with(&daemon).stdin("AAAA\nBBBB\n").run("otp recovery add ada").await;
    let handed = Handed::new("CCCC\n");
    let line = format!("otp recovery add ada --replace --codes-fd {}", handed.number());
    let replaced = with(&daemon).run(&line).await;
    let nothing = with(&daemon).run("otp recovery add ada").await;
    let taken = with(&daemon).run("otp recovery take ada").await;
    let json = with(&daemon).run("otp recovery take ada --json").await;
    let raw = with(&daemon).run("otp recovery take ada --raw").await;
    assert_eq!((raw.out.as_str(), raw.err.as_str()), (format!("{RECOVERY}\n").as_str(), ""));
    assert_eq!(daemon.facts().secrets, ["AAAA\nBBBB", "CCCC"]);
    let calls = daemon.facts().calls.join("\n");
    let told = [listed, added, replaced, nothing, taken, json].map(|left| left.to_string()).join("\n");
    insta::assert_snapshot!(format!("{told}\n--- calls\n{calls}"));
    daemon.refuse(CallError::new(ErrorKind::NoRecoveryCode, "no recovery code of Example:ada is left"));
    // The first call only finds the account.
    let none = with(&daemon).run("otp recovery take ada").await;
    assert_eq!(none.exit, Exit::Failed);
}

#[tokio::test]
async fn a_counter_is_found_again_by_two_codes() {
    let daemon = FakeDaemon::new();
    daemon.facts().entries =
        vec![EntryInfo { kind: "hotp".to_owned(), period: None, counter: Some(9), resync: Some(true), ..rich() }];
    let typed = with(&daemon).typed(&["755224", "287082"]).run("otp resync ada").await;
    let handed = Handed::new("755224\n287082\n");
    let line = format!("otp resync ada --look-ahead 50 --codes-fd {}", handed.number());
    let through = with(&daemon).run(&line).await;
    let nobody = with(&daemon).run("otp resync ada").await;
    assert_eq!(daemon.facts().secrets, ["755224\n287082"; 2]);
    let calls = daemon.facts().calls.join("\n");
    insta::assert_snapshot!(format!("{typed}\n{through}\n{nobody}\n--- calls\n{calls}"));
}

#[tokio::test]
async fn what_happened_is_told_the_latest_first() {
    let daemon = FakeDaemon::new();
    let event = |what: &str| HistoryEvent { time: NOW, what: what.to_owned(), ..HistoryEvent::default() };
    let fields = |fields: &[&str]| Some(fields.iter().map(|field| (*field).to_owned()).collect());
    daemon.facts().history = vec![
        HistoryEvent {
            fields: fields(&["name", "recovery_codes"]),
            name: Some("old\u{1b}[1m".to_owned()),
            ..event("changed")
        },
        HistoryEvent { fields: fields(&["counter"]), counter: Some(3), ..event("changed") },
        HistoryEvent { counter: Some(7), ..event("code") },
        HistoryEvent { counter: Some(2), ..event("resync") },
        event("recovery-code"),
        event("restored"),
        event("something-new"),
        HistoryEvent { time: NOW - 90_061, ..event("added") },
    ];
    let shown = with(&daemon).run("otp history ada").await;
    let json = with(&daemon).run("otp history ada --json").await;
    daemon.facts().history.clear();
    let none = with(&daemon).run("otp history ada").await;
    insta::assert_snapshot!(format!("{shown}\n{json}\n{none}"));
}

#[tokio::test]
async fn what_was_removed_comes_back_or_goes_for_good() {
    let daemon = FakeDaemon::new();
    let removed = EntryInfo { removed: Some(NOW), forgotten: Some(NOW + 30 * 86_400), ..rich() };
    daemon.facts().entries = vec![removed.clone()];
    let mut text = String::new();
    for (typed, line) in [
        (None, "otp remove ada --yes"),
        (None, "otp undo"),
        (None, "otp undo ada --json"),
        (None, "otp bin"),
        (None, "otp bin --json"),
        (Some("n"), "otp bin --empty"),
        (Some("y"), "otp bin --empty"),
        (None, "otp bin --empty --yes"),
        (None, "otp bin --empty"),
    ] {
        daemon.facts().calls.clear();
        daemon.facts().bin = vec![removed.clone()];
        let call = with(&daemon);
        let left = match typed {
            Some(typed) => call.typed(&[typed]).run(line).await,
            None => call.run(line).await,
        };
        text.push_str(&format!("$ fob {line}\n{left}--- calls\n{}\n\n", daemon.facts().calls.join("\n")));
    }
    daemon.facts().bin.clear();
    text.push_str(&format!("$ fob otp bin\n{}\n", with(&daemon).run("otp bin").await));
    daemon.refuse(CallError::new(ErrorKind::UnknownEntry, "nothing in the bin matches xyz"));
    text.push_str(&format!("$ fob otp undo xyz\n{}\n", with(&daemon).run("otp undo xyz").await));
    insta::assert_snapshot!(text);
}
