//! A folder of drop-ins that list programs: which files count, and what makes one wrong.
//!
//! Only root may say what is listed for everybody: folder and files must be root's, and writable by nobody else. A file that
//! is wrong is named and left out, and the others count: an installation must not go deaf for a slip of the pen, and what
//! is left out only costs a question.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use fob_bus::program::Owned;

use super::listing::{ListedBy, Listing, parse};

/// Longest file that is read, in bytes.
const LIMIT: u64 = 64 * 1024;
/// Most files of one folder.
const FILES: usize = 64;

/// A folder of drop-ins.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Who lists what is in it.
    pub(super) by: ListedBy,
    /// Whose it must be: root's, but in tests.
    pub(super) owner: u32,
}

/// What makes a file or folder be left out.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// It is there and cannot be read.
    #[error("cannot be read")]
    Unreadable(#[from] io::Error),
    /// It is a folder, a pipe or a device.
    #[error("is no file")]
    NoFile,
    /// Somebody else than root could list programs in it.
    #[error("is not root's alone: nobody else may own or write it")]
    NotRoots,
    /// No list of programs is that long.
    #[error("is longer than {LIMIT} bytes")]
    TooLong,
    /// There are too many files.
    #[error("has more than {FILES} lists; those behind them are left out")]
    TooMany,
    /// It says something that fobd does not know.
    #[error("is wrong")]
    Wrong(#[source] Box<toml::de::Error>),
}

/// What stands in the file of each name. Nothing: the file takes that of the folder before away.
pub(super) type Lists = BTreeMap<OsString, Vec<Listing>>;

/// A file or folder as it was when it was looked at.
#[derive(Debug)]
pub(super) struct Seen {
    path: PathBuf,
    stamp: Option<Stamp>,
}

/// What tells a changed file from the one before. By ctime alone nearly everything would be seen; two changes within one
/// tick of the kernel's clock would not.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    file: (u64, u64),
    length: u64,
    owned: (u32, u32),
    written: (i64, i64),
    changed: (i64, i64),
}

impl Seen {
    fn now(path: &Path) -> Self {
        Self { path: path.to_owned(), stamp: Stamp::of(path) }
    }

    /// Whether there is something else now.
    pub(super) fn has_changed(&self) -> bool {
        Stamp::of(&self.path) != self.stamp
    }
}

impl Stamp {
    /// Of what is there; `None` if nothing is.
    fn of(path: &Path) -> Option<Self> {
        let about = fs::metadata(path).ok()?;
        Some(Self {
            file: (about.dev(), about.ino()),
            length: about.len(),
            owned: (about.uid(), about.mode()),
            written: (about.mtime(), about.mtime_nsec()),
            changed: (about.ctime(), about.ctime_nsec()),
        })
    }
}

impl Folder {
    /// Puts its files over those of the folder before, name by name. `seen` gets every path and what it was before the look,
    /// `wrong` every one that is left out.
    pub(super) fn read(&self, lists: &mut Lists, seen: &mut Vec<Seen>, wrong: &mut Vec<(PathBuf, Trouble)>) {
        seen.push(Seen::now(&self.path));
        let names = match self.names() {
            Ok((names, all)) => {
                if !all {
                    wrong.push((self.path.clone(), Trouble::TooMany));
                }
                names
            }
            Err(Trouble::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => return,
            Err(trouble) => return wrong.push((self.path.clone(), trouble)),
        };
        for name in names {
            let path = self.path.join(&name);
            seen.push(Seen::now(&path));
            // A wrong one still stands for the one it would replace: what an administrator meant to change does not come back.
            let listed = self.file(&path).unwrap_or_else(|trouble| {
                wrong.push((path, trouble));
                Vec::new()
            });
            lists.insert(name, listed);
        }
    }

    /// The names of its lists in order, and whether that is all of them.
    fn names(&self) -> Result<(Vec<OsString>, bool), Trouble> {
        let folder = fs::read_dir(&self.path)?;
        self.is_owners(&fs::metadata(&self.path)?)?;
        let mut names = Vec::new();
        for entry in folder {
            let name = entry?.file_name();
            let hidden = name.as_encoded_bytes().starts_with(b".");
            if !hidden && Path::new(&name).extension() == Some(OsStr::new("toml")) {
                names.push(name);
            }
        }
        names.sort_unstable();
        let all = names.len() <= FILES;
        names.truncate(FILES);
        Ok((names, all))
    }

    fn is_owners(&self, about: &Metadata) -> Result<(), Trouble> {
        if about.uid() == self.owner && Owned::from(about).is_closed() { Ok(()) } else { Err(Trouble::NotRoots) }
    }

    fn file(&self, path: &Path) -> Result<Vec<Listing>, Trouble> {
        // A link to /dev/null masks, as for systemd; every other link is looked through at what it names.
        if fs::read_link(path).is_ok_and(|target| target == Path::new("/dev/null")) {
            return Ok(Vec::new());
        }
        // A pipe of that name must not make us wait for its writer.
        let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let file = File::options().read(true).custom_flags(flags).open(path)?;
        let about = file.metadata()?;
        if !about.is_file() {
            return Err(Trouble::NoFile);
        }
        self.is_owners(&about)?;
        let mut text = String::new();
        file.take(LIMIT + 1).read_to_string(&mut text)?;
        match text.len() {
            0 => Ok(Vec::new()),
            length if length as u64 > LIMIT => Err(Trouble::TooLong),
            _ => parse(&text, self.by).map_err(|error| Trouble::Wrong(Box::new(error))),
        }
    }
}
