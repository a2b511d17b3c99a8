//! `fob otp …`.

use fob::Exit;
use fob::clipboard::Place;
use fob_ambient::Clock;
use fob_bus::types::EntryInfo;
use fob_bus::{CallError, ErrorKind};

use super::common::daemon::{CODE, FakeDaemon, NOW, entry};
use super::common::{FakeClipboard, Handed, with};

fn locked() -> CallError {
    CallError::new(ErrorKind::Locked, "the vault is locked")
}

#[tokio::test]
async fn a_code_for_a_person_for_a_script_and_for_a_program() {
    let daemon = FakeDaemon::new();
    let mut text = String::new();
    for line in [
        "otp code ada",
        "otp code ada --raw",
        "otp code ada --next",
        "otp code ada --json",
        "otp code ada --next --raw",
    ] {
        text.push_str(&format!("$ fob {line}\n{}\n", with(&daemon).run(line).await));
    }
    let counted = EntryInfo { kind: "hotp".to_owned(), counter: Some(7), period: None, ..entry("e3", "Door", "") };
    daemon.facts().entries = vec![counted];
    text.push_str(&format!("$ fob otp code door\n{}", with(&daemon).run("otp code door").await));
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn a_code_that_dies_too_soon_is_waited_out_or_passed_over() {
    let mut text = String::new();
    for line in [
        "otp code ada --min-valid 19",
        "otp code ada --min-valid 20",
        "otp code ada --min-valid 20 --next",
        "otp code ada --min-valid 19 --next",
        "otp code ada --min-valid 31",
    ] {
        let daemon = FakeDaemon::new();
        let left = with(&daemon).seen().run(line).await;
        let waited = daemon.clock.wall().0 - NOW;
        let shown = left.to_string().replace('\r', "<CR>");
        text.push_str(&format!("$ fob {line}\n{shown}--- waited {waited} s, calls {:?}\n\n", daemon.facts().calls));
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn a_wait_ends_with_ctrl_c_and_shows_nothing_where_nobody_looks() {
    let daemon = FakeDaemon::new();
    let left = with(&daemon).interrupted_after(3).run("otp code ada --min-valid 20 --raw").await;
    assert_eq!((left.exit, left.out.as_str(), left.err.as_str()), (Exit::Failed, "", "fob: you gave up\n"));
    assert_eq!(daemon.clock.wall().0, NOW + 3);
}

#[tokio::test]
async fn codes_are_watched_until_ctrl_c() {
    let mut text = String::new();
    for (seen, line) in [
        (true, "otp code ada --watch"),
        (false, "otp code ada --watch"),
        (false, "otp code ada --watch --raw"),
        (true, "otp code ada --watch --json"),
    ] {
        let daemon = FakeDaemon::new();
        let call = if seen { with(&daemon).seen() } else { with(&daemon) };
        let left = call.interrupted_after(20).run(line).await;
        let shown = left.to_string().replace('\r', "\n");
        text.push_str(&format!("$ fob {line}\n{shown}--- calls {:?}\n\n", daemon.facts().calls));
    }
    insta::assert_snapshot!(text);
}

/// Each code counts as a use of the vault, so a forgotten `--watch` once kept it open for ever.
#[tokio::test]
async fn watching_ends_five_minutes_after_the_last_key() {
    for (case, seen, keys, seconds) in [
        ("nobody is there", true, &[][..], 300),
        ("somebody is there for a while", true, &[100, 399], 699),
        ("too late", true, &[301], 300),
        ("a pipe has no keys", false, &[100], 300),
    ] {
        let daemon = FakeDaemon::new();
        let call = with(&daemon).keys_at(keys);
        let call = if seen { call.seen() } else { call };
        let left = call.run("otp code ada --watch").await;
        assert_eq!((left.exit, daemon.clock.wall().0 - NOW), (Exit::Ok, seconds), "{case}: {left}");
        assert!(left.err.contains("it would keep the vault open"), "{case}: {left}");
        if seen {
            assert!(left.out.ends_with(&format!("\r{:37}\r", "")), "{case}: the last code still shows");
        }
    }
}

#[tokio::test]
async fn watching_uses_no_counter_up() {
    let daemon = FakeDaemon::new();
    let counted = EntryInfo { kind: "hotp".to_owned(), counter: Some(7), period: None, ..entry("e3", "Door", "") };
    daemon.facts().entries = vec![counted];
    let left = with(&daemon).run("otp code door --watch").await;
    assert_eq!(daemon.facts().calls, ["Find(door)"]);
    insta::assert_snapshot!(left);
}

#[tokio::test]
async fn a_copied_code_does_not_show_and_is_kept_until_it_is_dead() {
    let mut text = String::new();
    for (place, line) in [
        (Some(Place::Wayland), "otp code ada --copy"),
        (Some(Place::Terminal), "otp code ada --copy"),
        (Some(Place::X11), "otp code ada --copy --json"),
        (Some(Place::X11), "otp code ada --copy --next"),
        (None, "otp code ada --copy"),
    ] {
        let clipboard = place.map_or_else(FakeClipboard::default, FakeClipboard::of);
        let left = with(&FakeDaemon::new()).clipboard(&clipboard).run(line).await;
        let copied = clipboard.copied.lock().unwrap().clone();
        assert!(!copied.iter().any(|(code, _)| left.to_string().contains(code)));
        text.push_str(&format!("$ fob {line}\n{left}--- copied {copied:?}\n\n"));
    }
    let daemon = FakeDaemon::new();
    daemon.facts().entries[0].kind = "hotp".to_owned();
    let clipboard = FakeClipboard::of(Place::X11);
    with(&daemon).clipboard(&clipboard).run("otp code ada --copy").await;
    assert_eq!(clipboard.copied.lock().unwrap()[0].1, 60);
    // A code by a counter used to be made, and lost, before anybody looked for a clipboard.
    let daemon = FakeDaemon::new();
    with(&daemon).clipboard(&FakeClipboard::default()).run("otp code ada --copy").await;
    assert!(daemon.facts().calls.iter().all(|call| !call.contains("ode")), "{:?}", daemon.facts().calls);
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn a_clock_that_nobody_sets_is_told_beside_a_code_that_hangs_on_it() {
    let daemon = FakeDaemon::new();
    let unset = || Some(false);
    let person = with(&daemon).clock_is_set(unset).run("otp code ada").await;
    assert!(person.err.contains("no time server sets this machine's clock"), "{person}");
    let program = with(&daemon).clock_is_set(unset).run("otp code ada --json").await;
    assert!(program.out.contains("\"clock_is_set\": false") && program.err.is_empty(), "{program}");
    let unknown = with(&daemon).clock_is_set(|| None).run("otp code ada --json").await;
    assert!(unknown.out.contains("\"clock_is_set\": null"), "{unknown}");
    let script = with(&daemon).clock_is_set(unset).run("otp code ada --raw").await;
    assert_eq!((script.out, script.err), (format!("{CODE}\n"), String::new()));
    daemon.facts().entries[0].kind = "hotp".to_owned();
    let counted = with(&daemon).clock_is_set(unset).run("otp code ada").await;
    assert_eq!(counted.err, "", "a counter needs no clock");
}

#[tokio::test]
async fn a_counter_that_may_lag_behind_is_told_to_a_person_and_not_to_a_script() {
    let daemon = FakeDaemon::new();
    daemon.facts().entries[0].kind = "hotp".to_owned();
    daemon.facts().entries[0].resync = Some(true);
    let raw = with(&daemon).seen().run("otp code ada --raw").await;
    let shown = with(&daemon).run("otp show ada").await;
    for told in [&raw.err, &shown.out, &with(&daemon).run("otp code ada").await.err] {
        assert!(told.contains("`fob otp resync` finds"), "{told}");
    }
    let script = with(&daemon).run("otp code ada --raw").await;
    assert_eq!((raw.out, script.out.as_str(), script.err.as_str()), (script.out.clone(), script.out.as_str(), ""));
}

#[tokio::test]
async fn a_code_is_one_call() {
    let daemon = FakeDaemon::new();
    with(&daemon).run("otp code ada --raw").await;
    assert_eq!(daemon.facts().calls, ["Code(ada)"]);
}

#[tokio::test]
async fn raw_is_the_bare_code_and_a_line_break() {
    let left = with(&FakeDaemon::new()).run("otp code ada --raw").await;
    assert_eq!((left.out, left.err), (format!("{CODE}\n"), String::new()));
}

#[tokio::test]
async fn a_locked_vault_is_opened_by_a_person_and_not_by_a_script() {
    let daemon = FakeDaemon::new();
    daemon.refuse(locked());
    let left = with(&daemon).run("otp code ada --raw").await;
    assert_eq!((left.exit, left.out.as_str()), (Exit::Locked, ""));

    daemon.refuse(locked());
    daemon.refuse(CallError::new(ErrorKind::WrongPassphrase, "that is not the passphrase"));
    daemon.facts().calls.clear();
    let left = with(&daemon).typed(&["wrong", "correct horse"]).run("otp code ada --raw").await;
    assert_eq!((left.exit, left.out), (Exit::Ok, format!("{CODE}\n")));
    assert_eq!(daemon.facts().calls, ["Code(ada)", "Ways", "Unlock", "Unlock", "Code(ada)"]);
    assert_eq!(daemon.facts().secrets, ["wrong", "correct horse"]);
}

#[tokio::test]
async fn three_wrong_passphrases_are_enough() {
    let daemon = FakeDaemon::new();
    daemon.refuse(locked());
    for _ in 0..3 {
        daemon.refuse(CallError::new(ErrorKind::WrongPassphrase, "that is not the passphrase"));
    }
    let left = with(&daemon).typed(&["a", "b", "c"]).run("otp code ada").await;
    assert_eq!((left.exit, left.asked.len()), (Exit::Denied, 3));
}

#[tokio::test]
async fn an_account_is_added_from_a_pipe_a_descriptor_or_a_hidden_line() {
    let uri = "otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP";
    let daemon = FakeDaemon::new();
    let piped = with(&daemon).stdin("otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP\n").run("otp add").await;
    let handed = Handed::new(uri);
    let through = with(&daemon).run(&format!("otp add --json --uri-fd {}", handed.number())).await;
    let typed = with(&daemon).typed(&["otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP"]).run("otp add").await;
    assert_eq!(daemon.facts().secrets, [uri; 3]);
    let nothing = with(&daemon).run("otp add").await;
    insta::assert_snapshot!(format!("{piped}\n{through}\n{typed}\n{nothing}"));
}

#[tokio::test]
async fn a_uri_as_an_argument_is_refused_before_anything_is_done() {
    let daemon = FakeDaemon::new();
    let left = with(&daemon).run("otp add otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP").await;
    assert!(daemon.facts().calls.is_empty());
    assert!(!left.err.contains("JBSWY3DPEHPK3PXP"));
    insta::assert_snapshot!(left);
}

#[tokio::test]
async fn accounts_are_listed_with_what_is_odd_about_them() {
    let daemon = FakeDaemon::new();
    let odd = EntryInfo {
        digits: Some(8),
        algorithm: Some("SHA512".to_owned()),
        period: Some(60),
        ..entry("e2", "Bank of \u{202e}Strange\u{1b}[31m", "ada")
    };
    let dead = EntryInfo {
        unusable: Some("it was made by a newer fob".to_owned()),
        kind: "new".to_owned(),
        ..entry("e4", "", "x")
    };
    let twin = entry("e9", "Example", "ada");
    daemon.facts().entries.extend([odd, dead, twin]);
    let shown = with(&daemon).run("otp list").await;
    let json = with(&daemon).run("otp list --json").await;
    daemon.facts().entries.clear();
    let empty = with(&daemon).run("otp list").await;
    insta::assert_snapshot!(format!("{shown}\n{json}\n{empty}"));
}

#[tokio::test]
async fn an_account_is_bound_to_the_origin_of_what_was_typed_and_let_go_again() {
    let daemon = FakeDaemon::new();
    let added = with(&daemon).stdin("otpauth://totp/x").run("otp add --site https://ID.example:443/login").await;
    assert_eq!((added.exit, daemon.facts().calls[0].as_str()), (Exit::Ok, "Add(https://id.example)"));
    daemon.facts().calls.clear();
    let bound = with(&daemon).run("otp bind example https://ID.example/login").await;
    let listed = with(&daemon).run("otp list").await;
    let let_go = with(&daemon).run("otp bind example https://id.example --remove --json").await;
    let calls = daemon.facts().calls.join("\n");
    for line in ["otp bind example http://id.example", "otp add --site nonsense"] {
        assert_eq!(with(&daemon).run(line).await.exit, Exit::Usage, "{line}");
    }
    insta::assert_snapshot!(format!("{bound}\n{listed}\n{let_go}\n--- calls\n{calls}"));
}

#[tokio::test]
async fn an_account_goes_only_after_a_yes() {
    let daemon = FakeDaemon::new();
    let mut text = String::new();
    for (typed, line) in [
        (Some("y"), "otp remove ada"),
        (Some(""), "otp remove ada"),
        (None, "otp remove ada --yes"),
        (None, "otp remove ada"),
    ] {
        daemon.facts().calls.clear();
        let call = with(&daemon);
        let left = match typed {
            Some(typed) => call.typed(&[typed]).run(line).await,
            None => call.run(line).await,
        };
        text.push_str(&format!("$ fob {line}\n{left}--- calls\n{}\n\n", daemon.facts().calls.join("\n")));
    }
    insta::assert_snapshot!(text);
}
