//! What a process runs: its file, its folder, who may write them, and through which mounts the process sees them.
//!
//! Facts only, as the kernel tells them in /proc; whom they make trusted is for [`peer`](crate::peer) on the caller's
//! side and for the daemon on its own. A path alone is no fact: in a mount namespace of its own a process can have any
//! file at any path, so the namespace is looked at, and the file that has the path here.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What the kernel writes behind the path of a program whose file is gone.
const DELETED: &[u8] = b" (deleted)";
/// Permission bits that let others than the owner write.
const OTHERS_WRITE: u32 = 0o022;
const ROOT: u32 = 0;

/// A running program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its path, as the kernel tells it.
    pub path: PathBuf,
    /// Who owns the running file itself, even if another one has its name by now.
    pub file: Owned,
    /// Who owns its folder.
    pub folder: Owned,
    /// The running file itself.
    pub runs: FileId,
    /// The file that has its path now, as this process sees it.
    pub named: Option<FileId>,
    /// Its mount namespace.
    pub mounts: FileId,
}

/// Who owns a file, and who may write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owned {
    /// Its owner.
    pub uid: u32,
    /// Its permission bits.
    pub mode: u32,
}

/// One file and no other: device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileId {
    /// Device number.
    pub device: u64,
    /// Inode number on it.
    pub inode: u64,
}

impl Owned {
    /// Whether nobody but its owner may write it.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        self.mode & OTHERS_WRITE == 0
    }

    /// Whether it is root's, or this user's.
    #[must_use]
    pub const fn is_of(self, uid: u32) -> bool {
        self.uid == uid || self.uid == ROOT
    }
}

impl From<&Metadata> for Owned {
    fn from(metadata: &Metadata) -> Self {
        Self { uid: metadata.uid(), mode: metadata.mode() }
    }
}

impl From<&Metadata> for FileId {
    fn from(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

impl Program {
    /// The program of the process that `process`, a folder in /proc, stands for.
    ///
    /// # Errors
    /// The system's: that the process is gone, or does not let itself be looked at.
    pub fn of(process: &Path) -> io::Result<Self> {
        let exe = process.join("exe");
        let path = std::fs::read_link(&exe)?;
        // Through the link in /proc: the file that runs, not whatever has its name now.
        let runs = std::fs::metadata(&exe)?;
        let folder = std::fs::metadata(path.parent().ok_or(io::ErrorKind::NotFound)?)?;
        let mounts = std::fs::metadata(process.join("ns/mnt"))?;
        Ok(Self {
            named: std::fs::metadata(&path).ok().as_ref().map(FileId::from),
            file: Owned::from(&runs),
            folder: Owned::from(&folder),
            runs: FileId::from(&runs),
            mounts: FileId::from(&mounts),
            path,
        })
    }

    /// The program of this process.
    ///
    /// # Errors
    /// The system's: there is no /proc.
    pub fn own() -> io::Result<Self> {
        Self::of(Path::new("/proc/self"))
    }

    /// The folder it lies in, or lay in before its file was replaced by an upgrade.
    #[must_use]
    pub fn home(&self) -> Option<&Path> {
        let bytes = self.path.as_os_str().as_bytes();
        Path::new(OsStr::from_bytes(bytes.strip_suffix(DELETED).unwrap_or(bytes))).parent()
    }

    /// Whether the file at its path is the one that runs.
    #[must_use]
    pub fn is_what_its_path_says(&self) -> bool {
        self.named == Some(self.runs)
    }

    /// Whether file and folder can be written by their owners alone.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.file.is_closed() && self.folder.is_closed()
    }

    /// Whether file and folder are root's, or this user's.
    #[must_use]
    pub const fn is_of(&self, uid: u32) -> bool {
        self.file.is_of(uid) && self.folder.is_of(uid)
    }

    /// Whether file and folder are root's.
    #[must_use]
    pub const fn is_roots(&self) -> bool {
        self.is_of(ROOT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_program_is_seen() {
        let program = Program::own().unwrap();
        assert_eq!(program.path, std::env::current_exe().unwrap());
        assert!(program.is_what_its_path_says());
        let this = Program::of(&PathBuf::from(format!("/proc/{}", std::process::id()))).unwrap();
        assert_eq!(program, this);
    }

    /// The kernel keeps the file of a running program; its name may be somebody else's by then.
    #[test]
    fn a_program_whose_file_was_replaced_is_not_what_its_path_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sleep");
        std::fs::copy("/bin/sleep", &path).unwrap();
        let mut child = std::process::Command::new(&path).arg("60").spawn().unwrap();
        let process = PathBuf::from(format!("/proc/{}", child.id()));
        let before = Program::of(&process);
        std::fs::remove_file(&path).unwrap();
        let after = Program::of(&process);
        child.kill().unwrap();
        child.wait().unwrap();
        let (before, after) = (before.unwrap(), after.unwrap());
        assert!(before.is_what_its_path_says() && !after.is_what_its_path_says());
        assert_eq!((before.runs, before.home()), (after.runs, after.home()));
    }
}
