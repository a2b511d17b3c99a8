//! Who listens on the socket: before a secret goes there, it must be fobd.
//!
//! The kernel says which process made the listening socket (SO_PEERCRED). It must be of the same user, and run a
//! program `fobd` that is root's or lies beside the caller's own program; or systemd, which holds the socket of
//! `fobd.socket` and starts fobd on it. This tells an honest mistake or a squatter on a stale path from fobd; a program
//! of the same user that copies itself beside fob is beyond what it can stop (THREAT_MODEL.md).
//!
//! A daemon with secrets in memory is not dumpable, and the kernel then hides its program from everybody but root. A
//! passphrase is asked for while there are none, so for that the program must be seen ([`Check::Passphrase`]); for all
//! else a hidden program that calls itself fobd will do ([`Check::Call`]).

use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::net::sockopt::socket_peercred;

/// How closely to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// A passphrase or recovery code will follow: the program must be seen.
    Passphrase,
    /// Anything else.
    Call,
}

/// Why the peer is not taken for fobd.
#[derive(Debug, thiserror::Error)]
pub enum NotFobd {
    /// Another user's process listens.
    #[error("a process of another user (uid {0}) listens there")]
    OtherUser(u32),
    /// Its program could not be seen.
    #[error("the program that listens there cannot be seen")]
    Unseen(#[source] io::Error),
    /// Its program is not fobd.
    #[error("{} listens there", .0.display())]
    OtherProgram(PathBuf),
}

/// How often, and after which pauses, a hidden program is looked at again: a PIN in flight hides it for a moment.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// Makes sure that fobd listens at the other end.
///
/// # Errors
/// [`NotFobd`].
pub fn is_fobd(socket: impl AsFd, check: Check) -> Result<(), NotFobd> {
    let peer = socket_peercred(socket).map_err(|error| NotFobd::Unseen(error.into()))?;
    let uid = peer.uid.as_raw();
    if uid != rustix::process::geteuid().as_raw() {
        return Err(NotFobd::OtherUser(uid));
    }
    let process = PathBuf::from(format!("/proc/{}", peer.pid.as_raw_nonzero()));
    let program = match program(&process, check) {
        Err(error) if check == Check::Call && hidden(&error) && calls_itself_fobd(&process) => return Ok(()),
        seen => seen.map_err(NotFobd::Unseen)?,
    };
    let own = std::env::current_exe().map_err(NotFobd::Unseen)?;
    let beside = program.parent() == own.parent();
    let trusted = match program.file_name().and_then(|name| name.to_str()).unwrap_or_default() {
        "fobd" => beside || is_roots(&program),
        // What runs after an upgrade in place.
        "fobd (deleted)" => beside,
        "systemd" => is_roots(&program),
        _ => false,
    };
    if trusted { Ok(()) } else { Err(NotFobd::OtherProgram(program)) }
}

/// The program of a process.
fn program(process: &Path, check: Check) -> io::Result<PathBuf> {
    let looks = if check == Check::Passphrase { LOOKS } else { 1 };
    for _ in 1..looks {
        match fs::read_link(process.join("exe")) {
            Err(error) if hidden(&error) => thread::sleep(PAUSE),
            seen => return seen,
        }
    }
    fs::read_link(process.join("exe"))
}

fn hidden(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}

fn calls_itself_fobd(process: &Path) -> bool {
    fs::read(process.join("comm")).is_ok_and(|name| name == b"fobd\n")
}

/// Root's file, which nobody else may write.
fn is_roots(program: &Path) -> bool {
    fs::metadata(program).is_ok_and(|metadata| metadata.uid() == 0 && metadata.mode() & 0o022 == 0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::{UnixListener, UnixStream};

    use super::*;

    #[test]
    fn a_program_of_another_name_is_not_fobd() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let _listener = UnixListener::bind(&path).unwrap();
        let stream = UnixStream::connect(&path).unwrap();
        assert!(matches!(is_fobd(&stream, Check::Call), Err(NotFobd::OtherProgram(_))));
    }
}
