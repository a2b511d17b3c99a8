//! `fob vault …`.

use fob::Exit;
use fob_bus::types::{MergeInfo, MergedInfo, RekeyInfo, RestoreInfo, VersionInfo};
use fob_bus::{CallError, ErrorKind};

use super::common::daemon::vault::slot;
use super::common::daemon::{FakeDaemon, NOW, RECOVERY};
use super::common::{Handed, Taken, with};

fn version(generation: u64, state: &str) -> VersionInfo {
    VersionInfo {
        name: format!("vault.backup-{generation:020}-aaaaaaaa-bbbbbbbb"),
        generation,
        state: state.to_owned(),
        ..VersionInfo::default()
    }
}

#[tokio::test]
async fn versions_are_listed_with_what_can_be_said_of_them() {
    let daemon = FakeDaemon::new();
    let none = with(&daemon).run("vault versions").await;
    daemon.facts().versions = vec![
        VersionInfo { changed: Some(NOW), occasion: Some("import".to_owned()), ..version(12, "verified") },
        version(11, "whole"),
        version(9, "another-key"),
        VersionInfo { problem: Some("it is \u{202e}torn".to_owned()), ..version(8, "unsound") },
    ];
    let listed = with(&daemon).run("vault versions").await;
    let json = with(&daemon).run("vault versions --json").await;
    insta::assert_snapshot!(format!("{none}\n{listed}\n{json}"));
}

#[tokio::test]
async fn a_version_comes_back_with_the_secret_of_its_time() {
    let daemon = FakeDaemon::new();
    daemon.facts().restored = RestoreInfo { from: 11, generation: 13, open: true, ..RestoreInfo::default() };
    let plain = with(&daemon).typed(&["correct horse"]).run("vault restore 11").await;
    daemon.facts().restored = RestoreInfo {
        from: 11,
        generation: 14,
        resync: 2,
        foreign: Some(vec![slot("a1", "passphrase", ""), slot("a2", "key", "blue\u{202e}")]),
        open: false,
    };
    let code = Handed::new(RECOVERY);
    let foreign = with(&daemon).run(&format!("vault restore 11 --recovery-fd {}", code.number())).await;
    let json = with(&daemon).typed(&["correct horse"]).run("vault restore 11 --json").await;
    assert_eq!(daemon.facts().secrets, ["correct horse", RECOVERY, "correct horse"]);
    assert_eq!(daemon.facts().calls, ["Restore(11, false)", "Restore(11, true)", "Restore(11, false)"]);
    daemon.refuse(CallError::new(ErrorKind::WrongPassphrase, "wrong passphrase"));
    let wrong = with(&daemon).typed(&["corect horse"]).run("vault restore 11").await;
    daemon.refuse(CallError::new(ErrorKind::UnknownVersion, "no version of the vault is called 7"));
    let unknown = with(&daemon).typed(&["correct horse"]).run("vault restore 7").await;
    insta::assert_snapshot!(format!("{plain}\n{foreign}\n{json}\n{wrong}\n{unknown}"));
}

#[tokio::test]
async fn ways_in_are_listed() {
    let daemon = FakeDaemon::new();
    daemon.facts().slots = vec![slot("a1", "passphrase", ""), slot("a2", "recovery", "drawer\u{202e}")];
    let mut keyring = slot("a3", "secret-service", "");
    (keyring.used, keyring.opens_with_login) = (None, true);
    daemon.facts().slots.push(keyring);
    let listed = with(&daemon).run("vault slots").await;
    let json = with(&daemon).run("vault slots --json").await;
    daemon.refuse(CallError::new(ErrorKind::Locked, "the vault is locked"));
    let locked = with(&daemon).run("vault slots").await;
    insta::assert_snapshot!(format!("{listed}\n{json}\n{locked}"));
}

#[tokio::test]
async fn a_passphrase_is_changed_and_the_new_recovery_code_given_once() {
    let daemon = FakeDaemon::new();
    let typed = with(&daemon).seen().typed(&["old", "new one", "new one"]).run("vault passphrase").await;
    assert_eq!(daemon.facts().secrets, ["old", "new one"]);
    assert_eq!(daemon.facts().calls, ["Slots", "ChangePassphrase(false)"]);
    daemon.facts().rekeyed = RekeyInfo {
        dropped: vec![slot("a2", "key", "blue\u{202e}")],
        not_removed: vec!["/home/ada/vault.backup-1".to_owned()],
        warnings: vec!["the change may not survive a power cut".to_owned()],
    };
    let (code, new, taken) = (Handed::new(RECOVERY), Handed::new("new one\n"), Taken::new());
    let line = format!(
        "vault passphrase --json --recovery-fd {} --new-passphrase-fd {} --new-recovery-fd {}",
        code.number(),
        new.number(),
        taken.number()
    );
    let scripted = with(&daemon).run(&line).await;
    assert_eq!(daemon.facts().secrets, ["old", "new one", RECOVERY, "new one"]);
    assert_eq!(taken.text(), format!("{RECOVERY}\n"));
    assert!(!scripted.out.contains(RECOVERY), "{scripted}");
    let noted = with(&daemon).seen().typed(&["old", "new one", "new one"]).run("vault passphrase").await;
    insta::assert_snapshot!(format!("{typed}\n{scripted}\n{noted}"));
}

#[tokio::test]
async fn no_passphrase_is_changed_by_a_slip() {
    let daemon = FakeDaemon::new();
    let unseen = with(&daemon).typed(&[]).run("vault passphrase").await;
    let differs = with(&daemon).seen().typed(&["old", "new one", "new on"]).run("vault passphrase").await;
    assert!(!daemon.facts().calls.iter().any(|call| call.starts_with("Change")));
    let (old, new) = (Handed::new("old"), Handed::new("new one"));
    let line = format!("vault passphrase --passphrase-fd {} --new-passphrase-fd {}", old.number(), new.number());
    let nowhere = with(&daemon).run(&line).await;
    assert_eq!(nowhere.exit, Exit::Usage);
    assert!(!daemon.facts().calls.iter().any(|call| call.starts_with("Change")));
    daemon.facts().change_refused = Some(CallError::new(ErrorKind::WrongPassphrase, "wrong passphrase"));
    let wrong = with(&daemon).seen().typed(&["odd", "new one", "new one"]).run("vault passphrase").await;
    assert!(!wrong.to_string().contains(RECOVERY), "{wrong}");
    insta::assert_snapshot!(format!("{unseen}\n{differs}\n{nowhere}\n{wrong}"));
}

#[tokio::test]
async fn a_recovery_code_is_renewed() {
    let daemon = FakeDaemon::new();
    let typed = with(&daemon).seen().typed(&["correct horse"]).run("vault recovery-code").await;
    let json = with(&daemon).seen().typed(&["correct horse"]).run("vault recovery-code --json").await;
    assert_eq!(daemon.facts().calls, ["Slots", "RenewRecoveryCode", "Slots", "RenewRecoveryCode"]);
    assert_eq!(daemon.facts().secrets, ["correct horse", "correct horse"]);
    let (passphrase, taken) = (Handed::new("correct horse"), Taken::new());
    let line =
        format!("vault recovery-code --passphrase-fd {} --new-recovery-fd {}", passphrase.number(), taken.number());
    let scripted = with(&daemon).run(&line).await;
    assert_eq!(taken.text(), format!("{RECOVERY}\n"));
    assert!(!scripted.out.contains(RECOVERY), "{scripted}");
    insta::assert_snapshot!(format!("{typed}\n{json}\n{scripted}"));
}

fn merged(name: &str, outcome: &str, other: Option<&str>) -> MergedInfo {
    MergedInfo {
        id: Some(format!("id-of-{name}")),
        issuer: "Example".to_owned(),
        name: format!("{name}\u{202e}"),
        outcome: outcome.to_owned(),
        other: other.map(str::to_owned),
    }
}

#[tokio::test]
async fn another_vault_is_merged_with_a_report() {
    let daemon = FakeDaemon::new();
    daemon.facts().merged = MergeInfo {
        entries: vec![
            merged("ada", "added", None),
            merged("bob", "updated", None),
            merged("cyd", "kept", None),
            merged("dan", "kept-both", Some("d2")),
            merged("eve", "removed", None),
            merged("fay", "stays-removed", None),
            merged("gus", "duplicate", Some("g1")),
        ],
        same: 3,
        written: true,
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("theirs");
    std::fs::write(&file, "their vault").unwrap();
    let file = file.to_str().unwrap();
    let dry = with(&daemon).typed(&["theirs"]).run(&format!("vault merge {file} --dry-run")).await;
    let done = with(&daemon).typed(&["theirs"]).run(&format!("vault merge {file}")).await;
    let code = Handed::new(RECOVERY);
    daemon.facts().merged = MergeInfo { same: 3, ..MergeInfo::default() };
    let json = with(&daemon).run(&format!("vault merge {file} --json --recovery-fd {}", code.number())).await;
    assert_eq!(
        daemon.facts().calls,
        [
            "Slots",
            "Merge(their vault, Some(false), Some(true))",
            "Slots",
            "Merge(their vault, Some(false), Some(false))",
            "Slots",
            "Merge(their vault, Some(true), Some(false))"
        ]
    );
    assert_eq!(daemon.facts().secrets, ["theirs", "theirs", RECOVERY]);
    let missing = with(&daemon).run("vault merge /no/such/vault").await;
    insta::assert_snapshot!(format!("{dry}\n{done}\n{json}\n{missing}"));
}
