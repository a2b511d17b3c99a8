//! Other people's programs look at the software key: PyPI's fido2 and Debian's libfido2, over a unix socket.
//!
//! The third judge, ctap-hid-fido2, needs a workspace of its own (`tests/judges/ctap-hid-fido2/run`).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::process::Command;

use fob_tests::house::House;
use fob_tests::program::built;

fn judges() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("judges")
}

/// Runs the command; a failure shows all it said.
fn passes(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"));
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} failed:\n{said}");
    said
}

fn python() -> Command {
    Command::new(
        std::env::var_os("FOB_PYTHON")
            .expect("FOB_PYTHON names a Python with tests/requirements.txt; ./test makes one"),
    )
}

/// PyPI's fido2 on a key that was started with these options, to its last check.
fn python_fido2(arguments: &[&str]) -> String {
    let mut house = House::build().unwrap();
    let key = house.start_softkey("key", &[&["--ram", "--touch", "allow"], arguments].concat()).unwrap();
    let said = passes(python().arg(judges().join("python-fido2/judge.py")).arg(key));
    assert!(said.contains("costs one of eight tries"), "the judge stopped early:\n{said}");
    said
}

#[test]
fn python_fido2_registers_and_signs_in() {
    let said = python_fido2(&[]);
    for line in [
        "prf gives the same values at registration",
        "largeBlob is read",
        "encCredStoreState is another",
        "minPinLength is told to who is on the list",
        "CTAP2 signs in with a credential of U2F",
    ] {
        assert!(said.contains(line), "{line:?} was not looked at:\n{said}");
    }
}

#[test]
fn python_fido2_teaches_a_finger() {
    let said = python_fido2(&["--profile", "bio"]);
    assert!(said.contains("a finger is forgotten"), "fingers were not looked at:\n{said}");
}

/// The suite of `judges/python-fido2/suite`: what other people's suites ask of a hardware key. A random order unless the
/// arguments say otherwise; its seed stands in what a failure shows.
fn suite(arguments: &[&str]) {
    let mut pytest = python();
    pytest.args(["-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"]).args(arguments);
    pytest.env("FOB_SOFTKEY", built("fob-softkey").unwrap()).current_dir(judges().join("python-fido2/suite"));
    let said = passes(&mut pytest);
    assert!(said.contains(" passed"), "nothing was tested:\n{said}");
}

#[test]
fn the_suite_is_content_in_any_order() {
    suite(&[]);
}

#[test]
fn the_suite_is_content_in_the_given_order_over_udp() {
    suite(&["-p", "no:randomly", "--face", "udp"]);
}

#[test]
fn the_suite_is_content_with_a_key_of_ctap20_in_any_order_over_a_stream() {
    suite(&["--profile", "ctap20", "--face", "stream"]);
}

#[test]
fn the_suite_is_content_with_a_key_of_ctap20_in_the_given_order() {
    suite(&["--profile", "ctap20", "-p", "no:randomly"]);
}

#[test]
fn the_suite_is_content_with_a_sensor() {
    suite(&["--profile", "bio", "test_fingers.py"]);
}

#[test]
fn libfido2_registers_and_signs_in() {
    let mut house = House::build().unwrap();
    let key = house.start_softkey("key", &["--ram", "--touch", "allow"]).unwrap();
    let judge = house.home().join("judge");
    let source = judges().join("libfido2/judge.c");
    passes(Command::new("cc").args(["-Wall", "-Wextra", "-Werror", "-o"]).arg(&judge).arg(source).arg("-lfido2"));
    let said = passes(Command::new(&judge).arg(key));
    assert!(said.contains("seven are left"), "the judge stopped early:\n{said}");
}
