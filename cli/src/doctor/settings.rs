//! fobd's settings file, where fobd does not answer: one that is wrong starts no fobd. The fobd that lies beside fob is
//! asked what it thinks of it, with the environment that fob has.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::Check;

/// Longest that fobd may take. It reads one file; a home on a network may need a moment.
const LIMIT: Duration = Duration::from_secs(5);
/// Most that it may say, in bytes. A wrong line is told in a few hundred.
const WORDS: u64 = 8 * 1024;

/// Where the fobd of this installation is.
pub(super) fn fobd() -> Option<PathBuf> {
    let beside = std::env::current_exe().ok()?.with_file_name("fobd");
    beside.is_file().then_some(beside)
}

/// One line; none where it cannot be asked, since other checks say why.
pub(super) fn check(fobd: &Path) -> Option<Check> {
    let mut child = Command::new(fobd)
        .arg("--check-config")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let words = child.stderr.take().and_then(words_of);
    // Whoever has more to say than that may never end.
    if words.as_ref().is_none_or(|words| words.len() as u64 >= WORDS) {
        let _ = child.kill();
    }
    let ended = child.wait().ok()?;
    let words = words?;
    if ended.success() {
        return Some(Check::ok("settings", "fobd understands its settings file, or there is none"));
    }
    let advice = "mend that file, or move it away, then start fobd; `fobd --check-config` says whether it is right";
    Some(Check::fail("settings", in_one_line(&words), advice))
}

/// All that a program says there until it ends, within bounds; `None` if it does not end.
pub(super) fn words_of(stream: impl Read + Send + 'static) -> Option<String> {
    let (told, hear) = mpsc::channel();
    std::thread::spawn(move || {
        let mut words = Vec::new();
        let read = stream.take(WORDS).read_to_end(&mut words);
        // Nobody may wait for it any more.
        let _ = told.send(read.map(|_| words));
    });
    let words = hear.recv_timeout(LIMIT).ok()?.ok()?;
    Some(String::from_utf8_lossy(&words).into_owned())
}

/// Its sentences without the drawing of the line, which points at columns.
fn in_one_line(words: &str) -> String {
    let is_drawing =
        |line: &str| line.trim_start_matches(|sign: char| sign == ' ' || sign.is_ascii_digit()).starts_with('|');
    let sentences = words.lines().filter(|line| !is_drawing(line)).map(str::trim).filter(|line| !line.is_empty());
    let sentences = sentences.map(|line| line.trim_start_matches("fobd: ").trim_start_matches("cause: "));
    sentences.collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::doctor::Outcome;

    /// A program in the place of fobd.
    fn fobd_that(does: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fobd");
        fs::write(&path, format!("#!/bin/sh\n[ \"$*\" = --check-config ] || exit 9\n{does}\n")).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_settings_file_that_is_right_is_no_reason() {
        let (_folder, fobd) = fobd_that("echo '[lock]'");
        assert_eq!(check(&fobd).unwrap().outcome, Outcome::Ok);
    }

    /// The words are those of fobd with `session-locked = true` in the third line.
    #[test]
    fn what_fobd_says_of_a_wrong_file_is_told_in_one_line() {
        let said = "\
fobd: /home/ada/.config/fob/fobd.toml is wrong
cause: TOML parse error at line 3, column 1
  |
3 | session-locked = true
  | ^^^^^^^^^^^^^^
unknown field `session-locked`, expected one of `suspend`, `session-lock`
";
        let (_folder, fobd) = fobd_that(&format!("cat >&2 <<'END'\n{said}END\nexit 2"));
        let check = check(&fobd).unwrap();
        assert_eq!(check.outcome, Outcome::Fail);
        assert_eq!(
            check.message,
            "/home/ada/.config/fob/fobd.toml is wrong: TOML parse error at line 3, column 1: unknown field \
             `session-locked`, expected one of `suspend`, `session-lock`"
        );
        assert!(check.advice.unwrap().contains("fobd --check-config"));
    }

    #[test]
    fn a_fobd_that_says_without_end_is_not_listened_to_for_ever() {
        let (_folder, fobd) = fobd_that("while echo x; do :; done >&2");
        let check = check(&fobd).unwrap();
        assert!(check.message.len() as u64 <= 2 * WORDS, "{}", check.message.len());
    }

    #[test]
    fn where_no_fobd_can_be_asked_nothing_is_said() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(check(&folder.path().join("fobd")), None);
    }
}
