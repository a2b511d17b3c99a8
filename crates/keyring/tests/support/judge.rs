//! The other program at a real keyring: PyPI's secretstorage, through `tests/judges/keyring/judge.py`.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use data_encoding::HEXLOWER;
use fob_keyring::Place;

use super::Bus;

/// Whether what judges need must be there.
pub(crate) fn demanded() -> bool {
    env::var_os("FOB_JUDGES").is_some()
}

/// Whether this program is there at all.
pub(crate) fn has(program: &str) -> bool {
    Command::new(program).arg("--version").env("QT_QPA_PLATFORM", "offscreen").output().is_ok()
}

/// The interpreter with the packages of tests/requirements.txt.
pub(crate) fn python() -> Option<OsString> {
    let python = env::var_os("FOB_PYTHON");
    if python.is_none() {
        assert!(!demanded(), "FOB_JUDGES is set, and FOB_PYTHON names no interpreter");
        eprintln!("skipped: FOB_PYTHON names no interpreter");
    }
    python
}

/// The judge on a bus.
pub(crate) struct Judge {
    python: OsString,
    address: String,
}

impl Judge {
    pub(crate) fn at(bus: &Bus, python: OsString) -> Self {
        Self { python, address: bus.address().to_owned() }
    }

    /// What the judge says.
    pub(crate) fn says(&self, arguments: &[&str]) -> String {
        let judge = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/judges/keyring/judge.py");
        let mut command = Command::new(&self.python);
        command.arg("-B").arg(judge).args(arguments).env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}:\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What it says about a place.
    pub(crate) fn says_at(&self, command: &str, place: &Place, more: &[&str]) -> String {
        let (vault, slot) = (HEXLOWER.encode(&place.vault), HEXLOWER.encode(&place.slot));
        self.says(&[&[command, vault.as_str(), slot.as_str()], more].concat())
    }
}
