//! The caller on fobd's own socket.
//!
//! SO_PEERCRED says who connected; a process of another pid namespace has no id here and is turned away. Its program is looked at first, and then it must still have the other end of the
//! socket, marked close-on-exec: had the process become fob by exec(2) after it connected, the socket would be closed,
//! and if the mark is missing it could have been passed on that way. A copy handed to another process by other means
//! speaks with the tier of the one that connected; that is open to whoever may ask `fob` itself (THREAT_MODEL.md).

use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use fob_bus::credentials::Peer;

use super::process::Process;
use super::sock_diag::peer_inode;
use super::{Caller, Door, Household, Program, Why};

/// `O_CLOEXEC` as it stands in /proc/PID/fdinfo, which is octal there.
const CLOEXEC: u32 = 0o2_000_000;

/// Why a connection is not served at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// The process at the other end belongs to another user.
    #[error("a process of another user (uid {0}) connected")]
    OtherUser(u32),
    /// The kernel does not say who connected.
    #[error("cannot see who connected")]
    Unseen(#[from] io::Error),
}

/// Who is at the other end of an accepted connection.
///
/// # Errors
/// [`Refused`], for other users' processes above all.
pub(crate) fn of_peer(socket: impl AsFd, household: &Household) -> Result<Caller, Refused> {
    let Peer { uid, pid } = Peer::of(&socket)?;
    if uid != rustix::process::geteuid().as_raw() {
        return Err(Refused::OtherUser(uid));
    }
    let Ok(process) = Process::open(pid) else {
        return Ok(Caller::stranger(Door::Socket, uid, Some(pid.as_raw_pid()), Why::Unseen));
    };
    let pid = pid.as_raw_pid();
    let stranger = |why| Ok(Caller::stranger(Door::Socket, uid, Some(pid), why));
    let folder = process.folder();
    let Ok(program) = Program::of(&folder) else { return stranger(Why::Unseen) };
    match has_to_itself(&folder, &socket) {
        Ok(true) => {}
        Ok(false) => return stranger(Why::SharedSocket),
        Err(error) => {
            tracing::warn!(%error, pid, "cannot see whether a caller has its socket to itself");
            return stranger(Why::Unseen);
        }
    }
    if !process.lives() {
        return stranger(Why::Unseen);
    }
    Ok(Caller::seen(Door::Socket, uid, pid, program, household))
}

/// Whether a process has the other end of `socket`, and every descriptor for it closes on exec.
fn has_to_itself(process: &Path, socket: impl AsFd) -> io::Result<bool> {
    let wanted = format!("socket:[{}]", peer_inode(socket)?);
    let mut found = false;
    for descriptor in fs::read_dir(process.join("fd"))? {
        let descriptor = descriptor?;
        // One that was closed meanwhile is none.
        if fs::read_link(descriptor.path()).is_ok_and(|target| target.as_os_str() == wanted.as_str()) {
            if !closes_on_exec(&fs::read_to_string(process.join("fdinfo").join(descriptor.file_name()))?) {
                return Ok(false);
            }
            found = true;
        }
    }
    Ok(found)
}

fn closes_on_exec(fdinfo: &str) -> bool {
    let flags = fdinfo.lines().find_map(|line| line.strip_prefix("flags:"));
    flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok()).is_some_and(|flags| flags & CLOEXEC != 0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use rustix::io::{FdFlags, fcntl_setfd};

    use super::super::Tier;
    use super::*;

    fn own() -> &'static Path {
        Path::new("/proc/self")
    }

    #[test]
    fn a_process_has_its_end_until_it_marks_it_for_inheritance_or_closes_it() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        assert!(has_to_itself(own(), &ours).unwrap());
        fcntl_setfd(&theirs, FdFlags::empty()).unwrap();
        assert!(!has_to_itself(own(), &ours).unwrap());
        fcntl_setfd(&theirs, FdFlags::CLOEXEC).unwrap();
        let copy = rustix::io::dup(&theirs).unwrap();
        assert!(!has_to_itself(own(), &ours).unwrap(), "a copy without the mark");
        drop(copy);
        assert!(has_to_itself(own(), &ours).unwrap());
        drop(theirs);
        assert!(!has_to_itself(own(), &ours).unwrap_or(false));
    }

    #[test]
    fn another_process_that_does_not_have_the_end_is_told_apart() {
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let seen = has_to_itself(Path::new(&format!("/proc/{}", child.id())), &ours);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!seen.unwrap());
    }

    #[test]
    fn this_test_is_seen_and_is_no_companion() {
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let caller = of_peer(&ours, &Household::own().unwrap()).unwrap();
        assert_eq!(caller.program, Some(std::env::current_exe().unwrap()));
        assert_eq!((caller.door, caller.tier), (Door::Socket, Tier::Stranger(Why::OtherProgram)));
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
