//! The household of the running fobd, and whether a caller's program belongs to it.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

use fob_bus::program::{FileId, Owned, Program};

use super::aside::Whom;
use super::closed::is_closed;
use super::{Tier, Why};

/// Programs that may be companions, by their file names.
const COMPANIONS: &[&str] = &["fob"];
/// The loopback listener, by its file name.
const LISTENER: &str = "fob-loopback";
const ROOT: u32 = 0;

/// The running fobd: where it lies, whose it is, and which files it sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Household {
    folder: PathBuf,
    owner: u32,
    /// Its mount namespace: what a path means.
    mounts: FileId,
    /// Its root folder.
    root: FileId,
    /// Its user namespace.
    users: FileId,
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
        let about = |path| std::fs::metadata(path).map(|about| FileId::from(&about));
        let (root, users) = (about("/proc/self/root")?, about("/proc/self/ns/user")?);
        Self::of(&Program::own()?, root, users, companions).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn of(fobd: &Program, root: FileId, users: FileId, companions: &[&str]) -> Option<Self> {
        Some(Self {
            folder: fobd.home()?.to_owned(),
            owner: fobd.file.uid,
            mounts: fobd.mounts,
            root,
            users,
            companions: companions.iter().map(OsString::from).collect(),
        })
    }

    /// The program of this name beside the running fobd, if nobody else could have put it there.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        let path = self.folder.join(name);
        let is_ours = |about: &Metadata| Owned::from(about).is_of(self.owner) && Owned::from(about).is_closed();
        let folder = std::fs::metadata(&self.folder).ok().filter(is_ours);
        // A link could lead to where others may write.
        let file = std::fs::symlink_metadata(&path).ok().filter(|about| about.is_file() && is_ours(about));
        (folder.is_some() && file.is_some()).then_some(path)
    }

    /// Whom a look at this process is a look at. Only the kernel is asked, which answers at once: it must run a program by
    /// the path of one of this household, and see the same files, which in a user namespace of its own it might not.
    /// That decides who waits for whom and nothing else.
    pub(super) fn whom(&self, pid: i32) -> Whom {
        let process = PathBuf::from(format!("/proc/{pid}"));
        let is = |what: &str, wanted| {
            std::fs::metadata(process.join(what)).is_ok_and(|about| FileId::from(&about) == wanted)
        };
        let named = std::fs::read_link(process.join("exe")).is_ok_and(|path| self.names(&path));
        let ours = named && is("ns/mnt", self.mounts) && is("ns/user", self.users);
        if ours { Whom::Household(pid) } else { Whom::Stranger(pid) }
    }

    /// Whether a path is one of this household's programs.
    fn names(&self, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default();
        path.parent() == Some(&self.folder) && (name == LISTENER || self.companions.iter().any(|known| name == known))
    }

    /// Who owns the running fobd's file.
    pub(super) const fn owner(&self) -> u32 {
        self.owner
    }

    /// The mount namespace of the running fobd.
    pub(super) const fn mounts(&self) -> FileId {
        self.mounts
    }

    /// Its root folder.
    pub(super) const fn root(&self) -> FileId {
        self.root
    }

    /// Its user namespace.
    pub(super) const fn users(&self) -> FileId {
        self.users
    }

    /// What a program counts as that sees the same files as fobd. Whether it is listed is looked up when it asks:
    /// [`Why::OtherProgram`] is all that stands between it and *installed*.
    pub(super) fn tier_of(&self, program: &Program) -> Tier {
        // Before anything that is said about its path.
        if program.mounts != self.mounts {
            return Tier::Weak(Why::OtherNamespace);
        }
        let name = program.path.file_name().unwrap_or_default();
        if self.companions.iter().any(|companion| name == companion) {
            return self.beside(program).map_or_else(Tier::Script, |()| Tier::Companion);
        }
        if name == LISTENER {
            return self.beside(program).map_or_else(Tier::Script, |()| Tier::Listener);
        }
        match () {
            () if !program.is_what_its_path_says() => Tier::Script(Why::OtherFile),
            () if !is_roots_alone(program) => Tier::Script(Why::Changeable),
            () => Tier::Script(Why::OtherProgram),
        }
    }

    /// Whether a program lies beside the running fobd, where nobody else could have put it.
    fn beside(&self, program: &Program) -> Result<(), Why> {
        match () {
            () if program.path.parent() != Some(&self.folder) => Err(Why::OtherFolder),
            () if !program.is_what_its_path_says() => Err(Why::OtherFile),
            () if !program.is_of(self.owner) => Err(Why::OtherOwner),
            () if !program.is_closed() => Err(Why::WritableByOthers),
            () => Ok(()),
        }
    }
}

/// Whether nobody but root can change a program's file, or put another one in its place.
fn is_roots_alone(program: &Program) -> bool {
    program.is_roots() && program.is_closed() && is_closed(&program.path, ROOT)
}

#[cfg(test)]
mod tests {
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
        let companions = vec!["fob".into()];
        Household { folder: "/opt/fob".into(), owner: ADA, mounts: id(1), root: id(2), users: id(3), companions }
    }

    #[test]
    fn only_fob_beside_fobd_is_a_companion() {
        use Why::{Changeable, OtherFolder, OtherOwner, WritableByOthers};
        let household = household();
        for (case, path, file, folder, expected) in [
            ("fob", "/opt/fob/fob", (ADA, 0o755), (ADA, 0o755), None),
            ("root's fob", "/opt/fob/fob", (ROOT, 0o755), (ROOT, 0o755), None),
            ("a private fob", "/opt/fob/fob", (ADA, 0o700), (ADA, 0o700), None),
            ("a neighbour in the folder", "/opt/fob/python3", (ADA, 0o755), (ADA, 0o755), Some(Changeable)),
            ("fobd itself", "/opt/fob/fobd", (ADA, 0o755), (ADA, 0o755), Some(Changeable)),
            ("a fob elsewhere", "/tmp/fob", (ADA, 0o755), (ADA, 0o755), Some(OtherFolder)),
            ("a fob further down", "/opt/fob/x/fob", (ADA, 0o755), (ADA, 0o755), Some(OtherFolder)),
            ("a fob that was replaced", "/opt/fob/fob (deleted)", (ADA, 0o755), (ADA, 0o755), Some(Changeable)),
            ("somebody else's file", "/opt/fob/fob", (EVE, 0o755), (ADA, 0o755), Some(OtherOwner)),
            ("somebody else's folder", "/opt/fob/fob", (ADA, 0o755), (EVE, 0o755), Some(OtherOwner)),
            ("a file open to all", "/opt/fob/fob", (ADA, 0o757), (ADA, 0o755), Some(WritableByOthers)),
            ("a file open to a group", "/opt/fob/fob", (ADA, 0o775), (ADA, 0o755), Some(WritableByOthers)),
            ("a folder open to all", "/opt/fob/fob", (ADA, 0o755), (ADA, 0o1777), Some(WritableByOthers)),
        ] {
            let expected = expected.map_or(Tier::Companion, Tier::Script);
            assert_eq!(household.tier_of(&program(path, file, folder)), expected, "{case}");
        }
    }

    #[test]
    fn an_upgraded_fobd_still_knows_its_folder() {
        let running = program("/opt/fob/fobd (deleted)", (ADA, 0o755), (ADA, 0o755));
        assert_eq!(Household::of(&running, id(2), id(3), COMPANIONS), Some(household()));
    }

    /// `unshare -Urm`, then `mount --bind /usr/bin/python3 /opt/fob/fob`: a program of root's at fob's path, for itself
    /// alone.
    #[test]
    fn a_program_behind_a_mount_of_its_own_is_no_companion() {
        let honest = program("/opt/fob/fob", (ROOT, 0o755), (ADA, 0o755));
        assert_eq!(household().tier_of(&honest), Tier::Companion);
        for (case, program, tier) in [
            ("its own mounts", Program { mounts: id(2), ..honest.clone() }, Tier::Weak(Why::OtherNamespace)),
            (
                "a file that has another name here",
                Program { runs: id(8), ..honest.clone() },
                Tier::Script(Why::OtherFile),
            ),
            ("a file that has no name here", Program { named: None, ..honest }, Tier::Script(Why::OtherFile)),
        ] {
            assert_eq!(household().tier_of(&program), tier, "{case}");
        }
    }

    #[test]
    fn only_a_program_that_the_kernel_calls_ours_has_the_households_seats() {
        let own = i32::try_from(std::process::id()).unwrap();
        let test = std::env::current_exe().unwrap();
        let name = test.file_name().unwrap().to_str().unwrap();
        let household = Household::own_with(&[name]).unwrap();
        assert_eq!(household.whom(own), Whom::Household(own));
        assert_eq!(Household::own().unwrap().whom(own), Whom::Stranger(own), "it is not called fob");
        for other in [
            Household { folder: "/opt/fob".into(), ..household.clone() },
            Household { mounts: id(7), ..household.clone() },
            Household { users: id(7), ..household.clone() },
        ] {
            assert_eq!(other.whom(own), Whom::Stranger(own), "{other:?}");
        }
        assert_eq!(household.whom(0), Whom::Stranger(0));
    }

    #[test]
    fn only_the_listener_beside_fobd_is_the_listener() {
        for (path, file, expected) in [
            ("/opt/fob/fob-loopback", (ADA, 0o755), Tier::Listener),
            ("/tmp/fob-loopback", (ADA, 0o755), Tier::Script(Why::OtherFolder)),
            ("/opt/fob/fob-loopback", (EVE, 0o755), Tier::Script(Why::OtherOwner)),
            ("/opt/fob/fob-loopback", (ADA, 0o777), Tier::Script(Why::WritableByOthers)),
        ] {
            assert_eq!(household().tier_of(&program(path, file, (ADA, 0o755))), expected, "{path} {file:?}");
        }
    }
}
