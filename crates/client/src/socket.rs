//! A key behind a unix socket: fob-softkey, or anything that speaks 64-byte reports.
//!
//! `SOCK_SEQPACKET` keeps the borders of reports; on `SOCK_STREAM` every 64 bytes are one.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use fob_ambient::{Clock, Millis};
use fob_ctap::hid::REPORT;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType};

use crate::{LONGEST_WAIT, Link, LinkError, Report, Watch};

/// Longest that a full socket may hold up a report, in milliseconds. A key reads what it is sent at once.
const SEND_LIMIT: Millis = Millis(1_000);

/// Pause before a key that takes no connection is tried again, in milliseconds: so soon a cancel is noticed.
const PAUSE: Millis = Millis(50);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Somebody listens and takes no more connections, until the deadline.
    #[error("the key takes no connection")]
    Full,
    /// The caller's [`CancelToken`](crate::CancelToken) ended the waiting.
    #[error("the request was cancelled")]
    Cancelled,
    /// What the system says, such as that nobody listens.
    #[error("the key's socket cannot be reached")]
    Failed(#[from] io::Error),
}

/// A connected socket.
#[derive(Debug)]
pub struct SocketLink {
    socket: OwnedFd,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Packets,
    /// The bytes of a report that has not come to its end.
    Stream {
        begun: Vec<u8>,
    },
}

impl SocketLink {
    /// Connects to a `SOCK_SEQPACKET` socket. While its listener has a full queue and takes nobody from it, tries again
    /// until the watch's deadline: a connect(2) that waits would wait for ever. `pause` lets that much time pass, for
    /// which `std::thread::sleep` will do.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub fn connect(
        path: &Path,
        clock: &dyn Clock,
        pause: &mut dyn FnMut(Millis),
        watch: &Watch<'_>,
    ) -> Result<Self, ConnectError> {
        Ok(Self::seqpacket(connected(SocketType::SEQPACKET, path, clock, pause, watch)?))
    }

    /// The same for a `SOCK_STREAM` socket.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub fn connect_stream(
        path: &Path,
        clock: &dyn Clock,
        pause: &mut dyn FnMut(Millis),
        watch: &Watch<'_>,
    ) -> Result<Self, ConnectError> {
        Ok(Self::stream(connected(SocketType::STREAM, path, clock, pause, watch)?))
    }

    /// A `SOCK_SEQPACKET` socket that is connected already.
    #[must_use]
    pub const fn seqpacket(socket: OwnedFd) -> Self {
        Self { socket, kind: Kind::Packets }
    }

    /// A `SOCK_STREAM` socket that is connected already.
    #[must_use]
    pub const fn stream(socket: OwnedFd) -> Self {
        Self { socket, kind: Kind::Stream { begun: Vec::new() } }
    }

    /// The socket, to ask the kernel who listens at the other end.
    #[must_use]
    pub fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Waits until the socket is ready; false if it is not after `wait`, or a signal came.
    fn ready(&self, flags: PollFlags, wait: Millis) -> Result<bool, LinkError> {
        let mut fds = [PollFd::new(&self.socket, flags)];
        let wait = Timespec::try_from(wait.duration()).map_err(|_| failed(Errno::INVAL))?;
        match poll(&mut fds, Some(&wait)) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::INTR) => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    /// Reads what is there, into at most the whole of `bytes`; none if that is nothing after all.
    fn read(&self, bytes: &mut [u8]) -> Result<Option<usize>, LinkError> {
        // TRUNC tells the true length of a packet that is too long.
        let flags = match &self.kind {
            Kind::Packets => RecvFlags::DONTWAIT | RecvFlags::TRUNC,
            Kind::Stream { .. } => RecvFlags::DONTWAIT,
        };
        match rustix::net::recv(&self.socket, bytes, flags) {
            Ok((_, 0)) => Err(LinkError::Closed),
            Ok((_, length)) => Ok(Some(length)),
            Err(Errno::AGAIN | Errno::INTR) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }
}

impl Link for SocketLink {
    fn send(&mut self, report: &Report) -> Result<(), LinkError> {
        let mut rest = report.as_slice();
        while !rest.is_empty() {
            match rustix::net::send(&self.socket, rest, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
                Ok(sent) => rest = rest.get(sent..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) if self.ready(PollFlags::OUT, SEND_LIMIT)? => {}
                Err(Errno::AGAIN) => return Err(failed(Errno::TIMEDOUT)),
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(())
    }

    fn receive(&mut self, wait: Millis) -> Result<Option<Report>, LinkError> {
        if !self.ready(PollFlags::IN, wait.min(LONGEST_WAIT))? {
            return Ok(None);
        }
        let mut report = [0; REPORT];
        let begun_before = match &self.kind {
            Kind::Packets => 0,
            Kind::Stream { begun } => begun.len(),
        };
        // `begun` is always shorter than a report, so there is room for a byte at least.
        let room = report.get_mut(begun_before..).unwrap_or_default();
        let Some(length) = self.read(room)? else { return Ok(None) };
        match &mut self.kind {
            // A datagram of another length is no report.
            Kind::Packets => Ok((length == REPORT).then_some(report)),
            Kind::Stream { begun } => {
                let came = room.get(..length).unwrap_or(room);
                begun.extend_from_slice(came);
                let Ok(whole) = Report::try_from(begun.as_slice()) else { return Ok(None) };
                begun.clear();
                Ok(Some(whole))
            }
        }
    }
}

fn connected(
    kind: SocketType,
    path: &Path,
    clock: &dyn Clock,
    pause: &mut dyn FnMut(Millis),
    watch: &Watch<'_>,
) -> Result<OwnedFd, ConnectError> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, kind, flags, None).map_err(io::Error::from)?;
    let address = SocketAddrUnix::new(path).map_err(io::Error::from)?;
    loop {
        if watch.cancel.is_cancelled() {
            return Err(ConnectError::Cancelled);
        }
        match rustix::net::connect(&socket, &address) {
            Ok(()) => return Ok(socket),
            Err(Errno::INTR) => continue,
            // unix(7): the queue of the listener is full.
            Err(Errno::AGAIN) => {}
            Err(error) => return Err(io::Error::from(error).into()),
        }
        let left = watch.deadline.since(clock.monotonic());
        if left == Millis(0) {
            return Err(ConnectError::Full);
        }
        pause(PAUSE.min(left));
    }
}

fn failed(error: Errno) -> LinkError {
    match error {
        Errno::PIPE | Errno::CONNRESET | Errno::NOTCONN => LinkError::Closed,
        error => LinkError::Io(error.into()),
    }
}

#[cfg(test)]
mod tests;
