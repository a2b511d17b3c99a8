//! Whether a path can be changed by somebody else: the file, and every folder above in which it could be replaced.

use std::path::Path;

use fob_bus::program::Owned;
use rustix::fs::{AtFlags, CWD, FileType, Statx, StatxFlags, statx};
use rustix::io::Errno;

/// The bit that lets only its owner take a file out of a folder that everybody writes, such as /tmp.
const STICKY: u32 = 0o1000;
/// What the kernel knows about a file itself, without a question to its file system.
const KNOWN: AtFlags = AtFlags::SYMLINK_NOFOLLOW.union(AtFlags::NO_AUTOMOUNT).union(AtFlags::STATX_DONT_SYNC);

/// Whether nobody but root and `owner` can change what lies at `path`, or put something there.
///
/// A folder such as /tmp is no harm to what is in it already and belongs to one of the two. Looked at from the top down,
/// and no further than the first folder of somebody else: what is below might be a file system that never answers. What
/// anybody has mounted into a folder such as /tmp (FUSE) says about itself that it is root's, or says nothing for ever: it
/// is not asked.
pub(super) fn is_closed(path: &Path, owner: u32) -> bool {
    let mut steps: Vec<_> = path.ancestors().collect();
    steps.reverse();
    let (mut above_is_open, mut mounted) = (false, None);
    for step in steps {
        let about = match statx(CWD, step, KNOWN, StatxFlags::BASIC_STATS | StatxFlags::MNT_ID) {
            Ok(about) => about,
            // Whoever may write above could put something here.
            Err(Errno::NOENT) => return !above_is_open && path.is_absolute(),
            Err(_) => return false,
        };
        let above = mounted.replace(mount(&about));
        if above_is_open && above != mounted {
            return false;
        }
        let owned = Owned { uid: about.stx_uid, mode: about.stx_mode.into() };
        if !owned.is_of(owner) {
            return false;
        }
        // The bits of a link mean nothing: who may replace it is the folder's matter.
        let kind = FileType::from_raw_mode(owned.mode);
        let closed = kind.is_symlink() || owned.is_closed();
        let sticky = kind.is_dir() && owned.mode & STICKY != 0;
        if !closed && !sticky {
            return false;
        }
        above_is_open = !closed;
    }
    !above_is_open && path.is_absolute()
}

/// Which mount a file is seen through. Before Linux 5.8 the device has to tell.
fn mount(about: &Statx) -> (u64, u32, u32) {
    if about.stx_mask & StatxFlags::MNT_ID.bits() != 0 {
        (about.stx_mnt_id, 0, 0)
    } else {
        (0, about.stx_dev_major, about.stx_dev_minor)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    const ROOT: u32 = 0;

    #[test]
    fn the_systems_own_programs_are_closed_and_tmp_is_not() {
        let shell = fs::canonicalize("/bin/sh").unwrap();
        for (path, closed) in [
            (shell.as_path(), true),
            (Path::new("/bin/sh"), true),
            (Path::new("/usr/lib/fob-is-not-installed-here/lib"), true),
            (Path::new("/tmp"), false),
            (Path::new("/tmp/fob-test-that-nobody-made/lib"), false),
            (Path::new("usr/bin"), false),
            (Path::new(""), false),
        ] {
            assert_eq!(is_closed(path, ROOT), closed, "{}", path.display());
        }
    }

    #[test]
    fn one_open_folder_above_is_enough() {
        let own = rustix::process::geteuid().as_raw();
        let home = tempfile::tempdir().unwrap();
        let (folder, file) = (home.path().join("a/b"), home.path().join("a/b/program"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(&file, "").unwrap();
        let set = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        for path in [&home.path().join("a"), &folder, &file] {
            set(path, 0o755);
        }
        assert!(is_closed(&file, own));
        assert!(!is_closed(&file, own.wrapping_add(1)) || own == ROOT);
        for (path, mode, closed) in [
            (&file, 0o775, false),
            (&file, 0o757, false),
            (&folder, 0o777, false),
            (&home.path().join("a"), 0o775, false),
            // As /tmp: nobody else can take away what is ours.
            (&folder, 0o1777, true),
        ] {
            set(path, mode);
            assert_eq!(is_closed(&file, own), closed, "{} {mode:o}", path.display());
            set(path, 0o755);
        }
        set(&folder, 0o1777);
        assert!(!is_closed(&folder.join("missing"), own), "anybody could put it there");
        symlink(&file, folder.join("link")).unwrap();
        assert!(is_closed(&folder.join("link"), own));
    }
}
