//! Whose a TCP socket of this machine is, by the kernel's tables (proc_net_tcp(5)). Another person who is logged in here can
//! reach the server over the loopback too, and must not make prompts appear on somebody else's desktop.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// The states that count, as the table writes them.
const ESTABLISHED: &str = "01";
const LISTEN: &str = "0A";

/// The kernel's tables.
#[derive(Debug, Clone)]
pub(crate) struct Tables {
    folder: PathBuf,
}

impl Tables {
    pub(crate) fn of_this_machine() -> Self {
        Self { folder: "/proc/net".into() }
    }

    /// The user of the socket at `from` that is connected to `to`.
    pub(crate) fn connected(&self, from: SocketAddr, to: SocketAddr) -> Option<u32> {
        self.find(|row| row.state == ESTABLISHED && same(row.local, from) && same(row.remote, to))
    }

    /// The user of the socket that listens there.
    pub(crate) fn listening(&self, at: SocketAddr) -> Option<u32> {
        self.find(|row| row.state == LISTEN && same(row.local, at))
    }

    fn find(&self, fits: impl Fn(&Row<'_>) -> bool) -> Option<u32> {
        ["tcp", "tcp6"].iter().find_map(|name| {
            let table = read(&self.folder.join(name))?;
            table.lines().filter_map(Row::parse).find(&fits).map(|row| row.uid)
        })
    }
}

fn read(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// An IPv4 address in an IPv6 socket is the IPv4 address.
fn same(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() == other.port() && one.ip().to_canonical() == other.ip().to_canonical()
}

/// One socket.
struct Row<'t> {
    local: SocketAddr,
    remote: SocketAddr,
    state: &'t str,
    uid: u32,
}

impl<'t> Row<'t> {
    /// `sl local remote st queues timer retransmits uid …`; `None` for the heading.
    fn parse(line: &'t str) -> Option<Self> {
        let mut columns = line.split_ascii_whitespace().skip(1);
        let local = address(columns.next()?)?;
        let remote = address(columns.next()?)?;
        let state = columns.next()?;
        let uid = columns.nth(3)?.parse().ok()?;
        Some(Self { local, remote, state, uid })
    }
}

/// `0100007F:1F90`: words of 32 bits in the machine's order, then the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |place: usize| Some(u32::from_str_radix(ip.get(place * 8..place * 8 + 8)?, 16).ok()?.to_ne_bytes());
    let ip: IpAddr = match ip.len() {
        8 => Ipv4Addr::from(word(0)?).into(),
        32 => {
            let mut bytes = [0; 16];
            for (place, four) in bytes.chunks_exact_mut(4).enumerate() {
                four.copy_from_slice(&word(place)?);
            }
            Ipv6Addr::from(bytes).into()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    /// As a little-endian kernel writes them (6.1): a server on 127.0.0.1:8080 of user 998, a listener of user 1000 on
    /// 127.0.0.1:9362, browsers of users 1000 and 1001.
    const TCP: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000   998        0 20000 1 0000000000000000 100 0 0 10 0
   1: 0100007F:2492 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 20001 1 0000000000000000 100 0 0 10 0
   2: 0100007F:C000 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 20002 1 0000000000000000 20 4 30 10 -1
   3: 0100007F:1F90 0100007F:C000 01 00000000:00000000 00:00000000 00000000   998        0 20003 1 0000000000000000 20 4 30 10 -1
   4: 0100007F:C001 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 20004 1 0000000000000000 20 4 30 10 -1
";
    const TCP6: &str = "\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:2492 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 30000 1 0000000000000000 100 0 0 10 0
   1: 0000000000000000FFFF00000100007F:C002 0000000000000000FFFF00000100007F:1F90 01 00000000:00000000 00:00000000 00000000  1002        0 30001 1 0000000000000000 20 4 30 10 -1
";

    #[test]
    #[cfg(target_endian = "little")]
    fn each_socket_has_its_user() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("tcp"), TCP).unwrap();
        fs::write(folder.path().join("tcp6"), TCP6).unwrap();
        let tables = Tables { folder: folder.path().into() };
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        let server = at("127.0.0.1:8080");
        for (from, uid) in [
            ("127.0.0.1:49152", Some(1000)),
            ("127.0.0.1:49153", Some(1001)),
            ("127.0.0.1:49154", Some(1002)),
            ("127.0.0.1:49155", None),
            ("127.0.0.2:49152", None),
        ] {
            assert_eq!(tables.connected(at(from), server), uid, "{from}");
        }
        for (listener, uid) in [
            ("127.0.0.1:8080", Some(998)),
            ("127.0.0.1:9362", Some(1000)),
            ("[::1]:9362", Some(1000)),
            ("[::1]:80", None),
        ] {
            assert_eq!(tables.listening(at(listener)), uid, "{listener}");
        }
    }

    #[test]
    fn a_real_kernel_says_so_of_real_sockets() {
        let own = Some(rustix::process::geteuid().as_raw());
        for at in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(at) else { continue };
            let to = listener.local_addr().unwrap();
            let browser = TcpStream::connect(to).unwrap();
            let (_server, from) = listener.accept().unwrap();
            assert_eq!(browser.local_addr().unwrap(), from);
            let tables = Tables::of_this_machine();
            assert_eq!((tables.connected(from, to), tables.listening(to)), (own, own));
            drop(listener);
            assert_eq!(tables.listening(to), None);
        }
    }

    #[test]
    fn nonsense_is_nobodys() {
        for line in [
            "",
            "x",
            "0: zz:1 00000000:0000 0A",
            "0: 0100007F:1F90 00000000:0000 0A a b c d",
            "0: 0100007:1F90 0:0 0A 0 0 0 1",
        ] {
            assert!(Row::parse(line).is_none(), "{line}");
        }
    }
}
