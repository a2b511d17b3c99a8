//! A file that is about to be written: for its owner's eyes only, and never over another one unawares.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use fob_ambient::Rng;

use crate::text::harmless_json;
use crate::{Exit, Failure, World};

/// What `--out` says.
pub(super) struct Out<'a> {
    /// The file, `-` for standard output.
    pub(super) path: &'a Path,
    /// `--force`.
    pub(super) force: bool,
    /// The file that is read, which is never written.
    pub(super) input: Option<&'a Path>,
    /// Whether only a password or a key opens what is written.
    pub(super) encrypted: bool,
}

impl<'a> Out<'a> {
    /// Where the file goes, `None` for standard output; or why it may not go there, before anything is asked for.
    pub(super) fn destination(self, world: &World) -> Result<Option<Destination<'a>>, Failure> {
        if self.path.as_os_str() != "-" {
            return Destination::of(self.path, self.force, self.input).map(Some);
        }
        if world.json {
            return Err(Failure::usage(
                "file and answer cannot both go to standard output",
                "name a file with `--out`",
            ));
        }
        if world.out_is_terminal && !self.encrypted && !self.force {
            return Err(scrolls_back("name a file with `--out`, pipe it to a program, or insist with `--force`"));
        }
        Ok(None)
    }
}

/// Secrets in clear were to go to a terminal.
pub(super) fn scrolls_back(hint: &str) -> Failure {
    Failure::usage("a terminal keeps every secret where one can scroll back to it", hint)
}

/// Where a new file goes.
pub(super) struct Destination<'a> {
    path: &'a Path,
    replaces: bool,
}

impl<'a> Destination<'a> {
    /// Looks whether the file may be written at all.
    fn of(path: &'a Path, force: bool, input: Option<&Path>) -> Result<Self, Failure> {
        let shown = path.display();
        let Ok(there) = path.symlink_metadata() else { return Ok(Self { path, replaces: false }) };
        let both = [path.metadata().ok(), Some(there.clone())];
        if input.is_some_and(|input| both.iter().flatten().any(|there| is_same(there, input))) {
            let message = format!("{shown} is the file to read, which is never written");
            return Err(Failure::usage(message, "name another file with `--out`"));
        }
        if !force {
            let message = format!("{shown} is there already");
            return Err(Failure::new(Exit::Failed, message).hint("name another file, or replace it with `--force`"));
        }
        if !there.is_file() {
            let message = format!("{shown} is no ordinary file, and is not replaced");
            return Err(Failure::new(Exit::Failed, message).hint("name another file with `--out`"));
        }
        Ok(Self { path, replaces: true })
    }

    /// Writes the file whole, or leaves things as they were.
    pub(super) fn write(self, bytes: &[u8], rng: &mut dyn Rng) -> Result<(), Failure> {
        let written = if self.replaces { self.replace(bytes, rng) } else { create(self.path, bytes) };
        written.map_err(|error| {
            Failure::new(Exit::Failed, format!("{} cannot be written", self.path.display())).because(&error)
        })
    }

    fn replace(&self, bytes: &[u8], rng: &mut dyn Rng) -> io::Result<()> {
        let fresh = beside(self.path, rng);
        create(&fresh, bytes)?;
        fs::rename(&fresh, self.path).inspect_err(|_| drop(fs::remove_file(&fresh)))
    }
}

/// Writes the file where it goes, `None` for standard output.
pub(super) fn put(destination: Option<Destination<'_>>, bytes: &[u8], world: &mut World) -> Result<(), Failure> {
    match destination {
        Some(destination) => destination.write(bytes, &mut *world.rng),
        None => print(bytes, world),
    }
}

/// Every kind of file is text. What moves a terminal is escaped, which JSON and pages read as the same; lists of URIs have
/// nothing but letters, digits and marks.
fn print(bytes: &[u8], world: &mut World) -> Result<(), Failure> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Failure::new(Exit::Failed, "the file is no text").because(&error))?;
    let escaped = harmless_json(text);
    world.print(escaped.as_ref().map_or(text, |escaped| escaped.as_str()))
}

fn is_same(there: &Metadata, input: &Path) -> bool {
    input.metadata().is_ok_and(|input| (input.dev(), input.ino()) == (there.dev(), there.ino()))
}

/// A name in the same folder that nobody else uses.
fn beside(path: &Path, rng: &mut dyn Rng) -> PathBuf {
    let mut chance = [0; 8];
    rng.fill(&mut chance);
    path.with_file_name(format!(".fob-{:016x}", u64::from_le_bytes(chance)))
}

/// A new file that only its owner may read; gone again if it cannot be written whole.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.inspect_err(|_| drop(fs::remove_file(path)))
}
