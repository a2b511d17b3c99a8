//! Disks that say no: full, read-only, and every error that a call can give; the person is told what the system said,
//! and the vault is as it was.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use fob_vault::{LockedVault, RealDisk, VaultError};
use support::steps::{Fault, StepDisk};
use support::{Home, PASSPHRASE, context_in, passphrase, totp, unlock, vault_in};

const FOLDER: &str = "FOB_VAULT_TEST_FOLDER";
const EXPECTED: &str = "FOB_VAULT_TEST_EXPECTED";

/// What the system said, if it was the system.
fn system_says(error: &VaultError) -> Option<i32> {
    let VaultError::Io { source, .. } = error else { return None };
    source.raw_os_error()
}

#[test]
fn a_full_disk_at_any_call_is_named_and_changes_nothing() {
    const ENOSPC: i32 = 28;
    let home = Home::new();
    home.create().0.add(totp("ada")).unwrap();
    let mut said = 0;
    for step in 1.. {
        let home = home.copy();
        let disk = Arc::new(StepDisk::new(Fault::Once).with_error(ENOSPC));
        let context = context_in(home.path(), disk.clone());
        let mut vault = unlock(LockedVault::open(&home.vault(), &context).unwrap()).unwrap();
        disk.arm(step);
        let done = vault.add(totp("bob"));
        let struck = disk.struck();
        disk.disarm();
        assert_eq!(home.unlock().unwrap().entries().len(), vault.entries().len(), "step {step}");
        match done {
            Ok(_) => assert_eq!(vault.entries().len(), 2, "step {step}"),
            Err(error) => {
                assert_eq!(system_says(&error), Some(ENOSPC), "step {step}: {error}");
                said += 1;
            }
        }
        vault.add(totp("eve")).unwrap_or_else(|error| panic!("step {step}: there is room again, and {error}"));
        if !struck {
            break;
        }
    }
    assert!(said > 5, "only {said} calls can fail");
}

/// The other end of the two tests below: a vault in a folder where it cannot be written.
#[test]
#[ignore = "the child of the other tests, never run by itself"]
fn child() {
    let variable = |name: &str| std::env::var(name).expect("only the other tests start this");
    let folder = PathBuf::from(variable(FOLDER));
    let expected = variable(EXPECTED).parse().unwrap();
    let path = vault_in(&folder.join("disk"));
    let context = context_in(&folder, Arc::new(RealDisk));
    let mut vault = unlock(LockedVault::open(&path, &context).unwrap()).unwrap();
    let before = fs::read(&path).unwrap();
    // Too much for what is left: a seal of 100 entries takes more than one page.
    let error = vault.add_all((0..400).map(|number| totp(&number.to_string()))).unwrap_err();
    assert_eq!(system_says(&error), Some(expected), "{error}");
    assert_eq!((vault.entries().len(), fs::read(&path).unwrap()), (1, before));
    assert_eq!(unlock(vault.lock()).unwrap().entries().len(), 1);
    println!("\nit was told");
}

/// Runs the child in a mount namespace of its own, where `mount` prepares the folder `disk`; `None` where a person may
/// not make one.
fn in_a_namespace(home: &Home, mount: &str, expected: i32) -> Option<()> {
    let namespace = ["--user", "--map-root-user", "--mount"];
    let may = Command::new("unshare").args(namespace).arg("true").output().is_ok_and(|output| output.status.success());
    if !may {
        eprintln!("skipped: no namespaces here");
        return None;
    }
    let disk = home.path().join("disk");
    let script = format!("{mount} && exec \"$0\" --ignored --exact child --nocapture --test-threads=1");
    let output = Command::new("unshare")
        .args(namespace)
        .args(["sh", "-c", &script])
        .arg(std::env::current_exe().expect("Linux tells"))
        .env(FOLDER, home.path())
        .env("DISK", &disk)
        .env(EXPECTED, expected.to_string())
        .output()
        .expect("unshare was there a moment ago");
    let told = String::from_utf8_lossy(&output.stdout).contains("it was told");
    assert!(output.status.success() && told, "{}", String::from_utf8_lossy(&output.stderr));
    Some(())
}

fn home_with_disk() -> Home {
    let home = Home::new();
    let disk = home.path().join("disk");
    fs::create_dir(&disk).expect("a folder in our own");
    let context = context_in(home.path(), Arc::new(RealDisk));
    let created = LockedVault::create(&vault_in(&disk), &passphrase(PASSPHRASE), &context);
    created.expect("a new vault").0.add(totp("ada")).expect("nothing stops it");
    home
}

fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let files = fs::read_dir(folder).expect("it is there").map(|entry| entry.expect("it can be read").path());
    let mut files: Vec<_> = files.map(|path| (path.clone(), fs::read(path).expect("a file"))).collect();
    files.sort();
    files
}

#[test]
fn a_read_only_disk_is_named_and_the_vault_still_opens() {
    const EROFS: i32 = 30;
    let home = home_with_disk();
    let before = contents(&home.path().join("disk"));
    let mount = "mount --bind \"$DISK\" \"$DISK\" && mount -o remount,bind,ro \"$DISK\"";
    if in_a_namespace(&home, mount, EROFS).is_some() {
        assert_eq!(contents(&home.path().join("disk")), before);
    }
}

#[test]
fn a_disk_that_is_really_full_is_named_and_the_vault_still_opens() {
    const ENOSPC: i32 = 28;
    let home = home_with_disk();
    let mount = "cp -a \"$DISK\" \"$DISK.copy\" && mount -t tmpfs -o size=64k tmpfs \"$DISK\" && cp -a \"$DISK.copy\"/. \"$DISK\"";
    in_a_namespace(&home, mount, ENOSPC);
}
