//! The sockets: those that systemd holds, or two of our own. Whatever they are, each is looked at: TCP, on an address of the
//! loopback, listening. A unit file with `ListenStream=9362` in it would let in the whole network.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::fd::OwnedFd;

use rustix::net::sockopt::{socket_acceptconn, socket_domain, socket_type};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, getsockname, listen, socket_with, sockopt};
use tokio::net::TcpListener;

use crate::passed::passed_descriptors;

/// Connections that the kernel keeps waiting.
const BACKLOG: i32 = 64;

/// Why it does not listen.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// Neither sockets nor a port.
    #[error("there is nothing to listen on: systemd passed no socket, and no --port was given")]
    Nothing,
    /// A socket of another kind.
    #[error("what systemd passed is no listening TCP socket")]
    OtherKind,
    /// A socket that others than this machine can reach.
    #[error("{0} is not on the loopback: only 127.0.0.1 and ::1 are served")]
    Open(SocketAddr),
    /// The port is taken, or there is no loopback.
    #[error("cannot listen on port {port}")]
    Bind {
        /// The port.
        port: u16,
        /// The system's answer.
        source: io::Error,
    },
    /// The system's answer.
    #[error("the sockets cannot be used")]
    Io(#[from] io::Error),
}

/// The sockets that systemd passed.
///
/// # Errors
/// [`DoorError`].
pub fn passed() -> Result<Vec<TcpListener>, DoorError> {
    let descriptors = passed_descriptors()?;
    if descriptors.is_empty() {
        return Err(DoorError::Nothing);
    }
    descriptors.into_iter().map(door).collect()
}

/// This port of 127.0.0.1, and of ::1 where there is one.
///
/// # Errors
/// [`DoorError::Bind`].
pub fn own(port: u16) -> Result<Vec<TcpListener>, DoorError> {
    let failed = |source| DoorError::Bind { port, source };
    let four = bound(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).map_err(failed)?;
    let mut doors = vec![door(four)?];
    match bound(SocketAddr::V6(SocketAddrV6::new(Ipv6Addr::LOCALHOST, port, 0, 0))) {
        Ok(six) => doors.push(door(six)?),
        // A machine without IPv6.
        Err(error) if matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported) => {}
        Err(error) => return Err(failed(error)),
    }
    Ok(doors)
}

fn bound(address: SocketAddr) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    if address.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, true)?;
    }
    // After a restart, connections of before are no reason to refuse.
    sockopt::set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &address)?;
    listen(&socket, BACKLOG)?;
    Ok(socket)
}

fn door(socket: OwnedFd) -> Result<TcpListener, DoorError> {
    let domain = socket_domain(&socket).map_err(io::Error::from)?;
    let is_inet = domain == AddressFamily::INET || domain == AddressFamily::INET6;
    let is_stream = socket_type(&socket).map_err(io::Error::from)? == SocketType::STREAM;
    if !is_inet || !is_stream || !socket_acceptconn(&socket).map_err(io::Error::from)? {
        return Err(DoorError::OtherKind);
    }
    let address = SocketAddr::try_from(getsockname(&socket).map_err(io::Error::from)?).map_err(io::Error::from)?;
    if !is_loopback(&address) {
        return Err(DoorError::Open(address));
    }
    let listener = std::net::TcpListener::from(socket);
    listener.set_nonblocking(true)?;
    Ok(TcpListener::from_std(listener)?)
}

/// The two addresses that requests may name, and no other of 127.0.0.0/8.
fn is_loopback(address: &SocketAddr) -> bool {
    match address {
        SocketAddr::V4(address) => *address.ip() == Ipv4Addr::LOCALHOST,
        SocketAddr::V6(address) => *address.ip() == Ipv6Addr::LOCALHOST,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    fn listening(address: &str) -> OwnedFd {
        bound(address.parse().unwrap()).unwrap()
    }

    #[tokio::test]
    async fn only_the_two_addresses_of_the_loopback_are_doors() {
        assert!(door(listening("127.0.0.1:0")).is_ok());
        // Of this machine alone too, but no request may name it. 0.0.0.0 and :: are bound for no longer than this test.
        for address in ["127.0.0.2:0", "0.0.0.0:0", "[::]:0"] {
            match door(listening(address)) {
                Err(DoorError::Open(found)) => assert_eq!(found.ip(), address.parse::<SocketAddr>().unwrap().ip()),
                other => panic!("{address}: {other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn another_kind_of_socket_is_no_door() {
        let folder = std::env::temp_dir().join(format!("fob-doors-{}", std::process::id()));
        let unix = UnixListener::bind(&folder).unwrap();
        assert!(matches!(door(unix.into()), Err(DoorError::OtherKind)));
        std::fs::remove_file(folder).unwrap();
        let deaf = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
        assert!(matches!(door(deaf), Err(DoorError::OtherKind)));
        let datagrams = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        assert!(matches!(door(datagrams.into()), Err(DoorError::OtherKind)));
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_said() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        assert!(matches!(own(port), Err(DoorError::Bind { port: named, .. }) if named == port));
    }
}
