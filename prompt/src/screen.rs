//! Whether there is a display that may be drawn on: not only a name for one, but something that answers there and is this
//! user's or root's.
//!
//! A name outlives what it names: the user's service manager still knows `:0` after a logout and `localhost:10` after
//! `ssh -X`, and whoever listens there by then gets the question, and a passphrase with it. So the kernel is asked who
//! listens (`SO_PEERCRED`). Over TCP it does not say; a display with the name of a host is none, ssh's own with the rest.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout, socket_peercred};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

/// Where X servers of this machine listen (X(7)): as a file, and by the same name without one (unix(7), "abstract").
const X_SOCKETS: &str = "/tmp/.X11-unix/X";
const WAYLAND: &str = "WAYLAND_DISPLAY";
const X11: &str = "DISPLAY";
const ROOT: u32 = 0;
/// How long a server that is busy may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The displays that may be drawn on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Screen {
    wayland: bool,
    x11: bool,
}

/// Who listens at a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listener {
    Nobody,
    /// This user or root.
    Trusted,
    /// Somebody else, or nobody can tell who.
    Stranger,
}

impl Screen {
    /// Looks.
    pub(crate) fn look() -> Self {
        let set = |name: &str| std::env::var_os(name);
        Self::seen(&set, X_SOCKETS, &[ROOT, rustix::process::geteuid().as_raw()])
    }

    fn seen(set: &dyn Fn(&str) -> Option<OsString>, x_sockets: &str, trusted: &[u32]) -> Self {
        let set = |name| set(name).filter(|value| !value.is_empty());
        let runtime = set("XDG_RUNTIME_DIR");
        let x11 = |display: OsString| display.to_str().is_some_and(|display| x11(display, x_sockets, trusted));
        Self {
            wayland: set(WAYLAND).is_some_and(|display| wayland(&display, runtime.as_deref(), trusted)),
            x11: set(X11).is_some_and(x11),
        }
    }

    /// Whether there is one at all.
    pub(crate) const fn is_there(self) -> bool {
        self.wayland || self.x11
    }

    /// Keeps the names of all others from a program.
    pub(crate) fn lead(self, command: &mut Command) {
        if !self.wayland {
            // Not taken away: without it `wayland-0` would be tried (wl_display_connect(3)).
            command.env(WAYLAND, "");
        }
        if !self.x11 {
            command.env_remove(X11);
        }
    }
}

fn wayland(display: &OsStr, runtime: Option<&OsStr>, trusted: &[u32]) -> bool {
    let path = match (Path::new(display).is_absolute(), runtime) {
        (true, _) => PathBuf::from(display),
        (false, Some(runtime)) => Path::new(runtime).join(display),
        (false, None) => return false,
    };
    SocketAddrUnix::new(&path).is_ok_and(|address| listener(&address, trusted) == Listener::Trusted)
}

fn x11(display: &str, sockets: &str, trusted: &[u32]) -> bool {
    let Some(number) = number_of(display) else { return false };
    let path = format!("{sockets}{number}");
    let (Ok(file), Ok(name)) = (SocketAddrUnix::new(&path), SocketAddrUnix::new_abstract_name(path.as_bytes())) else {
        return false;
    };
    is_ours(listener(&file, trusted), listener(&name, trusted))
}

/// Which of the two a library tries first depends on its version, and one that finds neither goes on to TCP. So the file,
/// which all of them know, must be there, and the name must not be a stranger's.
const fn is_ours(file: Listener, name: Listener) -> bool {
    matches!((file, name), (Listener::Trusted, Listener::Trusted | Listener::Nobody))
}

/// The number of a display of this machine, `:NUMBER.SCREEN` or `unix:NUMBER.SCREEN`; none for one with a host.
fn number_of(display: &str) -> Option<u16> {
    let rest = display.strip_prefix("unix").unwrap_or(display).strip_prefix(':')?;
    let number = rest.split_once('.').map_or(rest, |(number, _)| number);
    number.parse().ok()
}

/// Who listens there: who it was when it began to listen.
fn listener(address: &SocketAddrUnix, trusted: &[u32]) -> Listener {
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None);
    let Ok(socket) = socket else { return Listener::Stranger };
    // Bounds how long connect(2) waits where too many wait already (socket(7)).
    if set_socket_timeout(&socket, Timeout::Send, Some(PATIENCE)).is_err() {
        return Listener::Stranger;
    }
    match connect(&socket, address) {
        Ok(()) => match socket_peercred(&socket) {
            Ok(peer) if trusted.contains(&peer.uid.as_raw()) => Listener::Trusted,
            _ => Listener::Stranger,
        },
        Err(Errno::NOENT | Errno::CONNREFUSED) => Listener::Nobody,
        // Too busy for too long, or closed to this user.
        Err(_) => Listener::Stranger,
    }
}

#[cfg(test)]
mod tests {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixListener};
    use std::time::Instant;

    use super::*;

    fn own() -> [u32; 1] {
        [rustix::process::geteuid().as_raw()]
    }

    /// Whoever listens in these tests, this process, is a stranger to one whose only user is this one.
    fn another() -> [u32; 1] {
        own().map(|own| own + 1)
    }

    #[test]
    fn a_display_of_this_machine_has_a_number_and_no_host() {
        for (display, expected) in [
            (":0", Some(0)),
            (":1.0", Some(1)),
            ("unix:2", Some(2)),
            ("localhost:10.0", None),
            ("127.0.0.1:10", None),
            ("far.example:0", None),
            ("/tmp/elsewhere:0", None),
            ("::1:0", None),
            ("unix", None),
            ("", None),
            (":", None),
            (":x", None),
            (":99999999", None),
        ] {
            assert_eq!(number_of(display), expected, "{display}");
        }
    }

    #[test]
    fn a_name_without_a_server_is_no_screen() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = Some(folder.path().as_os_str());
        let display = OsStr::new("wayland-7");
        assert!(!wayland(display, runtime, &own()));
        let listener = UnixListener::bind(folder.path().join(display)).unwrap();
        assert!(wayland(display, runtime, &own()));
        assert!(wayland(folder.path().join(display).as_os_str(), None, &own()));
        assert!(!wayland(display, None, &own()));
        drop(listener);
        assert!(!wayland(display, runtime, &own()), "a socket that nobody listens at");
    }

    /// The user manager kept `DISPLAY=:0` of a session that was over. Another user listened there, and the next prompt for a
    /// passphrase was theirs.
    #[test]
    fn a_display_where_another_user_listens_is_no_screen() {
        let folder = tempfile::tempdir().unwrap();
        let sockets = format!("{}/X", folder.path().display());
        let _compositor = UnixListener::bind(folder.path().join("wayland-0")).unwrap();
        let _server = UnixListener::bind(format!("{sockets}0")).unwrap();
        let variables = |name: &str| match name {
            WAYLAND => Some("wayland-0".into()),
            X11 => Some(":0".into()),
            _ => Some(folder.path().into()),
        };
        let both = Screen { wayland: true, x11: true };
        assert_eq!(Screen::seen(&variables, &sockets, &own()), both);
        assert_eq!(Screen::seen(&variables, &sockets, &another()), Screen::default());
        assert!(both.is_there() && !Screen::default().is_there());
    }

    #[test]
    fn an_x_server_must_be_ours_under_both_its_names() {
        use Listener::{Nobody, Stranger, Trusted};
        for (file, name, expected) in [
            (Trusted, Trusted, true),
            (Trusted, Nobody, true),
            (Trusted, Stranger, false),
            (Nobody, Trusted, false),
            (Stranger, Trusted, false),
            (Nobody, Nobody, false),
        ] {
            assert_eq!(is_ours(file, name), expected, "{file:?} {name:?}");
        }
        let folder = tempfile::tempdir().unwrap();
        let sockets = format!("{}/X", folder.path().display());
        let name = SocketAddr::from_abstract_name(format!("{sockets}3")).unwrap();
        let _name = UnixListener::bind_addr(&name).unwrap();
        assert!(!x11(":3", &sockets, &own()), "a name without a file leads some libraries to TCP");
        let _file = UnixListener::bind(format!("{sockets}3")).unwrap();
        assert!(x11(":3", &sockets, &own()) && x11("unix:3.0", &sockets, &own()));
        assert!(!x11(":3", &sockets, &another()));
    }

    #[test]
    fn a_server_that_takes_nobody_up_holds_nothing_up() {
        let folder = tempfile::tempdir().unwrap();
        let address = SocketAddrUnix::new(folder.path().join("full")).unwrap();
        let server = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
        rustix::net::bind(&server, &address).unwrap();
        rustix::net::listen(&server, 0).unwrap();
        let start = Instant::now();
        // A queue of none has room for one, which waits for ever.
        let waiting = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
        connect(&waiting, &address).unwrap();
        assert_eq!(listener(&address, &own()), Listener::Stranger);
        assert!(start.elapsed() < 10 * PATIENCE);
    }

    #[test]
    fn a_program_is_led_to_no_display_that_was_not_seen() {
        let led = |screen: Screen| {
            let mut command = Command::new("true");
            screen.lead(&mut command);
            command.get_envs().map(|(name, value)| (name.into(), value.map(Into::into))).collect::<Vec<_>>()
        };
        let (no_wayland, no_x11): ((OsString, Option<OsString>), _) =
            ((WAYLAND.into(), Some(OsString::new())), (X11.into(), None));
        assert_eq!(led(Screen { wayland: true, x11: true }), []);
        assert_eq!(led(Screen { wayland: true, x11: false }), std::slice::from_ref(&no_x11));
        assert_eq!(led(Screen { wayland: false, x11: true }), std::slice::from_ref(&no_wayland));
        assert_eq!(led(Screen::default()), [no_x11, no_wayland]);
    }
}
