//! A key behind a unix socket: fob-softkey, or anything that speaks 64-byte reports.
//!
//! `SOCK_SEQPACKET` keeps the borders of reports; on `SOCK_STREAM` every 64 bytes are one.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;

use fob_ambient::Millis;
use fob_ctap::hid::REPORT;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType};

use crate::{LONGEST_WAIT, Link, LinkError, Report};

/// Longest that a full socket may hold up a report, in milliseconds. A key reads what it is sent at once.
const SEND_LIMIT: Millis = Millis(1_000);

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
    /// Connects to a `SOCK_SEQPACKET` socket.
    ///
    /// # Errors
    /// What the system says, such as that nobody listens.
    pub fn connect(path: &Path) -> io::Result<Self> {
        let kind = SocketType::SEQPACKET;
        let socket = rustix::net::socket_with(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None)?;
        rustix::net::connect(&socket, &SocketAddrUnix::new(path)?)?;
        Ok(Self::seqpacket(socket))
    }

    /// Connects to a `SOCK_STREAM` socket.
    ///
    /// # Errors
    /// What the system says, such as that nobody listens.
    pub fn connect_stream(path: &Path) -> io::Result<Self> {
        Ok(Self::stream(UnixStream::connect(path)?.into()))
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

fn failed(error: Errno) -> LinkError {
    match error {
        Errno::PIPE | Errno::CONNRESET | Errno::NOTCONN => LinkError::Closed,
        error => LinkError::Io(error.into()),
    }
}

#[cfg(test)]
mod tests;
