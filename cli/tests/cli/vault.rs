//! `fob status`, `init`, and `unlock` where there is nothing to unlock.

use std::sync::Arc;

use fob::Exit;
use fob_bus::{CallError, ErrorKind};

use super::common::daemon::{FakeDaemon, RECOVERY};
use super::common::{Handed, Taken, with};

#[tokio::test]
async fn status_says_how_things_stand() {
    let daemon = FakeDaemon::new();
    let mut text = format!("{}\n{}", with(&daemon).run("status").await, with(&daemon).run("status --json").await);
    for (vault, problem) in [("locked", None), ("none", None), ("unusable", Some("it is torn")), ("unlocked", None)] {
        {
            let mut facts = daemon.facts();
            facts.status.vault = vault.to_owned();
            facts.status.problem = problem.map(str::to_owned);
            facts.status.idle_lock = None;
            facts.status.keys = 2;
            facts.status.session_bus = true;
            facts.status.warnings = vec!["the clock went back".to_owned()];
            facts.status.quick_pin = Some(true);
            facts.status.locks = vec!["idle".to_owned(), "suspend".to_owned()];
        }
        text.push_str(&format!("\n{}", with(&daemon).run("status").await));
    }
    for seconds in [8 * 3_600 - 1, 3_600, 61, 59] {
        daemon.facts().status.vault = "soft-locked".to_owned();
        daemon.facts().status.soft_until = Some(seconds);
        text.push_str(&format!("\n{}", with(&daemon).run("status").await));
    }
    insta::assert_snapshot!(text);
}

fn without_vault() -> Arc<FakeDaemon> {
    let daemon = FakeDaemon::new();
    daemon.facts().status.vault = "none".to_owned();
    daemon
}

#[tokio::test]
async fn a_vault_that_is_there_is_named_before_a_passphrase_is_asked_for() {
    for state in ["locked", "unlocked"] {
        let daemon = FakeDaemon::new();
        daemon.facts().status.vault = state.to_owned();
        let left = with(&daemon).seen().typed(&[]).run("init").await;
        assert_eq!((left.exit, left.asked.len()), (Exit::Failed, 0), "{left}");
        assert!(left.err.contains("there is a vault already") && left.err.contains("fob unlock"), "{left}");
        assert_eq!(daemon.facts().calls, ["Status"]);
    }
}

/// Somebody locks while the vault is being made: it stands, and its recovery code is given this once.
#[tokio::test]
async fn a_recovery_code_is_shown_whatever_went_wrong_after_the_vault_was_made() {
    let cancelled = || CallError::new(ErrorKind::Cancelled, "the vault was locked meanwhile");
    let daemon = without_vault();
    daemon.facts().init_ends_with = Some(cancelled());
    let typed = with(&daemon).seen().typed(&["correct horse", "correct horse"]).run("init").await;
    daemon.facts().status.vault = "none".to_owned();
    daemon.facts().init_ends_with = Some(cancelled());
    let (handed, taken) = (Handed::new("correct horse"), Taken::new());
    let line = format!("init --json --passphrase-fd {} --recovery-fd {}", handed.number(), taken.number());
    let scripted = with(&daemon).run(&line).await;
    assert_eq!(taken.text(), format!("{RECOVERY}\n"));
    // Refused before anything was made: there is no code to show.
    let daemon = without_vault();
    daemon.facts().init_ends_with = Some(CallError::new(ErrorKind::VaultBusy, "another program writes the vault"));
    let refused = with(&daemon).seen().typed(&["correct horse", "correct horse"]).run("init").await;
    assert!(!refused.to_string().contains(RECOVERY), "{refused}");
    insta::assert_snapshot!(format!("{typed}\n{scripted}\n{refused}"));
}

/// The vault is made whatever the person presses, and only this answer brings its recovery code.
#[tokio::test]
async fn ctrl_c_while_a_vault_is_made_does_not_lose_its_recovery_code() {
    let daemon = without_vault();
    daemon.facts().ctrl_c_in_init = true;
    let left = with(&daemon).seen().typed(&["correct horse", "correct horse"]).run("init").await;
    assert_eq!(left.exit, Exit::Ok, "{left}");
    assert!(left.out.contains(RECOVERY), "{left}");
}

#[tokio::test]
async fn a_vault_is_made_and_its_recovery_code_shown_once() {
    let daemon = without_vault();
    let typed = with(&daemon).seen().typed(&["correct horse", "correct horse"]).run("init").await;
    assert_eq!(daemon.facts().secrets, ["correct horse"]);
    daemon.facts().status.vault = "none".to_owned();
    let (handed, taken) = (Handed::new("correct horse\n"), Taken::new());
    let line = format!("init --passphrase-fd {} --recovery-fd {}", handed.number(), taken.number());
    let scripted = with(&daemon).run(&line).await;
    assert_eq!(daemon.facts().secrets, ["correct horse"; 2]);
    assert_eq!(taken.text(), format!("{RECOVERY}\n"));
    assert!(!scripted.out.contains(RECOVERY));
    insta::assert_snapshot!(format!("{typed}\n{scripted}"));
}

#[tokio::test]
async fn no_vault_is_made_that_nobody_could_open_again() {
    let daemon = without_vault();
    let empty = Handed::new("\n");
    let unseen = with(&daemon).typed(&[]).run("init").await;
    let differs = with(&daemon).seen().typed(&["correct horse", "corect horse"]).run("init").await;
    let empty = with(&daemon).seen().run(&format!("init --passphrase-fd {}", empty.number())).await;
    let nobody = with(&daemon).seen().run("init").await;
    let gone = with(&daemon).seen().typed(&["^C"]).run("init").await;
    assert!(!daemon.facts().calls.contains(&"Init".to_owned()));
    insta::assert_snapshot!(format!("{unseen}\n{differs}\n{empty}\n{nobody}\n{gone}"));
}

#[tokio::test]
async fn without_a_terminal_the_option_is_named() {
    let daemon = FakeDaemon::new();
    daemon.facts().status.vault = "locked".to_owned();
    let left = with(&daemon).run("unlock").await;
    assert_eq!(left.exit, Exit::Usage);
    // A descriptor that nobody opened, or a number that is a PIN.
    let closed = with(&daemon).run("unlock --passphrase-fd 99871").await;
    assert!(!closed.err.contains("99871"));
    insta::assert_snapshot!(format!("{left}\n{closed}"));
}

#[tokio::test]
async fn a_short_passphrase_is_warned_of() {
    for (passphrase, warned) in
        [("x", true), ("sieben7", true), ("\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}", true), ("acht8888", false)]
    {
        let daemon = FakeDaemon::new();
        daemon.facts().status.vault = "none".to_owned();
        let left = with(&daemon).seen().typed(&[passphrase, passphrase]).run("init").await;
        assert_eq!(left.exit, Exit::Ok, "{left}");
        assert_eq!(left.err.contains("fewer than 8 characters"), warned, "{passphrase}: {left}");
    }
}
