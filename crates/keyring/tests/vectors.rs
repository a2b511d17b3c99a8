//! The vectors are what secretstorage computes, today and with the version that tests/requirements.txt names.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use std::process::Command;

#[test]
fn the_vectors_are_still_those_of_secretstorage() {
    let Some(python) = support::judge::python() else { return };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/agreements.py");
    let output = Command::new(python).arg("-B").arg(script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), include_str!("vectors/secretstorage.toml"));
}
