//! The household of the running fobd, and whether a caller's program belongs to it.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use fob_bus::program::{FileId, Program};

use super::{Tier, Why};

/// Programs that may be companions, by their file names.
const COMPANIONS: &[&str] = &["fob"];

/// The running fobd: where it lies, whose it is, and which files it sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Household {
    folder: PathBuf,
    owner: u32,
    /// Its mount namespace: what a path means.
    mounts: FileId,
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
        Self::of(&Program::own()?, companions).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn of(fobd: &Program, companions: &[&str]) -> Option<Self> {
        Some(Self {
            folder: fobd.home()?.to_owned(),
            owner: fobd.file.uid,
            mounts: fobd.mounts,
            companions: companions.iter().map(OsString::from).collect(),
        })
    }

    /// Whether a program is of this household.
    pub(crate) fn tier_of(&self, program: &Program) -> Tier {
        let name = program.path.file_name().unwrap_or_default();
        match () {
            // Before anything that is said about its path.
            () if program.mounts != self.mounts => Tier::Stranger(Why::OtherNamespace),
            () if !self.companions.iter().any(|companion| name == companion) => Tier::Stranger(Why::OtherProgram),
            () if program.path.parent() != Some(&self.folder) => Tier::Stranger(Why::OtherFolder),
            () if !program.is_what_its_path_says() => Tier::Stranger(Why::OtherFile),
            () if !program.is_of(self.owner) => Tier::Stranger(Why::OtherOwner),
            () if !program.is_closed() => Tier::Stranger(Why::WritableByOthers),
            () => Tier::Companion,
        }
    }
}

#[cfg(test)]
mod tests {
    use fob_bus::program::Owned;

    use super::*;

    const ROOT: u32 = 0;
    const ADA: u32 = 1000;
    const EVE: u32 = 1001;

    fn program(path: &str, file: (u32, u32), folder: (u32, u32)) -> Program {
        let owned = |(uid, mode)| Owned { uid, mode };
        let path = PathBuf::from(path);
        Program { path, file: owned(file), folder: owned(folder), runs: id(7), named: Some(id(7)), mounts: id(1) }
    }

    const fn id(inode: u64) -> FileId {
        FileId { device: 1, inode }
    }

    fn household() -> Household {
        Household { folder: "/opt/fob".into(), owner: ADA, mounts: id(1), companions: vec!["fob".into()] }
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

    /// `unshare -Urm`, then `mount --bind /usr/bin/python3 /opt/fob/fob`: a program of root's at fob's path, for itself
    /// alone.
    #[test]
    fn a_program_behind_a_mount_of_its_own_is_no_companion() {
        let honest = program("/opt/fob/fob", (ROOT, 0o755), (ADA, 0o755));
        assert_eq!(household().tier_of(&honest), Tier::Companion);
        for (case, program, why) in [
            ("its own mounts", Program { mounts: id(2), ..honest.clone() }, Why::OtherNamespace),
            ("a file that has another name here", Program { runs: id(8), ..honest.clone() }, Why::OtherFile),
            ("a file that has no name here", Program { named: None, ..honest }, Why::OtherFile),
        ] {
            assert_eq!(household().tier_of(&program), Tier::Stranger(why), "{case}");
        }
    }
}
