//! `fob doctor` through the whole program; what it finds about nodes, files and other programs is tested beside the code.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use fob::Exit;
use fob::world::{Connecting, Door};
use fob_bus::connect::ConnectError;
use serde_json::Value;

use super::common::daemon::FakeDaemon;
use super::common::{behind, with};

struct Nobody;

impl Door for Nobody {
    fn connect(&self) -> Connecting<'_> {
        let path = PathBuf::from("/run/user/1000/fob/fobd.sock");
        Box::pin(async { Err(ConnectError::NotRunning { path, source: io::Error::from_raw_os_error(111) }) })
    }
}

fn check<'v>(findings: &'v Value, name: &str) -> &'v Value {
    findings["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap()
}

#[tokio::test]
async fn a_missing_daemon_fails_and_says_what_to_do() {
    let left = behind(Nobody).run("doctor --json").await;
    assert_eq!(left.exit, Exit::Failed);
    let findings: Value = serde_json::from_str(&left.out).unwrap();
    assert_eq!(findings["schema"], "fob.doctor/1");
    assert_eq!(findings["ok"], false);
    let daemon = check(&findings, "daemon");
    assert_eq!(daemon["outcome"], "fail");
    assert!(daemon["message"].as_str().unwrap().contains("fobd does not listen on /run/user/1000/fob/fobd.sock"));
    assert!(daemon["advice"].as_str().unwrap().contains("systemctl --user start"));
}

/// The whole program, with something in the place of fobd beside it that finds its settings file wrong.
#[test]
fn a_settings_file_that_lets_no_fobd_start_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (fob, fobd) = (folder.path().join("fob"), folder.path().join("fobd"));
    fs::copy(env!("CARGO_BIN_EXE_fob"), &fob).unwrap();
    let said = "fobd: /home/ada/.config/fob/fobd.toml is wrong\ncause: unknown field `supend`";
    fs::write(&fobd, format!("#!/bin/sh\necho '{said}' >&2\nexit 2\n")).unwrap();
    fs::set_permissions(&fobd, PermissionsExt::from_mode(0o755)).unwrap();
    let doctor = || {
        let mut command = Command::new(&fob);
        let output = command.args(["doctor", "--json"]).env("FOB_SOCKET", folder.path().join("none")).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let findings = doctor();
    assert!(check(&findings, "daemon")["advice"].as_str().unwrap().contains("fobd --check-config"));
    let settings = check(&findings, "settings");
    assert_eq!(settings["outcome"], "fail");
    assert_eq!(settings["message"], "/home/ada/.config/fob/fobd.toml is wrong: unknown field `supend`");
    fs::remove_file(&fobd).unwrap();
    let findings = doctor();
    assert!(findings["checks"].as_array().unwrap().iter().all(|check| check["name"] != "settings"));
}

#[tokio::test]
async fn what_the_daemon_says_is_judged() {
    let daemon = FakeDaemon::new();
    {
        let mut facts = daemon.facts();
        facts.status.vault = "unusable".to_owned();
        facts.status.problem = Some("the vault is torn at byte 900".to_owned());
        facts.status.version = "0.0.1".to_owned();
        facts.status.warnings = vec!["the vault is not safe where it is: it lies on another machine".to_owned()];
    }
    let left = with(&daemon).run("doctor --json").await;
    assert_eq!(left.exit, Exit::Failed);
    let findings: Value = serde_json::from_str(&left.out).unwrap();
    for (name, outcome) in [("daemon", "warn"), ("vault", "fail"), ("session bus", "warn"), ("keys", "ok")] {
        assert_eq!(check(&findings, name)["outcome"], outcome, "{name}");
    }
    let place = findings["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["message"].as_str().unwrap().contains("another machine"));
    assert_eq!(place.unwrap()["outcome"], "warn");
}

#[tokio::test]
async fn nobody_is_told_to_open_a_node_to_everybody() {
    let left = behind(Nobody).run("doctor").await;
    assert!(!left.out.contains("666") && !left.err.contains("666"));
    assert!(left.out.starts_with("fail  daemon"), "{left}");
    assert!(left.err.starts_with("fob: "), "{left}");
}
