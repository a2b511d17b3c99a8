//! Whether there is a display: not only a name for one, but something that answers.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

/// Where X servers of this machine listen (X(7)).
const X_SOCKETS: &str = "/tmp/.X11-unix/X";
/// The port of X display 0 over TCP, which ssh forwards.
const X_PORT: u16 = 6000;
/// How long a forwarded display may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether a display of Wayland or X answers.
pub(crate) fn is_there() -> bool {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let wayland =
        set("WAYLAND_DISPLAY").is_some_and(|display| wayland_answers(&display, set("XDG_RUNTIME_DIR").as_deref()));
    wayland || set("DISPLAY").is_some_and(|display| display.to_str().is_some_and(x_answers))
}

fn wayland_answers(display: &OsStr, runtime: Option<&OsStr>) -> bool {
    let path = match (Path::new(display).is_absolute(), runtime) {
        (true, _) => PathBuf::from(display),
        (false, Some(runtime)) => Path::new(runtime).join(display),
        (false, None) => return false,
    };
    SocketAddrUnix::new(&path).is_ok_and(|address| answers(&address))
}

fn x_answers(display: &str) -> bool {
    let Some((host, number)) = number_of(display) else { return false };
    match host {
        "" | "unix" => {
            let path = format!("{X_SOCKETS}{number}");
            let abstract_name = SocketAddrUnix::new_abstract_name(path.as_bytes());
            abstract_name.is_ok_and(|address| answers(&address))
                || SocketAddrUnix::new(&path).is_ok_and(|address| answers(&address))
        }
        "localhost" | "127.0.0.1" => {
            let Some(port) = X_PORT.checked_add(number) else { return false };
            TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), PATIENCE).is_ok()
        }
        // A display over the network, in the clear: no place to type a passphrase.
        _ => false,
    }
}

/// Host and number of `HOST:NUMBER.SCREEN`.
fn number_of(display: &str) -> Option<(&str, u16)> {
    let (host, rest) = display.rsplit_once(':')?;
    let number = rest.split_once('.').map_or(rest, |(number, _)| number);
    Some((host, number.parse().ok()?))
}

/// Whether somebody listens. Never blocks: a server that is too busy to accept is there too.
fn answers(address: &SocketAddrUnix) -> bool {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let Ok(socket) = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None) else { return false };
    matches!(connect(&socket, address), Ok(()) | Err(Errno::AGAIN))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_display_has_a_number() {
        for (display, expected) in [
            (":0", Some(("", 0))),
            (":1.0", Some(("", 1))),
            ("unix:2", Some(("unix", 2))),
            ("localhost:10.0", Some(("localhost", 10))),
            ("far.example:0", Some(("far.example", 0))),
            ("", None),
            (":", None),
            (":x", None),
            (":99999999", None),
        ] {
            assert_eq!(number_of(display), expected, "{display}");
        }
        assert!(!x_answers("far.example:0") && !x_answers("localhost:65535"));
    }

    #[test]
    fn a_name_without_a_server_is_no_screen() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = Some(folder.path().as_os_str());
        let display = OsStr::new("wayland-7");
        assert!(!wayland_answers(display, runtime));
        let listener = UnixListener::bind(folder.path().join(display)).unwrap();
        assert!(wayland_answers(display, runtime) && wayland_answers(folder.path().join(display).as_os_str(), None));
        assert!(!wayland_answers(display, None));
        drop(listener);
        assert!(!wayland_answers(display, runtime), "a socket that nobody listens at");
    }
}
