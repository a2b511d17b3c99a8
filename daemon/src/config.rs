//! The settings file, `fob/fobd.toml` in the configuration directory: which events lock the vault, and what `fob` is asked
//! for.
//!
//! It is read once, at the start, and strictly: a word it does not know ends fobd before anything is served. A daemon that
//! passes over `supend = true` leaves a person without the lock that was asked for, and nobody would notice; one that
//! does not start says which line it is. No file means every default. What each setting does is in `locks`.

mod file;

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::locks::Switches;
use crate::policy::Companions;
use crate::prompt::Face;

/// Longest file that is read, in bytes; a full one with comments has one or two thousand.
const LIMIT: u64 = 64 * 1024;

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Config {
    /// What locks the vault.
    pub(crate) locks: Switches,
    /// How much the household's own programs may do without a word.
    pub(crate) companions: Companions,
    /// How the person is asked.
    pub(crate) face: Face,
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It is there and cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is a folder, a pipe or a device.
    #[error("{} is no file", .0.display())]
    NoFile(PathBuf),
    /// Somebody else could turn the locks off.
    #[error("{} can be written by others: run chmod o-w on it, or make it yours", .0.display())]
    OpenToOthers(PathBuf),
    /// No settings file is that long.
    #[error("{} is longer than {LIMIT} bytes", .0.display())]
    TooLong(PathBuf),
    /// It says something that fobd does not know.
    #[error("{} is wrong", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Which line, and what is expected there.
        source: Box<toml::de::Error>,
    },
}

impl Config {
    /// Where it is looked for: `XDG_CONFIG_HOME`, or `.config` at home. `None` where there is neither.
    pub(crate) fn place() -> Option<PathBuf> {
        // The XDG specification wants relative directories ignored.
        let directory = |variable| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        let folder = directory("XDG_CONFIG_HOME").or_else(|| directory("HOME").map(|home| home.join(".config")));
        folder.map(|folder| folder.join("fob/fobd.toml"))
    }

    /// What stands in the file of this home; the defaults where there is none.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub(crate) fn of_this_home() -> Result<Self, ConfigError> {
        Self::place().map_or_else(|| Ok(Self::default()), |path| Self::read(&path))
    }

    /// The same for this file.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        match open(path)? {
            None => Ok(Self::default()),
            Some(text) => file::parse(&text)
                .map_err(|error| ConfigError::Wrong { path: path.to_owned(), source: Box::new(error) }),
        }
    }
}

/// The file's text; `None` where there is no file.
fn open(path: &Path) -> Result<Option<String>, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
    // A pipe of that name must not make us wait for its writer.
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = match File::options().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let about = file.metadata().map_err(unreadable)?;
    if !about.is_file() {
        return Err(ConfigError::NoFile(path.to_owned()));
    }
    let ours = about.uid() == 0 || about.uid() == rustix::process::geteuid().as_raw();
    // Writable by the group is common (umask 002) and mostly means a group of one.
    if !ours || about.mode() & 0o002 != 0 {
        return Err(ConfigError::OpenToOthers(path.to_owned()));
    }
    let mut text = String::new();
    file.take(LIMIT + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > LIMIT {
        return Err(ConfigError::TooLong(path.to_owned()));
    }
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("fobd.toml");
        std::fs::write(&path, text).unwrap();
        (home, path)
    }

    #[test]
    fn no_file_means_every_default() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(Config::read(&home.path().join("fobd.toml")).unwrap(), Config::default());
        let (_home, empty) = written("");
        assert_eq!(Config::read(&empty).unwrap(), Config::default());
    }

    #[test]
    fn what_is_wrong_is_named_with_file_and_line() {
        let (_home, path) = written("# mine\n[lock]\nsupend = true\n");
        let error = Config::read(&path).unwrap_err();
        assert_eq!(error.to_string(), format!("{} is wrong", path.display()));
        let cause = std::error::Error::source(&error).unwrap().to_string();
        for words in ["line 3", "supend", "suspend", "screen-saver"] {
            assert!(cause.contains(words), "{words} in {cause}");
        }
    }

    #[test]
    fn nobody_else_may_turn_the_locks_off() {
        let (_home, path) = written("[lock]\nidle = \"never\"\n");
        for (mode, refused) in [(0o644, false), (0o664, false), (0o666, true), (0o602, true)] {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            assert_eq!(matches!(Config::read(&path), Err(ConfigError::OpenToOthers(_))), refused, "{mode:o}");
        }
    }

    #[test]
    fn what_is_no_settings_file_is_not_read() {
        let (home, path) = written(&"#".repeat(LIMIT as usize + 1));
        assert!(matches!(Config::read(&path), Err(ConfigError::TooLong(_))));
        assert!(matches!(Config::read(home.path()), Err(ConfigError::NoFile(_))));
        let pipe = home.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        assert!(matches!(Config::read(&pipe), Err(ConfigError::NoFile(_))));
        std::fs::write(&path, b"\xff\xfe").unwrap();
        assert!(matches!(Config::read(&path), Err(ConfigError::Unreadable { .. })));
    }
}
