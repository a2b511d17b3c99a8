//! The caller on fobd's own socket.
//!
//! SO_PEERCRED says who connected; a process of another pid namespace has no id here and is turned away. Its program is looked at first, and then it must still have the other end of the
//! socket, marked close-on-exec: had the process become fob by exec(2) after it connected, the socket would be closed,
//! and if the mark is missing it could have been passed on that way. A copy handed to another process by other means
//! speaks with the tier of the one that connected; that is open to whoever may ask `fob` itself (THREAT_MODEL.md).

use std::io;
use std::os::fd::AsFd;

use fob_bus::credentials::Peer;

use super::aside::aside;
use super::ends::has_to_itself;
use super::look::look;
use super::process::Process;
use super::sock_diag::peer_inode;
use super::{Caller, Door, Household, Tier, Why};

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

/// Who is at the other end of an accepted connection, found out beside the thread that serves.
///
/// # Errors
/// [`Refused`], for other users' processes above all.
pub(crate) async fn of_peer_soon(socket: impl AsFd, household: &Household) -> Result<Caller, Refused> {
    let Peer { uid, pid } = Peer::of(&socket)?;
    let (socket, household) = (socket.as_fd().try_clone_to_owned()?, household.clone());
    let unseen = || Ok(Caller::stranger(Door::Socket, uid, Some(pid.as_raw_pid()), Why::Unseen));
    let whom = household.whom(pid.as_raw_pid());
    aside(whom, move || of_peer(socket, &household)).await.unwrap_or_else(unseen)
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
    let (Ok(started), Ok((program, tier))) = (process.start(), look(&process, household)) else {
        return stranger(Why::Unseen);
    };
    let itself = peer_inode(&socket).and_then(|end| has_to_itself(&process.folder(), |inode| inode == end));
    match itself {
        Ok(true) => {}
        // What it runs was seen, and is shown; who speaks through it was not.
        Ok(false) => {
            let (door, pid, tier) = (Door::Socket, Some(pid), Tier::Weak(Why::SharedSocket));
            return Ok(Caller { door, uid, pid, started: Some(started), program: Some(program), tier });
        }
        Err(error) => {
            tracing::warn!(%error, pid, "cannot see whether a caller has its socket to itself");
            return stranger(Why::Unseen);
        }
    }
    if !process.lives() {
        return stranger(Why::Unseen);
    }
    let (door, pid) = (Door::Socket, Some(pid));
    Ok(Caller { door, uid, pid, started: Some(started), program: Some(program), tier })
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn this_test_is_seen_and_is_no_companion() {
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let caller = of_peer(&ours, &Household::own().unwrap()).unwrap();
        assert_eq!(caller.program, Some(std::env::current_exe().unwrap()));
        assert_eq!(caller.door, Door::Socket);
        // As root the folder of this test may be root's alone.
        assert!(matches!(caller.tier, Tier::Script(Why::OtherProgram | Why::Changeable)), "{caller:?}");
    }
}
