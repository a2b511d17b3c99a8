//! Whether a path can be changed by somebody else: the file, and every folder above in which it could be replaced.

use std::fs;
use std::io;
use std::path::Path;

use fob_bus::program::Owned;

/// The bit that lets only its owner take a file out of a folder that everybody writes, such as /tmp.
const STICKY: u32 = 0o1000;

/// Whether nobody but root and `owner` can change what lies at `path`, or put something there.
///
/// A folder such as /tmp is no harm to what is in it already and belongs to one of the two. Looked at from the top down,
/// and no further than the first folder of somebody else: what is below might be a file system that never answers.
pub(super) fn is_closed(path: &Path, owner: u32) -> bool {
    let mut steps: Vec<_> = path.ancestors().collect();
    steps.reverse();
    let mut above_is_open = false;
    for step in steps {
        let about = match fs::symlink_metadata(step) {
            Ok(about) => about,
            // Whoever may write above could put something here.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return !above_is_open && path.is_absolute(),
            Err(_) => return false,
        };
        let owned = Owned::from(&about);
        if !owned.is_of(owner) {
            return false;
        }
        // The bits of a link mean nothing: who may replace it is the folder's matter.
        let closed = about.is_symlink() || owned.is_closed();
        let sticky = about.is_dir() && owned.mode & STICKY != 0;
        if !closed && !sticky {
            return false;
        }
        above_is_open = !closed;
    }
    !above_is_open && path.is_absolute()
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
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
