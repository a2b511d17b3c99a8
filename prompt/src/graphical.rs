//! The window: `fob-prompt-gtk`, which takes this process over with the socket and the pipe as they are, and reads the
//! question again. A program of its own, so that a machine without a screen needs no GTK.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::screen::Screen;

/// Its name, beside this program.
const NAME: &str = "fob-prompt-gtk";
const ROOT: u32 = 0;
/// Permission bits that let others than the owner write.
const OTHERS_WRITE: u32 = 0o022;

/// Whether it is there, and nobody's but root's or this user's to write.
pub(crate) fn is_there() -> bool {
    program().is_some()
}

/// Becomes it. Comes back only when that is not possible.
pub(crate) fn take_over(screen: Screen) {
    if let Some(program) = program() {
        let mut command = Command::new(program);
        screen.lead(&mut command);
        let _ = command.exec();
    }
}

fn program() -> Option<PathBuf> {
    let path = std::env::current_exe().ok()?.parent()?.join(NAME);
    is_closed(&path, &[ROOT, rustix::process::geteuid().as_raw()]).then_some(path)
}

/// Whether a program and its folder belong to one of these and can be written by nobody else.
pub(crate) fn is_closed(program: &Path, owners: &[u32]) -> bool {
    let closed = |about: Metadata| owners.contains(&about.uid()) && about.mode() & OTHERS_WRITE == 0;
    let folder = program.parent().unwrap_or_else(|| Path::new(OsStr::new("/")));
    std::fs::metadata(program).is_ok_and(|about| about.is_file() && closed(about))
        && std::fs::metadata(folder).is_ok_and(closed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_program_that_others_may_write_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join(NAME);
        let own = [rustix::process::geteuid().as_raw()];
        let set = |path: &Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
        assert!(!is_closed(&program, &own), "none is there");
        std::fs::write(&program, "").unwrap();
        for (file, of, closed) in [
            (0o755, 0o755, true),
            (0o700, 0o700, true),
            (0o775, 0o755, false),
            (0o757, 0o755, false),
            (0o755, 0o777, false),
        ] {
            set(&program, file);
            set(folder.path(), of);
            assert_eq!(is_closed(&program, &own), closed, "{file:o} in {of:o}");
        }
        set(folder.path(), 0o755);
        assert!(!is_closed(&program, &[own[0] + 1]), "somebody else's");
    }
}
