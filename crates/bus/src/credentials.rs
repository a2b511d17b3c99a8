//! Who is at the other end of a unix socket (SO_PEERCRED, unix(7)): who connected, or who called listen(2).
//!
//! Asked by hand, since a process of another pid namespace has the id 0 here, and rustix's type for ids has no room for
//! that. All `unsafe` of this crate is in this file.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::path::PathBuf;

use rustix::process::Pid;

/// The process at the other end, as it was when the connection was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its effective user id.
    pub uid: u32,
    /// Its id in this pid namespace.
    pub pid: Pid,
}

impl Peer {
    /// The process at the other end of `socket`.
    ///
    /// # Errors
    /// The system's; [`io::ErrorKind::NotFound`] for a process that has no id in this pid namespace.
    pub fn of(socket: impl AsFd) -> io::Result<Self> {
        judged(&asked(&socket)?)
    }

    /// Its folder in /proc.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}", self.pid.as_raw_nonzero()))
    }
}

fn asked(socket: &impl AsFd) -> io::Result<libc::ucred> {
    const LENGTH: libc::socklen_t = size_of::<libc::ucred>() as libc::socklen_t;
    let mut credentials = libc::ucred { pid: 0, uid: u32::MAX, gid: u32::MAX };
    let mut length = LENGTH;
    // SAFETY: the descriptor is open as long as it is borrowed; the kernel writes at most `length` bytes into
    // `credentials`, which has that many and is plain numbers.
    let answer = unsafe {
        libc::getsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut credentials).cast(),
            &raw mut length,
        )
    };
    match answer {
        0 if length == LENGTH => Ok(credentials),
        0 => Err(io::ErrorKind::InvalidData.into()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn judged(credentials: &libc::ucred) -> io::Result<Peer> {
    let unseen = || io::Error::new(io::ErrorKind::NotFound, "the process has no id in this pid namespace");
    // Negative ids mean groups and "all" to some system calls; rustix panics at them.
    let pid = Some(credentials.pid).filter(|pid| *pid > 0).and_then(Pid::from_raw).ok_or_else(unseen)?;
    Ok(Peer { uid: credentials.uid, pid })
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::{UnixListener, UnixStream};

    use super::*;

    #[test]
    fn both_ends_name_this_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let caller = UnixStream::connect(&path).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        let this = Peer { uid: rustix::process::geteuid().as_raw(), pid: rustix::process::getpid() };
        assert_eq!((Peer::of(&caller).unwrap(), Peer::of(&accepted).unwrap()), (this, this));
    }

    /// What the kernel says about a process outside (pid_namespaces(7)).
    #[test]
    fn a_process_without_an_id_here_is_nobody() {
        for pid in [0, -1, i32::MIN] {
            let outside = judged(&libc::ucred { pid, uid: 1000, gid: 1000 });
            assert_eq!(outside.unwrap_err().kind(), io::ErrorKind::NotFound, "{pid}");
        }
    }

    #[test]
    fn a_file_has_no_other_end() {
        assert!(Peer::of(tempfile::tempfile().unwrap()).is_err());
    }
}
