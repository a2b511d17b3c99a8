//! A folder of a person's, reached step by step without following a link, and files in it that are written whole or not at
//! all. The folder that the walk begins at is the person's own word (`XDG_CONFIG_HOME`) and may be a link.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, Dir, FileType, Mode, OFlags, RawMode, fstat, fsync, mkdirat, openat, renameat, statat, unlinkat,
};
use rustix::io::Errno;

/// Longest file that is looked at, in bytes; ours are far shorter.
const LONGEST: u64 = 1024 * 1024;

/// What is wrong with a place.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlaceError {
    /// It would lead elsewhere.
    #[error("{} is a symbolic link, which is not followed", .0.display())]
    Link(PathBuf),
    /// Something else stands there.
    #[error("{} is in the way", .0.display())]
    InTheWay(PathBuf),
    /// Somebody else could put something there.
    #[error("{} is not yours alone to write", .0.display())]
    NotPrivate(PathBuf),
    /// The system's.
    #[error("{} cannot be used", .0.display())]
    Io(PathBuf, #[source] io::Error),
}

/// An open folder.
#[derive(Debug)]
pub(super) struct Folder {
    fd: OwnedFd,
    path: PathBuf,
}

const AS_FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

impl Folder {
    /// The folder `below` this one. Makes what is missing, if it may; else `None` where it is not there.
    pub(super) fn reach(base: &Path, below: &str, make: bool) -> Result<Option<Self>, PlaceError> {
        if make {
            std::fs::DirBuilder::new()
                .recursive(true)
                .create(base)
                .map_err(|error| PlaceError::Io(base.into(), error))?;
        }
        let mut folder = match rustix::fs::open(base, AS_FOLDER, Mode::empty()) {
            Ok(fd) => Self { fd, path: base.to_path_buf() }.checked()?,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(PlaceError::Io(base.into(), error.into())),
        };
        for name in below.split('/') {
            match folder.inner(name, make)? {
                Some(inner) => folder = inner,
                None => return Ok(None),
            }
        }
        Ok(Some(folder))
    }

    fn inner(&self, name: &str, make: bool) -> Result<Option<Self>, PlaceError> {
        let path = self.path.join(name);
        if make
            && let Err(error) = mkdirat(&self.fd, name, Mode::from_raw_mode(0o700))
            && error != Errno::EXIST
        {
            return Err(PlaceError::Io(path, error.into()));
        }
        match openat(&self.fd, name, AS_FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(fd) => Self { fd, path }.checked().map(Some),
            Err(Errno::NOENT) => Ok(None),
            Err(Errno::NOTDIR | Errno::LOOP) => Err(self.obstacle(name)),
            Err(error) => Err(PlaceError::Io(path, error.into())),
        }
    }

    /// What stands there instead.
    fn obstacle(&self, name: &str) -> PlaceError {
        let path = self.path.join(name);
        match statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink => PlaceError::Link(path),
            Ok(_) => PlaceError::InTheWay(path),
            Err(error) => PlaceError::Io(path, error.into()),
        }
    }

    /// Ours, and for nobody else to write.
    fn checked(self) -> Result<Self, PlaceError> {
        let stat = fstat(&self.fd).map_err(|error| PlaceError::Io(self.path.clone(), error.into()))?;
        let closed: RawMode = 0o022;
        if stat.st_uid != rustix::process::geteuid().as_raw() || stat.st_mode & closed != 0 {
            return Err(PlaceError::NotPrivate(self.path));
        }
        Ok(self)
    }

    /// What is in the file of this name, `None` where there is none.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, PlaceError> {
        let io = |error: io::Error| PlaceError::Io(self.path.join(name), error);
        // Without waiting: it may be a named pipe.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&self.fd, name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => return Err(self.obstacle(name)),
            Err(error) => return Err(io(error.into())),
        };
        if !file.metadata().map_err(io)?.is_file() {
            return Err(PlaceError::InTheWay(self.path.join(name)));
        }
        let mut content = Vec::new();
        file.take(LONGEST).read_to_end(&mut content).map_err(io)?;
        Ok(Some(content))
    }

    /// Puts a file there, whole and durable, in the place of an older one.
    pub(super) fn put(&self, name: &str, content: &[u8]) -> Result<(), PlaceError> {
        let fresh = format!(".{name}.fob-new");
        let written = self.write(&fresh, content).and_then(|()| {
            renameat(&self.fd, &fresh, &self.fd, name)?;
            Ok(fsync(&self.fd)?)
        });
        written.map_err(|error| {
            let _ = unlinkat(&self.fd, &fresh, AtFlags::empty());
            PlaceError::Io(self.path.join(name), error)
        })
    }

    fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        // One that a run before this one left behind.
        let _ = unlinkat(&self.fd, name, AtFlags::empty());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(openat(&self.fd, name, flags, Mode::from_raw_mode(0o644))?);
        file.write_all(content)?;
        file.sync_all()
    }

    /// Takes a file or link away; nothing where there is none.
    pub(super) fn remove(&self, name: &str) -> Result<(), PlaceError> {
        match unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(PlaceError::Io(self.path.join(name), error.into())),
        }
    }

    /// Where a link leads, `None` where there is none.
    pub(super) fn link(&self, name: &str) -> Option<PathBuf> {
        let target = rustix::fs::readlinkat(&self.fd, name, Vec::new()).ok()?;
        Some(PathBuf::from(target.to_str().ok()?))
    }

    /// The names in it.
    pub(super) fn names(&self) -> Vec<String> {
        let entries = Dir::read_from(self.fd.as_fd()).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().to_str().ok().map(str::to_owned)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn base() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn folders_are_made_and_a_file_is_written_whole_for_all_to_read() {
        let base = base();
        assert!(Folder::reach(base.path(), "a/b", false).unwrap().is_none());
        let folder = Folder::reach(&base.path().join("new"), "a/b", true).unwrap().unwrap();
        assert_eq!(folder.read("f").unwrap(), None);
        for content in [&b"one"[..], b"the second one"] {
            folder.put("f", content).unwrap();
            assert_eq!(folder.read("f").unwrap().as_deref(), Some(content));
        }
        let path = base.path().join("new/a/b/f");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777 & !0o022, 0o644);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        folder.remove("f").unwrap();
        folder.remove("f").unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn no_link_leads_out() {
        let (base, elsewhere) = (base(), base());
        fs::create_dir(elsewhere.path().join("user")).unwrap();
        symlink(elsewhere.path(), base.path().join("systemd")).unwrap();
        let error = Folder::reach(base.path(), "systemd/user", true).unwrap_err();
        assert!(matches!(error, PlaceError::Link(_)), "{error:?}");
        let folder = Folder::reach(base.path(), "real", true).unwrap().unwrap();
        let target = elsewhere.path().join("target");
        fs::write(&target, "untouched").unwrap();
        symlink(&target, base.path().join("real/f")).unwrap();
        assert!(matches!(folder.read("f").unwrap_err(), PlaceError::Link(_)));
        // Even if somebody insisted, the link would be replaced, not what it leads to.
        folder.put("f", b"ours").unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "untouched");
        // A link in the place of the half-written file is not followed either.
        symlink(&target, base.path().join("real/.g.fob-new")).unwrap();
        folder.put("g", b"ours").unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "untouched");
    }

    #[test]
    fn what_others_can_write_or_what_is_no_folder_is_refused() {
        let base = base();
        fs::create_dir(base.path().join("open")).unwrap();
        fs::set_permissions(base.path().join("open"), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(matches!(Folder::reach(base.path(), "open", true), Err(PlaceError::NotPrivate(_))));
        fs::write(base.path().join("file"), "").unwrap();
        assert!(matches!(Folder::reach(base.path(), "file", true), Err(PlaceError::InTheWay(_))));
        fs::create_dir_all(base.path().join("real/f")).unwrap();
        let folder = Folder::reach(base.path(), "real", true).unwrap().unwrap();
        assert!(matches!(folder.read("f"), Err(PlaceError::InTheWay(_))));
    }
}
