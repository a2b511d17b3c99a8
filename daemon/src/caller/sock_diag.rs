//! Which socket is at the other end of a unix socket (sock_diag(7)): the kernel's answer, not the peer's.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::fstat;
use rustix::net::netlink::{SOCK_DIAG, SocketAddrNetlink};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with};

/// `SOCK_DIAG_BY_FAMILY`.
const BY_FAMILY: u16 = 20;
/// `NLMSG_ERROR`.
const ERROR: u16 = 2;
/// `NLM_F_REQUEST`.
const REQUEST: u16 = 1;
/// `AF_UNIX`.
const UNIX: u8 = 1;
/// `UDIAG_SHOW_PEER`: put the peer's inode into the answer.
const SHOW_PEER: u32 = 4;
/// `UNIX_DIAG_PEER`: the attribute that has it.
const PEER: u16 = 2;
/// Length of `struct nlmsghdr`.
const HEADER: usize = 16;
/// Length of `struct unix_diag_msg`.
const ANSWER: usize = 16;

/// The inode of the socket that `socket` is connected to.
///
/// # Errors
/// The system's; also when the kernel cannot tell (no `unix_diag`), or the other end is gone.
pub(super) fn peer_inode(socket: impl AsFd) -> io::Result<u32> {
    let inode = u32::try_from(fstat(socket)?.st_ino).map_err(|_| io::ErrorKind::InvalidData)?;
    Kernel::open()?.peer_of(inode)
}

/// Whom to ask.
pub(super) struct Kernel(OwnedFd);

impl Kernel {
    /// # Errors
    /// The system's: there is no netlink.
    pub(super) fn open() -> io::Result<Self> {
        Ok(Self(socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, Some(SOCK_DIAG))?))
    }

    /// The inode of the socket that the unix socket with this inode is connected to.
    ///
    /// # Errors
    /// As for [`peer_inode`]; also when it is no unix socket.
    pub(super) fn peer_of(&self, inode: u32) -> io::Result<u32> {
        sendto(&self.0, &request(inode), SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
        let mut buffer = [0; 1024];
        // The kernel answers while it takes the request, so the answer is there already.
        let (length, _) = recv(&self.0, &mut buffer, RecvFlags::DONTWAIT)?;
        answer(buffer.get(..length).unwrap_or_default())
    }
}

/// `struct nlmsghdr` and `struct unix_diag_req`, in the machine's byte order.
fn request(inode: u32) -> Vec<u8> {
    const LENGTH: u32 = 40;
    let mut message = Vec::with_capacity(LENGTH as usize);
    message.extend(LENGTH.to_ne_bytes());
    message.extend(BY_FAMILY.to_ne_bytes());
    message.extend(REQUEST.to_ne_bytes());
    message.extend([0; 8]);
    message.extend([UNIX, 0, 0, 0]);
    message.extend(u32::MAX.to_ne_bytes());
    message.extend(inode.to_ne_bytes());
    message.extend(SHOW_PEER.to_ne_bytes());
    // No cookie: any socket with this inode.
    message.extend([0xff; 8]);
    message
}

fn answer(message: &[u8]) -> io::Result<u32> {
    let invalid = || io::Error::from(io::ErrorKind::InvalidData);
    let number = |at: usize| message.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes);
    match half(message, 4) {
        Some(BY_FAMILY) => {
            let end = number(0).and_then(|length| usize::try_from(length).ok()).unwrap_or(0).min(message.len());
            let attributes = message.get(HEADER + ANSWER..end).ok_or_else(invalid)?;
            // An end that was closed has no inode any more.
            let peer = attribute(attributes, PEER).filter(|inode| *inode != 0);
            peer.ok_or_else(|| io::ErrorKind::NotConnected.into())
        }
        Some(ERROR) => {
            let code = number(HEADER).ok_or_else(invalid)?.cast_signed();
            Err(io::Error::from_raw_os_error(code.checked_neg().unwrap_or(0)))
        }
        _ => Err(invalid()),
    }
}

/// A 32-bit attribute of this kind (`struct rtattr`, each at a multiple of four bytes).
fn attribute(mut attributes: &[u8], wanted: u16) -> Option<u32> {
    loop {
        let length = usize::from(half(attributes, 0)?);
        if half(attributes, 2)? == wanted {
            return attributes.get(4..8).filter(|_| length >= 8)?.try_into().ok().map(u32::from_ne_bytes);
        }
        // A length of less than its own header would never move on.
        attributes = attributes.get(length.max(4).next_multiple_of(4)..)?;
    }
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn the_kernel_names_the_other_end() {
        let (one, other) = UnixStream::pair().unwrap();
        assert_eq!(u64::from(peer_inode(&one).unwrap()), fstat(&other).unwrap().st_ino);
        assert_eq!(u64::from(peer_inode(&other).unwrap()), fstat(&one).unwrap().st_ino);
    }

    #[test]
    fn an_end_that_was_closed_has_no_name() {
        let (one, other) = UnixStream::pair().unwrap();
        drop(other);
        assert!(peer_inode(&one).is_err());
    }

    #[test]
    fn nonsense_from_netlink_is_an_error() {
        for message in [&[][..], &[0; 15], &[0xff; 64], &[0; 64]] {
            assert!(answer(message).is_err(), "{message:?}");
        }
    }
}
