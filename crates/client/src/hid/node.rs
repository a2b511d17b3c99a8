//! A node held open beside hidapi: for its errors by number, for its lock, and so that it stays the same key.
//!
//! The kernel gives a node's number to no other device while a descriptor of it is open, so that hidapi, which opens
//! by path, gets the key that was locked or none.

use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FlockOperation, Mode, OFlags, flock, fstat, major, minor};
use rustix::io::Errno;

use super::OpenError;

/// An open and locked node. Dropping it lets the lock go.
#[derive(Debug)]
pub(super) struct Node(OwnedFd);

impl Node {
    /// Opens the node for both directions and takes the lock, without waiting.
    pub(super) fn hold(path: &Path) -> Result<Self, OpenError> {
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let node = rustix::fs::open(path, flags, Mode::empty()).map_err(cause)?;
        match flock(&node, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self(node)),
            Err(Errno::WOULDBLOCK) => Err(OpenError::InUse),
            Err(error) => Err(cause(error)),
        }
    }

    /// A path that leads to this very node, whatever stands at its old path by now.
    pub(super) fn path(&self) -> PathBuf {
        format!("/proc/self/fd/{}", self.0.as_raw_fd()).into()
    }

    /// Major and minor number of the device behind it.
    pub(super) fn device(&self) -> Option<(u32, u32)> {
        let number = fstat(&self.0).ok()?.st_rdev;
        Some((major(number), minor(number)))
    }

    /// Whether the device has left: the kernel then reports an error on every descriptor of it.
    pub(super) fn is_gone(&self) -> bool {
        let mut fds = [PollFd::new(&self.0, PollFlags::empty())];
        let polled = poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
        let [fd] = fds;
        polled.is_ok() && fd.revents().intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL)
    }
}

fn cause(error: Errno) -> OpenError {
    match error {
        Errno::ACCESS | Errno::PERM => OpenError::Denied,
        Errno::NOENT | Errno::NODEV | Errno::NXIO => OpenError::Gone,
        error => OpenError::Failed(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(folder: &tempfile::TempDir) -> PathBuf {
        let path = folder.path().join("hidraw0");
        std::fs::write(&path, b"").unwrap();
        path
    }

    /// flock(2) belongs to the open file, so a second one in this process stands for another program.
    #[test]
    fn a_node_is_held_by_one_and_let_go_on_drop() {
        let folder = tempfile::tempdir().unwrap();
        let path = node(&folder);
        let first = Node::hold(&path).unwrap();
        assert!(matches!(Node::hold(&path), Err(OpenError::InUse)));
        drop(first);
        assert!(Node::hold(&path).is_ok());
    }

    #[test]
    fn a_missing_node_is_gone_and_a_folder_is_neither() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Node::hold(&folder.path().join("hidraw9")), Err(OpenError::Gone)));
        assert!(matches!(Node::hold(folder.path()), Err(OpenError::Failed(_))));
    }

    #[test]
    fn causes_are_told_apart() {
        assert!(matches!(cause(Errno::ACCESS), OpenError::Denied));
        assert!(matches!(cause(Errno::NODEV), OpenError::Gone));
        assert!(matches!(cause(Errno::MFILE), OpenError::Failed(_)));
    }

    #[test]
    fn the_path_of_a_held_node_leads_to_it_after_another_took_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = node(&folder);
        let held = Node::hold(&path).unwrap();
        std::fs::rename(&path, folder.path().join("old")).unwrap();
        std::fs::write(&path, b"another key").unwrap();
        assert_eq!(std::fs::read(held.path()).unwrap(), b"");
        assert!(!held.is_gone());
    }
}
