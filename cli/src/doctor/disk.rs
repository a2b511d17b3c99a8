//! Whether the next change can be written: a folder that one may not write, a disk that is read-only or full.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{StatVfs, StatVfsMountFlags, statvfs};

use super::Check;
use crate::text::count;

/// With less room than this a change fails, in bytes: a vault of ten thousand accounts is written as a new file beside the old.
const FULL: u64 = 16 * 1024 * 1024;
const MEBIBYTE: u64 = 1024 * 1024;
/// What the owner of a folder needs in it: read, write, search.
const OWNER: u32 = 0o700;

/// One line for each folder in which something is written; a folder that is not there yet is none of this.
pub(super) fn checks(vault: Option<&Path>, state: Option<&Path>) -> Vec<Check> {
    let folders = [("vault disk", vault), ("state disk", state)];
    folders.into_iter().filter_map(|(name, folder)| check(name, folder?)).collect()
}

fn check(name: &'static str, folder: &Path) -> Option<Check> {
    let metadata = fs::metadata(folder).ok()?;
    let disk = statvfs(folder).ok()?;
    Some(judge(name, folder, &metadata, &Disk::from(&disk)))
}

/// What counts of a disk.
#[derive(Debug, Clone, Copy)]
struct Disk {
    read_only: bool,
    /// Bytes; `None` where the file system does not count them.
    free: Option<u64>,
}

impl From<&StatVfs> for Disk {
    fn from(disk: &StatVfs) -> Self {
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        Self { read_only: disk.f_flag.contains(StatVfsMountFlags::RDONLY), free: (disk.f_blocks > 0).then_some(free) }
    }
}

fn judge(name: &'static str, folder: &Path, metadata: &Metadata, disk: &Disk) -> Check {
    let shown = folder.display();
    if disk.read_only {
        let advice = format!("nothing can be changed until it is writable: `findmnt -T {shown}` shows what it is");
        return Check::fail(name, format!("{shown} lies on a disk that is read-only"), advice);
    }
    // By its bits and not by trying: nothing is changed here, and root may write anywhere.
    if metadata.mode() & OWNER != OWNER {
        let advice = format!("give yourself the right again: `chmod u+rwx {shown}`");
        return Check::fail(name, format!("you may not write in {shown}"), advice);
    }
    match disk.free {
        Some(free) if free < FULL => {
            let free = count(free / MEBIBYTE, "MiB is", "MiB are");
            let advice =
                "make room: what cannot be written whole is not written at all, and codes by counter are refused";
            Check::fail(name, format!("the disk of {shown} is full: {free} free"), advice)
        }
        _ => Check::ok(name, format!("{shown} can be written")),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::super::Outcome;
    use super::*;

    #[test]
    fn what_keeps_a_change_from_being_written_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let roomy = Disk { read_only: false, free: Some(FULL) };
        for (mode, disk, outcome, words) in [
            (0o700, roomy, Outcome::Ok, "can be written"),
            (0o700, Disk { free: None, ..roomy }, Outcome::Ok, "can be written"),
            (0o500, roomy, Outcome::Fail, "may not write"),
            (0o700, Disk { read_only: true, ..roomy }, Outcome::Fail, "read-only"),
            (0o700, Disk { free: Some(2 * MEBIBYTE - 1), ..roomy }, Outcome::Fail, "full: 1 MiB is free"),
            (0o700, Disk { free: Some(0), ..roomy }, Outcome::Fail, "full: 0 MiB are free"),
        ] {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
            let check = judge("vault disk", folder.path(), &fs::metadata(folder.path()).unwrap(), &disk);
            assert_eq!(check.outcome, outcome, "{mode:o} {disk:?}");
            assert!(check.message.contains(words), "{}", check.message);
        }
    }

    #[test]
    fn a_real_disk_is_looked_at_and_a_folder_that_is_not_there_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        assert!(check("vault disk", folder.path()).is_some());
        assert_eq!(check("vault disk", &folder.path().join("none")), None);
        assert_eq!(check("vault disk", Path::new("/proc")).map(|check| check.outcome), Some(Outcome::Fail));
    }
}
