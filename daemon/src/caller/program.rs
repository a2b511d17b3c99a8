//! A caller's program, and whether it belongs to the household of the running fobd.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{Tier, Why};

/// Programs that may be companions, by their file names.
const COMPANIONS: &[&str] = &["fob"];
/// What the kernel writes behind the path of a program whose file is gone.
const DELETED: &[u8] = b" (deleted)";
/// Permission bits that let others than the owner write.
const OTHERS_WRITE: u32 = 0o022;
const ROOT: u32 = 0;

/// A program's file and the folder it lies in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Program {
    /// Its path, as the kernel tells it.
    pub(crate) path: PathBuf,
    /// The running file itself, even if another one has its name by now.
    pub(crate) file: Owned,
    /// Its folder.
    pub(crate) folder: Owned,
}

/// Who owns a file, and who may write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owned {
    /// Its owner.
    pub(crate) uid: u32,
    /// Its permission bits.
    pub(crate) mode: u32,
}

impl Owned {
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        Ok(Self { uid: metadata.uid(), mode: metadata.mode() })
    }
}

impl Program {
    /// The program of the process that `process`, a folder in /proc, stands for.
    pub(crate) fn of(process: &Path) -> io::Result<Self> {
        let exe = process.join("exe");
        let path = std::fs::read_link(&exe)?;
        let folder = path.parent().ok_or(io::ErrorKind::NotFound)?;
        // Through the link in /proc: the file that runs, not whatever has its name now.
        Ok(Self { file: Owned::of(&exe)?, folder: Owned::of(folder)?, path })
    }
}

/// The running fobd: where it lies, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Household {
    folder: PathBuf,
    owner: u32,
    /// Names of its programs.
    companions: Vec<OsString>,
}

impl Household {
    /// The household of this process.
    ///
    /// # Errors
    /// When /proc does not say what this process runs.
    pub(crate) fn own() -> io::Result<Self> {
        Self::own_with(COMPANIONS)
    }

    /// The household of this process, with companions of these names.
    pub(crate) fn own_with(companions: &[&str]) -> io::Result<Self> {
        let program = Program::of(Path::new("/proc/self"))?;
        Self::of(&program, companions).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn of(fobd: &Program, companions: &[&str]) -> Option<Self> {
        let folder = without_mark(&fobd.path).parent()?.to_owned();
        Some(Self { folder, owner: fobd.file.uid, companions: companions.iter().map(OsString::from).collect() })
    }

    /// Whether a program is of this household.
    pub(crate) fn tier_of(&self, program: &Program) -> Tier {
        let ours = |uid| uid == self.owner || uid == ROOT;
        let closed = |owned: Owned| owned.mode & OTHERS_WRITE == 0;
        let name = program.path.file_name().unwrap_or_default();
        match () {
            () if !self.companions.iter().any(|companion| name == companion) => Tier::Stranger(Why::OtherProgram),
            () if program.path.parent() != Some(&self.folder) => Tier::Stranger(Why::OtherFolder),
            () if !ours(program.file.uid) || !ours(program.folder.uid) => Tier::Stranger(Why::OtherOwner),
            () if !closed(program.file) || !closed(program.folder) => Tier::Stranger(Why::WritableByOthers),
            () => Tier::Companion,
        }
    }
}

/// fobd's own path, also after its file was replaced by an upgrade.
fn without_mark(path: &Path) -> &Path {
    let bytes = path.as_os_str().as_bytes();
    bytes.strip_suffix(DELETED).map_or(path, |bytes| Path::new(OsStr::from_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: u32 = 1000;
    const EVE: u32 = 1001;

    fn program(path: &str, file: (u32, u32), folder: (u32, u32)) -> Program {
        let owned = |(uid, mode)| Owned { uid, mode };
        Program { path: path.into(), file: owned(file), folder: owned(folder) }
    }

    fn household() -> Household {
        Household { folder: "/opt/fob".into(), owner: ADA, companions: vec!["fob".into()] }
    }

    #[test]
    fn only_fob_beside_fobd_is_a_companion() {
        use Why::{OtherFolder, OtherOwner, OtherProgram, WritableByOthers};
        let household = household();
        for (case, path, file, folder, expected) in [
            ("fob", "/opt/fob/fob", (ADA, 0o755), (ADA, 0o755), None),
            ("root's fob", "/opt/fob/fob", (ROOT, 0o755), (ROOT, 0o755), None),
            ("a private fob", "/opt/fob/fob", (ADA, 0o700), (ADA, 0o700), None),
            ("a neighbour in the folder", "/opt/fob/python3", (ADA, 0o755), (ADA, 0o755), Some(OtherProgram)),
            ("fobd itself", "/opt/fob/fobd", (ADA, 0o755), (ADA, 0o755), Some(OtherProgram)),
            ("a fob elsewhere", "/tmp/fob", (ADA, 0o755), (ADA, 0o755), Some(OtherFolder)),
            ("a fob further down", "/opt/fob/x/fob", (ADA, 0o755), (ADA, 0o755), Some(OtherFolder)),
            ("a fob that was replaced", "/opt/fob/fob (deleted)", (ADA, 0o755), (ADA, 0o755), Some(OtherProgram)),
            ("somebody else's file", "/opt/fob/fob", (EVE, 0o755), (ADA, 0o755), Some(OtherOwner)),
            ("somebody else's folder", "/opt/fob/fob", (ADA, 0o755), (EVE, 0o755), Some(OtherOwner)),
            ("a file open to all", "/opt/fob/fob", (ADA, 0o757), (ADA, 0o755), Some(WritableByOthers)),
            ("a file open to a group", "/opt/fob/fob", (ADA, 0o775), (ADA, 0o755), Some(WritableByOthers)),
            ("a folder open to all", "/opt/fob/fob", (ADA, 0o755), (ADA, 0o1777), Some(WritableByOthers)),
        ] {
            let expected = expected.map_or(Tier::Companion, Tier::Stranger);
            assert_eq!(household.tier_of(&program(path, file, folder)), expected, "{case}");
        }
    }

    #[test]
    fn an_upgraded_fobd_still_knows_its_folder() {
        let running = program("/opt/fob/fobd (deleted)", (ADA, 0o755), (ADA, 0o755));
        assert_eq!(Household::of(&running, COMPANIONS), Some(household()));
    }

    #[test]
    fn the_own_program_is_seen() {
        let program = Program::of(Path::new("/proc/self")).unwrap();
        assert_eq!(program.path, std::env::current_exe().unwrap());
    }
}
