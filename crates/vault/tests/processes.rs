//! Other processes: one that is killed in the middle of a write, one that holds the lock.
//!
//! The other process is this test program again, running only [`child`], told by environment variables what to do.

mod support;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;

use fob_otp::Kind;
use fob_vault::{Disk, LockedVault, RealDisk, VaultError};
use support::steps::{Fault, StepDisk};
use support::{Home, PASSPHRASE, context_in, hotp, passphrase, totp, unlock, vault_in};

const TASK: &str = "FOB_VAULT_TEST_TASK";
const FOLDER: &str = "FOB_VAULT_TEST_FOLDER";
const STEP: &str = "FOB_VAULT_TEST_STEP";

fn child_command(task: &str, folder: &Path, step: usize) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("Linux tells"));
    command.args(["--ignored", "--exact", "child", "--nocapture", "--test-threads=1"]);
    command.env(TASK, task).env(FOLDER, folder).env(STEP, step.to_string());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// Runs a child to its end: how it ended, and whether it showed a code.
fn run(task: &str, home: &Home, step: usize) -> (ExitStatus, bool) {
    let output = child_command(task, home.path(), step).output().expect("this program can be started");
    let shown = String::from_utf8_lossy(&output.stdout).contains("code shown");
    (output.status, shown)
}

#[test]
#[ignore = "the child of the other tests, never run by itself"]
fn child() {
    let task = std::env::var(TASK).expect("only the other tests start this");
    let folder = PathBuf::from(std::env::var_os(FOLDER).expect("with the task comes the folder"));
    let step = std::env::var(STEP).expect("and the step").parse().expect("a number");
    if task == "hold" {
        let _lock = RealDisk.lock(&folder.join("vault.lock")).unwrap().expect("nobody else holds it");
        println!("\nlock held");
        std::io::stdin().read_line(&mut String::new()).unwrap();
        return;
    }
    let disk = Arc::new(StepDisk::new(Fault::Kill));
    let context = context_in(&folder, disk.clone());
    if task == "create" {
        disk.arm(step);
        LockedVault::create(&vault_in(&folder), &passphrase(PASSPHRASE), &context).unwrap();
        return;
    }
    let mut vault = unlock(LockedVault::open(&vault_in(&folder), &context).unwrap()).unwrap();
    disk.arm(step);
    match task.as_str() {
        "add" => drop(vault.add(totp("new")).unwrap()),
        "hotp" => {
            vault.take_hotp(vault.entries()[0].id).unwrap();
            println!("\ncode shown");
        }
        other => panic!("there is no task {other}"),
    }
}

#[test]
fn a_kill_at_any_step_leaves_the_old_vault_or_the_new_one() {
    let home = Home::new();
    home.create().0.add(hotp("counted", 7)).unwrap();
    for task in ["add", "hotp"] {
        let mut generations = Vec::new();
        for step in 1.. {
            let home = home.copy();
            let (status, shown) = run(task, &home, step);
            let mut vault = home.unlock().unwrap_or_else(|error| panic!("{task}, step {step}: {error}"));
            generations.push(vault.generation());
            let entry = &vault.entries()[0];
            let new = vault.generation() == 3;
            assert_eq!(vault.entries().len(), if task == "add" && new { 2 } else { 1 }, "{task}, step {step}");
            let counter = if task == "hotp" && new { 8 } else { 7 };
            assert_eq!(entry.kind, Kind::Hotp { counter }, "{task}, step {step}");
            assert!(!shown || new, "step {step}: a code was shown before its counter was on the disk");
            vault.add(totp("later")).unwrap();
            assert_eq!(home.named(".tmp-"), [""; 0], "{task}, step {step}: leftovers are cleared away");
            if status.success() {
                break;
            }
            assert_eq!(status.signal(), Some(9), "{task}, step {step}");
        }
        assert!(generations.is_sorted(), "{task}: first the old vault, then the new one");
        assert!(generations.contains(&2) && generations.contains(&3), "{task}: kills hit before and after");
    }
}

#[test]
fn a_kill_during_creation_leaves_nothing_or_a_whole_vault() {
    for step in 1.. {
        let home = Home::new();
        let (status, _) = run("create", &home, step);
        match home.unlock() {
            Ok(vault) => assert!(vault.entries().is_empty()),
            Err(VaultError::Missing { .. }) => drop(home.create()),
            Err(error) => panic!("step {step}: {error}"),
        }
        if status.success() {
            assert!(step > 8, "a creation has more steps than {step}");
            break;
        }
        assert_eq!(status.signal(), Some(9), "step {step}");
    }
}

#[test]
fn a_vault_that_another_process_is_writing_is_in_use() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    let mut child = child_command("hold", home.path(), 0).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.by_ref().map_while(Result::ok).any(|line| line == "lock held"));

    assert!(matches!(vault.add(totp("new")), Err(VaultError::InUse)));
    assert!(vault.entries().is_empty(), "memory is what the disk holds");
    assert!(home.unlock().is_ok(), "reading needs no lock");

    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert!(child.wait().unwrap().success());
    vault.add(totp("new")).unwrap();
}
