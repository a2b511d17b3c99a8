//! Which user's process is at the other end of a loopback connection: the kernel's answer (sock_diag(7), inet_diag), not the
//! peer's.
//!
//! The question names all four of addresses and ports. The kernel answers a question for which there is no connection
//! with a *listening* socket on that port, which may be anybody's, and knows a closed socket as root's: so the answer
//! counts only if it is this very connection, established, and some process has it open.

use std::io;
use std::net::{IpAddr, SocketAddr};

use rustix::net::netlink::{SOCK_DIAG, SocketAddrNetlink};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with};

/// `SOCK_DIAG_BY_FAMILY`.
const BY_FAMILY: u16 = 20;
/// `NLMSG_ERROR`.
const ERROR: u16 = 2;
/// `NLM_F_REQUEST`.
const REQUEST: u16 = 1;
/// `AF_INET`.
const INET: u8 = 2;
/// `AF_INET6`.
const INET6: u8 = 10;
/// `IPPROTO_TCP`.
const TCP: u8 = 6;
/// `TCP_ESTABLISHED`.
const ESTABLISHED: u8 = 1;
/// Length of `struct nlmsghdr`.
const HEADER: usize = 16;
/// Length of `struct inet_diag_req_v2`.
const QUESTION: usize = 56;
/// Where the ports are in `struct inet_diag_msg`, after family, state, timer and retransmissions.
const PORTS: usize = 4;
/// Where `idiag_uid` is in it, and `idiag_inode` behind it.
const UID: usize = 64;

/// The user whose process has the socket `peer` of a connection to our socket `own`.
///
/// # Errors
/// The system's; [`io::ErrorKind::NotConnected`] when that socket is not there any more, or nobody has it open.
pub(crate) fn uid_of(peer: SocketAddr, own: SocketAddr) -> io::Result<u32> {
    // An IPv6 socket that connects to a mapped address has an IPv4 connection, and the kernel finds it as such.
    let (peer, own) = (plain(peer), plain(own));
    let link = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, Some(SOCK_DIAG))?;
    sendto(&link, &question(peer, own), SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    let mut buffer = [0; 1024];
    // The kernel answers while it takes the question, so the answer is there already.
    let (length, _) = recv(&link, &mut buffer, RecvFlags::DONTWAIT)?;
    answer(buffer.get(..length).unwrap_or_default(), peer, own)
}

fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// `struct nlmsghdr` and `struct inet_diag_req_v2`: numbers in the machine's byte order, addresses in the network's.
fn question(peer: SocketAddr, own: SocketAddr) -> Vec<u8> {
    let mut message = Vec::with_capacity(HEADER + QUESTION);
    message.extend(u32::try_from(HEADER + QUESTION).unwrap_or_default().to_ne_bytes());
    message.extend(BY_FAMILY.to_ne_bytes());
    message.extend(REQUEST.to_ne_bytes());
    message.extend([0; 8]);
    message.extend([if peer.is_ipv4() { INET } else { INET6 }, TCP, 0, 0]);
    message.extend((1_u32 << ESTABLISHED).to_ne_bytes());
    message.extend(identity(peer, own));
    // No interface, and no cookie: any socket that fits.
    message.extend([0; 4]);
    message.extend([0xff; 8]);
    message
}

/// The head of `struct inet_diag_sockid`, as seen from the peer: both ports, both addresses in sixteen bytes each.
fn identity(peer: SocketAddr, own: SocketAddr) -> [u8; 36] {
    let address = |ip: IpAddr| {
        let octets = match ip {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(octets).for_each(|(place, octet)| *place = octet);
        bytes
    };
    let mut identity = [0; 36];
    let bytes = peer.port().to_be_bytes().into_iter().chain(own.port().to_be_bytes());
    let bytes = bytes.chain(address(peer.ip())).chain(address(own.ip()));
    identity.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
    identity
}

fn answer(message: &[u8], peer: SocketAddr, own: SocketAddr) -> io::Result<u32> {
    let invalid = || io::Error::from(io::ErrorKind::InvalidData);
    let kind = message.get(4..6).and_then(|kind| kind.try_into().ok()).map(u16::from_ne_bytes);
    let body = message.get(HEADER..).ok_or_else(invalid)?;
    let number = |at: usize| body.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes);
    match kind {
        Some(BY_FAMILY) => {
            let (uid, inode) = (number(UID).ok_or_else(invalid)?, number(UID + 4).ok_or_else(invalid)?);
            let is_it = is_same(body, peer, own) && body.get(1) == Some(&ESTABLISHED) && inode != 0;
            if is_it { Ok(uid) } else { Err(io::ErrorKind::NotConnected.into()) }
        }
        Some(ERROR) => {
            let code = number(0).ok_or_else(invalid)?.cast_signed();
            Err(io::Error::from_raw_os_error(code.checked_neg().unwrap_or(0)))
        }
        _ => Err(invalid()),
    }
}

/// Whether the answer is about the connection that was asked for. An IPv6 socket with an IPv4 connection is told with
/// mapped addresses.
fn is_same(body: &[u8], peer: SocketAddr, own: SocketAddr) -> bool {
    let mapped = |address: SocketAddr| match address.ip() {
        IpAddr::V4(ip) => SocketAddr::new(ip.to_ipv6_mapped().into(), address.port()),
        IpAddr::V6(_) => address,
    };
    let Some(named) = body.get(PORTS..PORTS + 36) else { return false };
    match body.first() {
        Some(&INET) => peer.is_ipv4() && named == identity(peer, own),
        Some(&INET6) => named == identity(mapped(peer), mapped(own)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    fn connected(door: &str, way: &str) -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind(door).unwrap();
        let port = listener.local_addr().unwrap().port();
        let theirs = TcpStream::connect((way, port)).unwrap();
        (listener.accept().unwrap().0, theirs)
    }

    fn uid(ours: &TcpStream) -> io::Result<u32> {
        uid_of(ours.peer_addr().unwrap(), ours.local_addr().unwrap())
    }

    #[test]
    fn the_kernel_names_the_user_at_the_other_end() {
        let own = rustix::process::geteuid().as_raw();
        // An IPv6 socket with an IPv4 connection is among them: `::ffff:127.0.0.1`.
        for (door, way) in [("127.0.0.1:0", "127.0.0.1"), ("[::1]:0", "::1"), ("127.0.0.1:0", "::ffff:127.0.0.1")] {
            let (ours, _theirs) = connected(door, way);
            assert_eq!(uid(&ours).unwrap(), own, "{door} {way}");
        }
    }

    /// A closed socket has no owner, and the kernel says 0: everybody who hangs up would be root.
    #[test]
    fn whoever_has_hung_up_is_nobody() {
        let (ours, theirs) = connected("127.0.0.1:0", "127.0.0.1");
        drop(theirs);
        assert!(uid(&ours).is_err());
    }

    /// Where there is no such connection the kernel tells of a socket that listens on the port.
    #[test]
    fn a_listener_on_the_port_is_not_taken_for_the_peer() {
        let squatter = TcpListener::bind("127.0.0.1:0").unwrap();
        let nobody = squatter.local_addr().unwrap();
        assert!(uid_of(nobody, "127.0.0.1:9".parse().unwrap()).is_err());
    }

    #[test]
    fn nonsense_from_netlink_is_an_error() {
        let (peer, own) = ("127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap());
        let mut headless = vec![0; 120];
        headless[4..6].copy_from_slice(&BY_FAMILY.to_ne_bytes());
        for message in [&[][..], &[0; 15], &[0xff; 64], &[0; 88], &headless, &headless[..40]] {
            assert!(answer(message, peer, own).is_err(), "{message:?}");
        }
    }
}
