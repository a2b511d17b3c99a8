//! Which ends of which connections a process holds, and whether they stay its own when it becomes another program.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;

/// `O_CLOEXEC` as it stands in /proc/PID/fdinfo, which is octal there.
const CLOEXEC: u32 = 0o2_000_000;

/// The inodes of the sockets that a process has open.
///
/// # Errors
/// The system's: that it is gone, or does not let itself be looked at.
pub(super) fn sockets(process: &Path) -> io::Result<impl Iterator<Item = u32>> {
    Ok(open_sockets(process)?.into_iter().map(|(_, inode)| inode))
}

/// Whether a process has open sockets that are `wanted`, by their inodes, and every descriptor for one closes on exec.
///
/// # Errors
/// As for [`sockets`].
pub(super) fn has_to_itself(process: &Path, wanted: impl Fn(u32) -> bool) -> io::Result<bool> {
    let mut found = false;
    for (descriptor, inode) in open_sockets(process)? {
        if wanted(inode) {
            if !closes_on_exec(&fs::read_to_string(process.join("fdinfo").join(descriptor))?) {
                return Ok(false);
            }
            found = true;
        }
    }
    Ok(found)
}

/// Descriptors and inodes.
fn open_sockets(process: &Path) -> io::Result<Vec<(OsString, u32)>> {
    let mut open = Vec::new();
    for descriptor in fs::read_dir(process.join("fd"))? {
        let descriptor = descriptor?;
        // One that was closed meanwhile is none.
        let Ok(target) = fs::read_link(descriptor.path()) else { continue };
        let inode = target.to_str().and_then(|target| target.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok());
        open.extend(inode.map(|inode| (descriptor.file_name(), inode)));
    }
    Ok(open)
}

fn closes_on_exec(fdinfo: &str) -> bool {
    let flags = fdinfo.lines().find_map(|line| line.strip_prefix("flags:"));
    flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok()).is_some_and(|flags| flags & CLOEXEC != 0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use rustix::io::{FdFlags, fcntl_setfd};

    use super::super::sock_diag::peer_inode;
    use super::*;

    fn has(process: &Path, ours: &UnixStream) -> io::Result<bool> {
        let end = peer_inode(ours)?;
        has_to_itself(process, |inode| inode == end)
    }

    fn own() -> &'static Path {
        Path::new("/proc/self")
    }

    #[test]
    fn a_process_has_its_end_until_it_marks_it_for_inheritance_or_closes_it() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        assert!(has(own(), &ours).unwrap());
        fcntl_setfd(&theirs, FdFlags::empty()).unwrap();
        assert!(!has(own(), &ours).unwrap());
        fcntl_setfd(&theirs, FdFlags::CLOEXEC).unwrap();
        let copy = rustix::io::dup(&theirs).unwrap();
        assert!(!has(own(), &ours).unwrap(), "a copy without the mark");
        drop(copy);
        assert!(has(own(), &ours).unwrap());
        drop(theirs);
        assert!(!has(own(), &ours).unwrap_or(false));
    }

    #[test]
    fn another_process_that_does_not_have_the_end_is_told_apart() {
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let seen = has(Path::new(&format!("/proc/{}", child.id())), &ours);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!seen.unwrap());
    }

    #[test]
    fn flags_are_read_as_the_kernel_writes_them() {
        for (fdinfo, expected) in [
            ("pos:\t0\nflags:\t02000002\nmnt_id:\t10\n", true),
            ("pos:\t0\nflags:\t02\n", false),
            ("pos:\t0\n", false),
            ("flags:\tnonsense\n", false),
        ] {
            assert_eq!(closes_on_exec(fdinfo), expected, "{fdinfo:?}");
        }
    }
}
