//! `fob vault …`: versions, the list of ways in, merging.

use fob_bus::types::{MergeInfo, MergedInfo, RestoreInfo, VersionInfo};
use fob_bus::{CallError, ErrorKind};

use super::common::daemon::vault::slot;
use super::common::daemon::{FakeDaemon, NOW, RECOVERY};
use super::common::{Handed, with};

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
