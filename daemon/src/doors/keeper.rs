//! The keeper of fobd's own socket: a process that calls listen(2) on it, and then waits for its end.
//!
//! The kernel tells every caller which process called listen(2) (SO_PEERCRED), and callers look at its program before
//! they send anything (`fob_bus::peer`). fobd itself does not let itself be looked at while it holds secrets. So where
//! systemd does not hold the socket, fobd starts itself once more, afresh: that process shares no memory with it, never
//! holds a secret, and can be looked at all the time.
//!
//! The keeper gets the bound socket as its standard input, and its end of a socket pair as its standard output. It
//! lets go of the first as soon as it has called listen(2), and ends when the other end of the second is closed, which
//! the kernel sees to however fobd ends. It has no timer and never wakes.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

use fob_bus::program::Program;
use rustix::stdio::{dup2_stdin, stdin, stdout};

/// The argument by which fobd starts its keeper.
pub(crate) const ARGUMENT: &str = "--hold-socket";
/// Callers that wait to be let in. As many as other daemons have (SOMAXCONN of old).
const BACKLOG: i32 = 128;
/// How long the keeper may take to start: it reads no file and asks nobody.
const PATIENCE: Duration = Duration::from_secs(10);
/// What it says when the socket is open.
const OPEN: u8 = b'!';

/// The running keeper. Dropped, it ends.
#[derive(Debug)]
pub(super) struct Keeper {
    process: Child,
    line: UnixStream,
}

impl Keeper {
    /// Starts the keeper of a socket that is bound, and waits until callers can come.
    ///
    /// # Errors
    /// The system's; when the keeper ends before it has opened the socket, its diary says why.
    pub(super) fn start(socket: &impl AsFd) -> io::Result<Self> {
        let (line, theirs) = UnixStream::pair()?;
        // A statement of its own: what the command holds of theirs is dropped with it, so that our end of the line
        // breaks when the keeper ends. Not in the terminal's foreground group: Ctrl-C is for fobd.
        let process = Command::new("/proc/self/exe")
            .arg0("fobd")
            .arg(ARGUMENT)
            .stdin(socket.as_fd().try_clone_to_owned()?)
            .stdout(OwnedFd::from(theirs))
            .process_group(0)
            .current_dir("/")
            .spawn()?;
        let mut keeper = Self { process, line };
        keeper.line.set_read_timeout(Some(PATIENCE))?;
        let mut word = [0];
        keeper.line.read_exact(&mut word)?;
        if word != [OPEN] {
            return Err(io::ErrorKind::InvalidData.into());
        }
        keeper.line.set_read_timeout(None)?;
        keeper.line.set_nonblocking(true)?;
        Ok(keeper)
    }

    /// Ends when the keeper has: callers would not know any more who listens.
    pub(super) async fn ended(&self) {
        let watched = self.line.try_clone().and_then(tokio::net::UnixStream::from_std);
        // It says nothing more, so what comes is its end.
        let ended = match &watched {
            Ok(line) => line.readable().await,
            Err(_) => return std::future::pending().await,
        };
        if let Err(error) = ended {
            tracing::warn!(%error, "cannot watch the keeper of the socket");
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // It would end by itself, a moment later. It holds nothing that could get lost.
        let ended = self.process.kill().and_then(|()| self.process.wait());
        if let Err(error) = ended {
            tracing::debug!(%error, "the keeper of the socket was gone already");
        }
    }
}

/// The keeper itself: what this process is when fobd started it with `--hold-socket`. Returns when fobd has ended.
///
/// # Errors
/// When it was not fobd who started it, or the socket cannot be opened.
pub fn hold_socket() -> io::Result<()> {
    // For `ps`; the program itself is what callers look at. Where there is no such file the name stays "exe".
    let _ = std::fs::write("/proc/self/comm", "fobd-socket");
    if !is_fobds_child()? {
        let words = "fobd starts this for itself; it is of no use to anybody else";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, words));
    }
    rustix::net::listen(stdin(), BACKLOG)?;
    // fobd has the socket. A second holder would let callers in after its end, to wait for nobody.
    dup2_stdin(File::open("/dev/null")?)?;
    let mut line = UnixStream::from(stdout().try_clone_to_owned()?);
    line.write_all(&[OPEN])?;
    while line.read(&mut [0; 8])? > 0 {}
    Ok(())
}

/// Whether this process was started by the same program. Else anybody could have a socket opened that looks like
/// fobd's and is served by somebody else.
fn is_fobds_child() -> io::Result<bool> {
    let parent = rustix::process::getppid().ok_or(io::ErrorKind::NotFound)?;
    let parent = Program::of(&PathBuf::from(format!("/proc/{}", parent.as_raw_nonzero())))?;
    let own = Program::own()?;
    Ok((parent.runs, parent.mounts) == (own.runs, own.mounts))
}
