//! The demo is the README's first promise: it must work, and leave nothing behind.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::fs;
use std::process::Command;

use fob_tests::program::built;

#[test]
fn the_demo_verifies_every_step_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(built("fob-demo").unwrap()).env("TMPDIR", folder.path()).output().unwrap();
    let transcript = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{transcript}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(transcript.contains("every one verified"), "{transcript}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "the temporary home is still there");
    assert_eq!(processes_mentioning(&folder.path().to_string_lossy()), [0; 0]);
}

/// Processes whose command line or environment names this text.
fn processes_mentioning(text: &str) -> Vec<u32> {
    let names = |file: String| fs::read(file).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(text));
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    processes.filter(|id| names(format!("/proc/{id}/cmdline")) || names(format!("/proc/{id}/environ"))).collect()
}
