//! Programs that a person cannot list, since listing them would list everything: interpreters, and programs that send what
//! they are told to.
//!
//! A list of names is no wall: the person, or root, can list another program that does what it is told. It spares people
//! the mistake of listing `python3` when they mean one script. Root's drop-ins are not held to it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::closed::is_closed;

/// Names without the version at their end.
const INTERPRETERS: &[&str] = &[
    "ash",
    "awk",
    "bash",
    "bsh",
    "bun",
    "busctl",
    "busybox",
    "cscript",
    "csh",
    "dash",
    "dbus-send",
    "deno",
    "dotnet",
    "elvish",
    "electron",
    "emacs",
    "env",
    "erl",
    "escript",
    "expect",
    "fish",
    "gawk",
    "gdb",
    "gdbus",
    "gjs",
    "gjs-console",
    "guile",
    "irb",
    "java",
    "jshell",
    "julia",
    "ksh",
    "ld",
    "lldb",
    "lua",
    "luajit",
    "mawk",
    "mksh",
    "mono",
    "mono-sgen",
    "nawk",
    "node",
    "nodejs",
    "nu",
    "ocaml",
    "original-awk",
    "osh",
    "perl",
    "php",
    "pwsh",
    "pypy",
    "python",
    "qdbus",
    "qemu-aarch",
    "qemu-x",
    "racket",
    "R",
    "rc",
    "Rscript",
    "rbash",
    "rlwrap",
    "ruby",
    "scala",
    "seed",
    "sh",
    "socat",
    "strace",
    "swipl",
    "tclsh",
    "tcsh",
    "toybox",
    "wine",
    "wine-preloader",
    "wish",
    "yash",
    "zsh",
];
const ROOT: u32 = 0;

/// Why a program cannot be listed, as the end of the sentence "PATH cannot be listed: …".
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unlistable {
    /// There is no such file.
    #[error("it cannot be looked at")]
    Unseen(#[source] io::Error),
    /// It is a link, or goes through one: no process has this path.
    #[error("it is a link; the program is {}", .0.display())]
    Link(PathBuf),
    /// It is a folder, or may not be run.
    #[error("it is no program")]
    NoProgram,
    /// Somebody else could put another program there.
    #[error("others than root can change it")]
    NotRoots,
    /// It runs whatever it is told to.
    #[error("it runs whatever it is told to, and listing it would list everything")]
    Interpreter,
    /// Its process is the interpreter's.
    #[error("it is a script: what runs is its interpreter")]
    Script,
}

/// Whether a person may list the program at this path.
///
/// # Errors
/// [`Unlistable`].
pub(crate) fn may_be_listed(path: &Path) -> Result<(), Unlistable> {
    let real = fs::canonicalize(path).map_err(Unlistable::Unseen)?;
    if real != path {
        return Err(Unlistable::Link(real));
    }
    // Before it is opened: what others made might never answer.
    if !is_closed(path, ROOT) {
        return Err(Unlistable::NotRoots);
    }
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = File::options().read(true).custom_flags(flags).open(path).map_err(Unlistable::Unseen)?;
    let about = file.metadata().map_err(Unlistable::Unseen)?;
    if !about.is_file() || about.permissions().mode() & 0o111 == 0 {
        return Err(Unlistable::NoProgram);
    }
    if is_interpreter(path).is_some() {
        return Err(Unlistable::Interpreter);
    }
    let mut start = Vec::new();
    file.take(2).read_to_end(&mut start).map_err(Unlistable::Unseen)?;
    if start == b"#!" { Err(Unlistable::Script) } else { Ok(()) }
}

/// The interpreter that a path names.
pub(super) fn is_interpreter(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_str()?;
    // python3.11, tclsh8.6, ld-linux-x86-64.so.2
    let stem = name.split(|c: char| c.is_ascii_digit()).next().unwrap_or(name).trim_end_matches(['-', '.', '_']);
    let stem = if stem.starts_with("ld-linux") || stem.starts_with("ld.so") { "ld" } else { stem };
    INTERPRETERS.iter().find(|&&known| known == stem || known == name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreters_are_known_by_any_version() {
        for name in [
            "python3",
            "python3.11",
            "sh",
            "dash",
            "perl",
            "perl5.36-x86_64-linux-gnu",
            "node",
            "busctl",
            "gdbus",
            "lua5.4",
            "tclsh8.6",
            "ld-linux-x86-64.so.2",
            "ld-2.31.so",
            "php8.2",
            "R",
            "gjs-console",
            "pypy3",
            "ruby3.1",
        ] {
            assert!(is_interpreter(&Path::new("/usr/bin").join(name)).is_some(), "{name}");
        }
        for name in [
            "firefox-esr",
            "chromium",
            "chrome",
            "brave",
            "vivaldi-bin",
            "msedge",
            "xdg-desktop-portal",
            "gnome-shell",
            "bashful",
            "nodecast",
            "git",
            "ssh",
            "sha256sum",
        ] {
            assert_eq!(is_interpreter(&Path::new("/usr/bin").join(name)), None, "{name}");
        }
    }

    #[test]
    fn only_a_program_of_roots_may_be_listed() {
        let sleep = fs::canonicalize("/bin/sleep").unwrap();
        assert!(may_be_listed(&sleep).is_ok());
        let link = Path::new("/bin/sh");
        assert!(matches!(may_be_listed(link), Err(Unlistable::Link(real)) if real == fs::canonicalize(link).unwrap()));
        let shell = fs::canonicalize(link).unwrap();
        assert!(matches!(may_be_listed(&shell), Err(Unlistable::Interpreter)));
        assert!(matches!(may_be_listed(Path::new("/usr/bin/fob-nothing")), Err(Unlistable::Unseen(_))));
        assert!(matches!(may_be_listed(Path::new("/usr")), Err(Unlistable::NoProgram)));
        assert!(matches!(may_be_listed(Path::new("/etc/passwd")), Err(Unlistable::NoProgram)));
        // Of dpkg, a script wherever there is Debian.
        if let Ok(script) = fs::canonicalize("/usr/bin/ldd") {
            assert!(matches!(may_be_listed(&script), Err(Unlistable::Script)));
        }
        let home = tempfile::tempdir().unwrap();
        let copy = home.path().canonicalize().unwrap().join("sleep");
        fs::copy(&sleep, &copy).unwrap();
        fs::set_permissions(&copy, PermissionsExt::from_mode(0o775)).unwrap();
        assert!(matches!(may_be_listed(&copy), Err(Unlistable::NotRoots)));
    }
}
