//! `fob grant`, `fob client` and `fob log`.

use fob::Exit;
use fob_bus::types::{GrantInfo, LogEntry, grant_kind, grant_life, listed_by, tier};
use fob_bus::{CallError, ErrorKind};

use super::common::daemon::policy::{TOKEN, client, grant};
use super::common::daemon::{FakeDaemon, NOW};
use super::common::{Handed, Taken, with};

/// One of each kind, life and tier, with names that would do something to a terminal.
fn grants() -> Vec<GrantInfo> {
    vec![
        grant("5f3c9e8d7a6b1c2d", "/usr/bin/firefox"),
        GrantInfo {
            kind: grant_kind::CODE.to_owned(),
            site: Some("e1".to_owned()),
            label: Some("Example\u{202e}:ada".to_owned()),
            lasts: grant_life::EIGHT_HOURS.to_owned(),
            ends: Some(NOW + 7 * 3_600),
            tier: tier::PORTAL.to_owned(),
            ..grant("5f00000000000000", "org.example.App\u{1b}[2J")
        },
        GrantInfo {
            kind: grant_kind::KEY_CARE.to_owned(),
            site: None,
            lasts: grant_life::ALWAYS.to_owned(),
            ..grant("a100000000000000", "/usr/bin/key-manager")
        },
        GrantInfo {
            kind: "something-new".to_owned(),
            lasts: "for-a-while".to_owned(),
            ..grant("b200000000000000", "/opt/firefox")
        },
    ]
}

#[tokio::test]
async fn grants_are_listed_and_those_of_one_program_alone() {
    let daemon = FakeDaemon::new();
    daemon.facts().grants = grants();
    let shown = with(&daemon).run("grant list").await;
    let json = with(&daemon).run("grant list --json --program /usr/bin/firefox").await;
    let named = with(&daemon).run("grant list --program firefox").await;
    let nobodys = with(&daemon).run("grant list --program fire").await;
    daemon.facts().grants.clear();
    let none = with(&daemon).run("grant list").await;
    insta::assert_snapshot!(format!("{shown}\n{json}\n{named}\n{nobodys}\n{none}"));
}

#[tokio::test]
async fn grants_are_taken_back_by_the_beginning_of_an_id_by_program_or_all() {
    let daemon = FakeDaemon::new();
    daemon.facts().grants = grants();
    let unclear = with(&daemon).run("grant revoke 5f").await;
    let unknown = with(&daemon).run("grant revoke 5f3 77").await;
    assert!(!daemon.facts().calls.iter().any(|call| call.starts_with("Revoke")), "all or none");
    let one = with(&daemon).run("grant revoke A1 a100000000000000").await;
    let program = with(&daemon).run("grant revoke --program firefox --json").await;
    let all = with(&daemon).run("grant revoke --all").await;
    let none = with(&daemon).run("grant revoke --all").await;
    let revoked: Vec<_> = daemon.facts().calls.iter().filter(|call| call.starts_with("Revoke")).cloned().collect();
    assert_eq!(
        revoked,
        ["Revoke(a100000000000000)", "Revoke(5f3c9e8d7a6b1c2d, b200000000000000)", "Revoke(5f00000000000000)"]
    );
    insta::assert_snapshot!(format!("{unclear}\n{unknown}\n{one}\n{program}\n{all}\n{none}"));
}

#[tokio::test]
async fn what_is_to_be_taken_back_must_be_said_and_once() {
    for line in
        ["grant revoke", "grant revoke --all a1", "grant revoke --all --program x", "grant revoke --program x a1"]
    {
        let daemon = FakeDaemon::new();
        let left = with(&daemon).run(line).await;
        assert_eq!((left.exit, daemon.facts().calls.len()), (Exit::Usage, 0), "{line}: {left}");
    }
}

#[tokio::test]
async fn a_locked_vault_is_opened_for_its_grants() {
    let daemon = FakeDaemon::new();
    daemon.facts().grants = grants();
    daemon.facts().ways = vec![super::common::daemon::vault::way("passphrase")];
    daemon.refuse(CallError::new(ErrorKind::Locked, "the vault is locked"));
    let left = with(&daemon).run("grant list").await;
    assert_eq!((left.exit, left.out.as_str()), (Exit::Locked, ""), "{left}");
}

#[tokio::test]
async fn programs_are_listed_with_who_listed_them_and_what_they_may() {
    let daemon = FakeDaemon::new();
    let mut paired = client("paired-0a1b2c3d", "Id\u{202e}server");
    paired.tier = tier::PAIRED.to_owned();
    paired.listed_by = None;
    paired.scopes = Some(vec!["otp:read:e1".to_owned(), "webauthn:https://id.example".to_owned()]);
    paired.uid = Some(998);
    let mut portal = client("/usr/libexec/xdg-desktop-portal", "Portal");
    portal.listed_by = Some(listed_by::ADMIN.to_owned());
    portal.portal = Some(true);
    let mut own = client("/usr/bin/chromium", "Chromium");
    own.listed_by = Some(listed_by::PERSON.to_owned());
    own.origins = Some(vec!["https://id.example".to_owned()]);
    own.grants = 2;
    daemon.facts().clients = vec![client("/usr/bin/firefox", "Firefox"), portal, own, paired];
    let shown = with(&daemon).run("client list").await;
    let json = with(&daemon).run("client list --json").await;
    daemon.facts().clients.clear();
    let none = with(&daemon).run("client list").await;
    insta::assert_snapshot!(format!("{shown}\n{json}\n{none}"));
}

#[tokio::test]
async fn a_program_is_listed_by_the_file_that_runs() {
    let daemon = FakeDaemon::new();
    let folder = tempfile::tempdir().unwrap();
    let (program, link, script) =
        (folder.path().join("program"), folder.path().join("link"), folder.path().join("script"));
    std::fs::write(&program, b"\x7fELF").unwrap();
    std::fs::write(&script, b"#!/bin/sh\nexec program\n").unwrap();
    std::os::unix::fs::symlink(&program, &link).unwrap();
    let link = link.to_str().unwrap();
    let allowed = with(&daemon)
        .run_args(["client", "allow", link, "--name", "Example", "--origin", "https://id.example/path", "--portal"])
        .await;
    let any = with(&daemon).run_args(["client", "allow", link, "--any-origin", "--json"]).await;
    let script = with(&daemon).run_args(["client", "allow", script.to_str().unwrap()]).await;
    let missing = with(&daemon).run_args(["client", "allow", "/nowhere/at/all"]).await;
    let plain = with(&daemon).run_args(["client", "allow", link, "--origin", "http://id.example"]).await;
    daemon.refuse(CallError::new(ErrorKind::Denied, "you said no"));
    let denied = with(&daemon).run_args(["client", "allow", link]).await;
    let path = folder.path().canonicalize().unwrap().display().to_string();
    let calls = daemon.facts().calls.join("\n");
    let text = format!("{calls}\n{allowed}\n{any}\n{script}\n{missing}\n{plain}\n{denied}");
    insta::assert_snapshot!(text.replace(&path, "FOLDER"));
}

#[tokio::test]
async fn a_program_is_forgotten_by_its_id_or_name() {
    let daemon = FakeDaemon::new();
    daemon.facts().clients = vec![client("/usr/bin/firefox", "Firefox"), client("/usr/bin/firefox-esr", "Firefox ESR")];
    let whole = with(&daemon).run("client forget /usr/bin/firefox").await;
    let begins = with(&daemon).run("client forget /usr/bin/firefox-e --json").await;
    let named = with(&daemon).run_args(["client", "forget", "firefox esr"]).await;
    let unclear = with(&daemon).run("client forget fire").await;
    let unknown = with(&daemon).run("client forget opera").await;
    let forgotten: Vec<_> = daemon.facts().calls.iter().filter(|call| call.starts_with("Forget")).cloned().collect();
    assert_eq!(forgotten, ["Forget(/usr/bin/firefox)", "Forget(/usr/bin/firefox-esr)", "Forget(/usr/bin/firefox-esr)"]);
    insta::assert_snapshot!(format!("{whole}\n{begins}\n{named}\n{unclear}\n{unknown}"));
}

#[tokio::test]
async fn a_token_goes_to_standard_output_and_nothing_else_does() {
    let daemon = FakeDaemon::new();
    let line = "client pair signin --scope webauthn:https://id.example/in --scope otp:read:example,ada --uid 998";
    let left = with(&daemon).run(line).await;
    assert_eq!(left.out, format!("{TOKEN}\n"));
    assert!(!left.err.contains(TOKEN));
    let json = with(&daemon).run(&format!("{line} --json")).await;
    let asked = daemon.facts().calls.join("\n");
    insta::assert_snapshot!(format!("{asked}\n{left}\n{json}"));
}

#[tokio::test]
async fn a_token_goes_into_a_new_file_of_ones_own_or_a_descriptor_and_is_not_shown() {
    use std::os::unix::fs::PermissionsExt;
    let daemon = FakeDaemon::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let file = file.to_str().unwrap();
    let to_file =
        ["client", "pair", "signin", "--scope", "webauthn:https://id.example", "--user", "root", "--token-file", file];
    let left = with(&daemon).run_args(to_file).await;
    assert_eq!((left.exit, left.out.as_str()), (Exit::Ok, ""), "{left}");
    assert_eq!(std::fs::read_to_string(file).unwrap(), format!("{TOKEN}\n"));
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(daemon.facts().calls[0].contains("uid: 0"), "{:?}", daemon.facts().calls);
    // Nothing is asked for that could not be kept.
    let again = with(&daemon).run_args(to_file).await;
    assert_eq!((again.exit, daemon.facts().calls.len()), (Exit::Failed, 1), "{again}");
    let taken = Taken::new();
    let number = taken.number().to_string();
    let left = with(&daemon)
        .run_args(["client", "pair", "x", "--scope", "webauthn:https://id.example", "--token-fd", &number])
        .await;
    assert!(!left.out.contains(TOKEN) && !left.err.contains(TOKEN), "{left}");
    assert_eq!(taken.text(), format!("{TOKEN}\n"));
    // One that only reads takes no token.
    let number = Handed::new("").number().to_string();
    let left = with(&daemon)
        .run_args(["client", "pair", "x", "--scope", "webauthn:https://id.example", "--token-fd", &number])
        .await;
    assert_eq!(left.exit, Exit::Usage, "{left}");
    let nobody = with(&daemon).run("client pair x --scope webauthn:https://id.example --user no-such-user-here").await;
    assert_eq!(nobody.exit, Exit::Failed, "{nobody}");
}

#[tokio::test]
async fn the_log_says_who_asked_and_what_came_of_it() {
    let daemon = FakeDaemon::new();
    let entry = LogEntry {
        time: NOW - 7_200,
        door: "bus".to_owned(),
        program: "/usr/bin/firefox".to_owned(),
        pid: Some(4_242),
        tier: tier::INSTALLED.to_owned(),
        kind: grant_kind::SIGN.to_owned(),
        what: Some("example.org".to_owned()),
        result: "given".to_owned(),
        why: "granted".to_owned(),
        ..LogEntry::default()
    };
    let refused = LogEntry {
        time: NOW - 60,
        last: Some(NOW - 1),
        times: Some(300),
        door: "socket".to_owned(),
        program: "/home/ada/\u{1b}]0;x\u{7}evil\u{202e}".to_owned(),
        pid: None,
        tier: tier::SCRIPT.to_owned(),
        kind: "export".to_owned(),
        what: None,
        result: "refused".to_owned(),
        why: "only fob may do this".to_owned(),
    };
    daemon.facts().log = vec![entry, refused];
    let shown = with(&daemon).run("log").await;
    let json = with(&daemon).run("log --json -n 2 --since 2h").await;
    daemon.facts().log.clear();
    let none = with(&daemon).run_args(["log", "--since", "2023-11-14 22:13"]).await;
    let nonsense = with(&daemon).run("log --since yesterday").await;
    let no_lines = with(&daemon).run("log -n 0").await;
    assert_eq!(
        daemon.facts().calls,
        [
            "Log(Some(100), None)".to_owned(),
            format!("Log(Some(2), Some({}))", NOW - 7_200),
            "Log(Some(100), Some(1699999980))".to_owned()
        ]
    );
    insta::assert_snapshot!(format!("{shown}\n{json}\n{none}\n{nonsense}\n{no_lines}"));
}
