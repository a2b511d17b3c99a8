//! The units: does fobd start by itself, and is the loopback listener on? Asked of the person's service manager, where there
//! is one.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::Check;
use super::settings::words_of;

const FOBD: &str = "fobd.socket";
const LOOPBACK: &str = "fob-loopback.socket";

/// The person's service manager, by its own program.
pub(super) struct Manager {
    /// `systemctl`; `None` without a manager to ask.
    program: Option<PathBuf>,
}

impl Manager {
    pub(super) fn this() -> Self {
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
        let is_there = runtime.is_some_and(|folder| folder.join("systemd/private").exists());
        Self { program: is_there.then(|| "systemctl".into()) }
    }

    /// What it gives to the programs that it starts, a line each.
    pub(super) fn environment(&self) -> Option<String> {
        self.ask(&["show-environment"])
    }

    /// What it says to this; `None` where there is none, or it does not answer.
    fn ask(&self, arguments: &[&str]) -> Option<String> {
        let mut command = Command::new(self.program.as_ref()?);
        command.arg("--user").args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().ok()?;
        let words = child.stdout.take().and_then(words_of);
        if words.is_none() {
            let _ = child.kill();
        }
        let _ = child.wait();
        words
    }

    /// Whether a unit is switched on, in systemd's words; empty where it is not there.
    fn state(&self, unit: &str) -> Option<String> {
        self.ask(&["is-enabled", unit]).map(|words| words.trim().to_owned())
    }
}

/// Nothing where no manager can be asked.
pub(super) fn checks(manager: &Manager) -> Vec<Check> {
    let fobd = manager.state(FOBD).map(|state| fobd(&state));
    let loopback = manager.state(LOOPBACK).map(|state| loopback(&state));
    fobd.into_iter().chain(loopback).collect()
}

fn fobd(state: &str) -> Check {
    const NAME: &str = "start";
    match state {
        "enabled" | "enabled-runtime" | "static" | "linked" => {
            Check::ok(NAME, "fobd starts by itself when it is asked for")
        }
        "" | "not-found" => {
            let advice = "install it for yourself: `fob install-user`; or start fobd by hand";
            Check::warn(NAME, "the service manager does not know fobd", advice)
        }
        "masked" | "masked-runtime" => {
            let advice = "if that is a mistake: `systemctl --user unmask fobd.socket`";
            Check::warn(NAME, "fobd.socket is masked: fobd does not start by itself", advice)
        }
        _ => {
            let advice = "switch it on: `systemctl --user enable --now fobd.socket`";
            Check::warn(NAME, "fobd.socket is switched off: fobd starts only when somebody starts it", advice)
        }
    }
}

/// Both are well: it is off unless somebody wants it.
fn loopback(state: &str) -> Check {
    const NAME: &str = "loopback";
    match state {
        "enabled" | "enabled-runtime" => {
            Check::ok(NAME, "programs may ask over loopback HTTP: `fob client list` shows which")
        }
        _ => Check::ok(NAME, "off: no program may ask over loopback HTTP"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::super::Outcome;
    use super::*;

    /// A systemctl that answers this to everything; the words are those of systemd 257.
    fn manager(words: &str) -> (tempfile::TempDir, Manager) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("systemctl");
        fs::write(&path, format!("#!/bin/sh\n[ \"$1\" = --user ] || exit 9\n{words}\n")).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        (folder, Manager { program: Some(path) })
    }

    #[test]
    fn it_is_told_whether_fobd_starts_by_itself() {
        for (words, outcome, loopback) in [
            ("echo enabled", Outcome::Ok, "programs may ask"),
            ("echo disabled; exit 1", Outcome::Warn, "off"),
            ("echo masked; exit 1", Outcome::Warn, "off"),
            ("echo not-found; exit 4", Outcome::Warn, "off"),
            ("echo 'Failed to get unit file state' >&2; exit 1", Outcome::Warn, "off"),
        ] {
            let (_folder, manager) = manager(words);
            let checks = checks(&manager);
            assert_eq!(checks[0].outcome, outcome, "{words}");
            assert!(checks[1].message.starts_with(loopback), "{words}: {}", checks[1].message);
        }
    }

    #[test]
    fn without_a_manager_nothing_is_said() {
        assert!(checks(&Manager { program: None }).is_empty());
        assert!(checks(&Manager { program: Some("/nowhere/systemctl".into()) }).is_empty());
    }
}
