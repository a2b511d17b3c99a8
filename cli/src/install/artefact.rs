//! The files that are installed: the units of `systemd/`, which name the fobd of this installation, completions and manual
//! pages. Each has a line that says whose it is.

use std::path::Path;

use clap_complete::Shell;

use crate::commands::{completions, man};
use crate::{Exit, Failure};

/// The rule that systems without systemd's own need; root's to install.
pub(crate) const UDEV_RULE: &str = include_str!("../../../udev/70-fob-security-keys.rules");

/// What a file of ours says in one of its first lines.
pub(super) const MARK: &str = "Written by `fob install-user`; `fob install-user --remove` takes it away.";

/// The units, as they stand in the package.
const UNITS: [(&str, &str); 2] = [
    ("fobd.service", include_str!("../../../systemd/fobd.service")),
    ("fobd.socket", include_str!("../../../systemd/fobd.socket")),
];
/// Those of the loopback listener, which nobody switches on but the person.
const LOOPBACK_UNITS: [(&str, &str); 2] = [
    ("fob-loopback.service", include_str!("../../../systemd/fob-loopback.service")),
    ("fob-loopback.socket", include_str!("../../../systemd/fob-loopback.socket")),
];
const ACTIVATION: (&str, &str) = ("dev.fob.Fob1.service", include_str!("../../../systemd/dev.fob.Fob1.service"));

/// Where the package's programs are, as units and activation file name them.
const PACKAGED: &str = "/usr/bin/";

/// Where a file goes, below which of a person's folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    Config,
    Data,
}

/// A file to install.
#[derive(Debug, Clone)]
pub(crate) struct Artefact {
    pub(super) base: Base,
    /// The folder below it.
    pub(super) folder: &'static str,
    pub(super) name: String,
    pub(super) text: Vec<u8>,
}

pub(super) const UNIT_FOLDER: &str = "systemd/user";
pub(super) const PAGE_FOLDER: &str = "man/man1";

impl Artefact {
    fn new(base: Base, folder: &'static str, name: &str, text: impl Into<Vec<u8>>) -> Self {
        Self { base, folder, name: name.to_owned(), text: text.into() }
    }

    /// Whether systemd has to hear of it.
    pub(crate) fn is_unit(&self) -> bool {
        self.folder == UNIT_FOLDER
    }
}

/// All of them, for the programs in this folder; units of the loopback listener only if they are wanted.
pub(crate) fn artefacts(programs: &Path, loopback: bool) -> Result<Vec<Artefact>, Failure> {
    let mut all = Vec::new();
    for (name, text) in UNITS.into_iter().chain(LOOPBACK_UNITS.into_iter().filter(|_| loopback)) {
        all.push(Artefact::new(Base::Config, UNIT_FOLDER, name, marked("# ", &naming(text, programs)?)));
    }
    let (name, text) = ACTIVATION;
    all.push(Artefact::new(Base::Data, "dbus-1/services", name, marked("# ", &naming(text, programs)?)));
    for (shell, folder, name) in
        [(Shell::Bash, "bash-completion/completions", "fob"), (Shell::Fish, "fish/vendor_completions.d", "fob.fish")]
    {
        all.push(Artefact::new(Base::Data, folder, name, marked("# ", &completions::script(shell)?)));
    }
    // Its first line is for zsh.
    let script = completions::script(Shell::Zsh)?;
    let (first, rest) = script.split_once('\n').unwrap_or((&script, ""));
    all.push(Artefact::new(Base::Data, "zsh/site-functions", "_fob", format!("{first}\n{}", marked("# ", rest))));
    let pages =
        man::pages().map_err(|error| Failure::new(Exit::Failed, "a manual page cannot be made").because(&error))?;
    for (name, page) in pages {
        let text = [format!(".\\\" {MARK}\n").into_bytes(), page].concat();
        all.push(Artefact::new(Base::Data, PAGE_FOLDER, &name, text));
    }
    Ok(all)
}

fn marked(comment: &str, text: &str) -> String {
    format!("{comment}{MARK}\n{text}")
}

/// The text with the programs of this folder in the place of the package's, where they are started.
fn naming(text: &str, programs: &Path) -> Result<String, Failure> {
    let mut named = String::with_capacity(text.len());
    for line in text.lines() {
        let started = line.split_once('=').filter(|(key, _)| ["Exec", "ExecStart"].contains(key));
        match started.and_then(|(key, value)| Some((key, value.strip_prefix(PACKAGED)?))) {
            Some((key, value)) => {
                let (name, arguments) = value.split_at(value.find(' ').unwrap_or(value.len()));
                named += &format!("{key}={}{arguments}\n", word_of(&programs.join(name))?);
            }
            None => named += &format!("{line}\n"),
        }
    }
    Ok(named)
}

/// The path as one word for systemd and for D-Bus alike. Both read quotes, escapes and dollars in ways of their own, and
/// systemd percent signs too: a path with such signs is refused.
fn word_of(path: &Path) -> Result<String, Failure> {
    let text = path.to_str().filter(|text| !text.contains(|sign: char| sign.is_control() || "\"'\\$%`".contains(sign)));
    match text {
        Some(text) if text.contains(|sign: char| !sign.is_alphanumeric() && !"/._+-".contains(sign)) => {
            Ok(format!("\"{text}\""))
        }
        Some(text) => Ok(text.to_owned()),
        None => Err(Failure::new(Exit::Failed, format!("units cannot name {}", path.display()))
            .hint("put the programs into a folder whose path has no quotes, backslashes, dollar or percent signs")),
    }
}

/// Whether a file of this content is one of ours.
pub(super) fn is_ours(content: &[u8]) -> bool {
    content.split(|byte| *byte == b'\n').take(2).any(|line| line.ends_with(MARK.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(all: &[Artefact], name: &str) -> String {
        let found = all.iter().find(|artefact| artefact.name == name).unwrap_or_else(|| panic!("{name}"));
        String::from_utf8(found.text.clone()).unwrap()
    }

    #[test]
    fn units_are_those_of_the_package_but_for_the_program() {
        let all = artefacts(Path::new("/opt/fob"), true).unwrap();
        for (name, packaged) in UNITS.into_iter().chain(LOOPBACK_UNITS).chain([ACTIVATION]) {
            let ours = text(&all, name);
            let expected = packaged.replace("=/usr/bin/fob", "=/opt/fob/fob");
            assert_eq!(ours, format!("# {MARK}\n{expected}"), "{name}");
            assert!(!ours.contains("/usr/bin/"), "{name}");
        }
        assert!(text(&all, "fobd.service").contains("\nExecStart=/opt/fob/fobd\n"));
        assert_eq!(
            naming("ExecStart=/usr/bin/x --y /usr/bin/z\n", Path::new("/a b")).unwrap(),
            "ExecStart=\"/a b/x\" --y /usr/bin/z\n"
        );
        assert!(text(&all, "dev.fob.Fob1.service").contains("\nExec=/opt/fob/fobd\n"));
    }

    #[test]
    fn every_file_says_whose_it_is_and_zsh_finds_its_line_first() {
        let all = artefacts(Path::new("/opt/fob"), true).unwrap();
        assert!(all.iter().all(|artefact| is_ours(&artefact.text)));
        assert!(text(&all, "_fob").starts_with("#compdef fob\n"));
        assert!(all.iter().any(|artefact| artefact.name == "fob-install-user.1"));
        assert!(!is_ours(b"[Unit]\nDescription=mine\n# Written by hand\n"));
    }

    #[test]
    fn a_path_stays_one_word_or_is_refused() {
        for (path, expected) in [
            ("/opt/fob/fobd", Some("/opt/fob/fobd")),
            ("/home/ada/My Programs/fobd", Some("\"/home/ada/My Programs/fobd\"")),
            ("/home/ada/#1/fobd", Some("\"/home/ada/#1/fobd\"")),
            ("/home/ada/%h/fobd", None),
            ("/home/ada/$HOME/fobd", None),
            ("/home/ada/a\"b/fobd", None),
            ("/home/ada/a\nExecStartPre=x/fobd", None),
        ] {
            assert_eq!(word_of(Path::new(path)).ok().as_deref(), expected, "{path}");
        }
    }
}
