//! A software key that runs as a program behind a unix socket, and a conversation with it.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use fob_ambient::{Millis, SystemClock, SystemRng};
use fob_client::socket::SocketLink;
use fob_client::{CancelToken, Limits, Session, Surroundings, Watch};
use fob_tests::program::built;

use crate::peers;
use crate::process::resident_kib;

/// Between two tries to connect.
const POLL: Duration = Duration::from_micros(200);
/// Far beyond what any key needs to come up.
const START_LIMIT: Duration = Duration::from_secs(10);
/// Far beyond what any request needs.
const REQUEST_LIMIT: Millis = Millis(10_000);

/// The program. Dropped, it is gone.
#[derive(Debug)]
pub(super) struct Running(Child);

/// A conversation with it.
pub(super) struct Conversation(Session);

impl Running {
    /// Starts fob-softkey on this socket, touched at once; also gives the time to its first answer, that to getInfo.
    pub(super) fn ours(socket: &Path, memory: &Memory<'_>) -> anyhow::Result<(Self, Conversation, Duration)> {
        let mut command = Command::new(built("fob-softkey")?);
        command.arg("--stream").arg(socket).args(["--touch", "allow"]);
        match memory {
            Memory::Ram => command.arg("--ram"),
            Memory::State(file) => command.arg("--state").arg(file),
        };
        Self::start(&mut command, socket)
    }

    /// The same with soft-fido2, which keeps everything in memory.
    pub(super) fn soft_fido2(socket: &Path) -> anyhow::Result<(Self, Conversation, Duration)> {
        Self::start(Command::new(peers::built(peers::SOFT_FIDO2)?).arg(socket), socket)
    }

    fn start(command: &mut Command, socket: &Path) -> anyhow::Result<(Self, Conversation, Duration)> {
        let begun = Instant::now();
        let running = Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
        // The name of the socket is there a moment before somebody listens.
        let socket = loop {
            match UnixStream::connect(socket) {
                Ok(stream) => break stream,
                Err(_) if begun.elapsed() < START_LIMIT => std::thread::park_timeout(POLL),
                Err(error) => return Err(error).with_context(|| format!("{command:?} does not come up")),
            }
        };
        let link = SocketLink::stream(socket.into());
        let around = Surroundings { clock: Arc::new(SystemClock::new()), rng: Box::new(SystemRng::new()) };
        let session = Session::open(Box::new(link), around, Limits::default(), &CancelToken::new())?;
        Ok((running, Conversation(session), begun.elapsed()))
    }

    /// Memory that it holds, in KiB.
    pub(super) fn resident_kib(&self) -> anyhow::Result<u64> {
        resident_kib(self.0.id())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where fob-softkey keeps what it knows.
#[derive(Debug, Clone, Copy)]
pub(super) enum Memory<'a> {
    Ram,
    State(&'a Path),
}

impl Conversation {
    /// One command and its reply.
    pub(super) fn call<C: fob_ctap::Command>(&mut self, command: &C) -> anyhow::Result<C::Reply> {
        let cancel = CancelToken::new();
        let deadline = self.0.deadline_in(REQUEST_LIMIT);
        Ok(self.0.call(command, &mut Watch::new(deadline, &cancel, &mut |_| {}))?)
    }
}
