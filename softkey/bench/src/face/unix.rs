//! A unix socket that several programs can open at once, as they open one hidraw node: each report of the key goes to
//! all of them, and whoever does not read in time loses reports.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use fob_ctap::hid::{REPORT, Report};
use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType, accept_with, bind, connect, listen,
    recv, send, socket_with,
};

use super::TURN;

/// Most programs that may have the key open.
const MOST_CONNECTIONS: usize = 64;

/// Reports kept for a program that does not read: two messages of the greatest length.
const MOST_WAITING: usize = 2 * 129;

/// How reports are told apart on the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// SOCK_SEQPACKET: by the datagram.
    Packets,
    /// SOCK_STREAM: by counting to 64.
    Stream,
}

/// A listening socket with its connections.
#[derive(Debug)]
pub(crate) struct UnixFace {
    wire: Wire,
    path: PathBuf,
    /// Device and inode of the socket file, so that only ours is removed.
    file: Option<(u64, u64)>,
    listener: OwnedFd,
    connections: Vec<Connection>,
}

impl UnixFace {
    /// Listens at `path`. A socket that a dead process left there is replaced.
    pub(crate) fn bind(path: &Path, wire: Wire) -> anyhow::Result<Self> {
        let place = || format!("cannot listen on {}", path.display());
        let address = SocketAddrUnix::new(path).map_err(io::Error::from).with_context(place)?;
        make_room(path, &address, wire)?;
        let listener = new_socket(wire).with_context(place)?;
        bind(&listener, &address).map_err(io::Error::from).with_context(place)?;
        listen(&listener, 16).map_err(io::Error::from).with_context(place)?;
        let file = identity(path);
        Ok(Self { wire, path: path.to_owned(), file, listener, connections: Vec::new() })
    }

    pub(super) fn interests(&self) -> Vec<PollFd<'_>> {
        let full = self.connections.len() >= MOST_CONNECTIONS;
        let listener = PollFd::new(&self.listener, if full { PollFlags::empty() } else { PollFlags::IN });
        std::iter::once(listener).chain(self.connections.iter().map(Connection::interest)).collect()
    }

    pub(super) fn receive(&mut self, events: &[PollFlags]) -> Vec<Report> {
        let mut reports = Vec::new();
        let (listener, connections) = events.split_first().unwrap_or((&PollFlags::IN, &[]));
        for (connection, events) in self.connections.iter_mut().zip(connections) {
            if events.intersects(PollFlags::OUT) {
                connection.flush();
            }
            if events.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR) {
                connection.receive(&mut reports);
            }
        }
        self.connections.retain(|connection| !connection.gone);
        if listener.contains(PollFlags::IN) {
            self.accept();
        }
        reports
    }

    fn accept(&mut self) {
        match accept_with(&self.listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK) {
            Ok(socket) => {
                tracing::debug!(others = self.connections.len(), "opened");
                self.connections.push(Connection::new(socket, self.wire));
            }
            Err(error) => tracing::debug!(%error, "not opened"),
        }
    }

    pub(super) fn send(&mut self, report: &[u8]) {
        self.connections.iter_mut().for_each(|connection| connection.send(report));
    }
}

impl Drop for UnixFace {
    fn drop(&mut self) {
        if self.file.is_some() && identity(&self.path) == self.file {
            // Gone already is as good.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// One program that has the key open.
#[derive(Debug)]
struct Connection {
    socket: OwnedFd,
    wire: Wire,
    /// The beginning of a report, on a stream.
    incoming: Vec<u8>,
    outgoing: VecDeque<Vec<u8>>,
    /// Bytes of the first outgoing report that are sent, on a stream.
    sent: usize,
    gone: bool,
}

impl Connection {
    fn new(socket: OwnedFd, wire: Wire) -> Self {
        Self { socket, wire, incoming: Vec::new(), outgoing: VecDeque::new(), sent: 0, gone: false }
    }

    fn interest(&self) -> PollFd<'_> {
        let out = if self.outgoing.is_empty() { PollFlags::empty() } else { PollFlags::OUT };
        PollFd::new(&self.socket, PollFlags::IN | out)
    }

    fn send(&mut self, report: &[u8]) {
        if self.outgoing.len() < MOST_WAITING {
            self.outgoing.push_back(report.to_vec());
        } else {
            tracing::debug!("a report is lost: somebody does not read");
        }
        self.flush();
    }

    fn flush(&mut self) {
        while let Some(report) = self.outgoing.front() {
            let rest = report.get(self.sent..).unwrap_or_default();
            match send(&self.socket, rest, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
                Ok(length) if length < rest.len() => self.sent += length,
                Ok(_) => {
                    self.sent = 0;
                    self.outgoing.pop_front();
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                Err(_) => {
                    self.gone = true;
                    return;
                }
            }
        }
    }

    /// Takes reports in, as many as a turn allows. Whatever is left keeps the socket readable.
    fn receive(&mut self, reports: &mut Vec<Report>) {
        for _ in 0..TURN {
            let wanted = match self.wire {
                // One byte more, so that what is too long is not taken for a report.
                Wire::Packets => REPORT + 1,
                Wire::Stream => REPORT - self.incoming.len(),
            };
            let mut bytes = [0; REPORT + 1];
            let Some(buffer) = bytes.get_mut(..wanted) else { return };
            match recv(&self.socket, buffer, RecvFlags::DONTWAIT) {
                Ok((0, _)) => {
                    self.gone = true;
                    return;
                }
                Ok((length, _)) => reports.extend(self.taken(bytes.get(..length).unwrap_or_default())),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                Err(_) => {
                    self.gone = true;
                    return;
                }
            }
        }
    }

    /// The report that these bytes are, or complete.
    fn taken(&mut self, bytes: &[u8]) -> Option<Report> {
        match self.wire {
            Wire::Packets => {
                let report = bytes.try_into().ok();
                if report.is_none() {
                    tracing::debug!(length = bytes.len(), "not a report");
                }
                report
            }
            Wire::Stream => {
                self.incoming.extend_from_slice(bytes);
                let report = self.incoming.as_slice().try_into().ok()?;
                self.incoming.clear();
                Some(report)
            }
        }
    }
}

pub(crate) fn new_socket(wire: Wire) -> io::Result<OwnedFd> {
    let kind = match wire {
        Wire::Packets => SocketType::SEQPACKET,
        Wire::Stream => SocketType::STREAM,
    };
    Ok(socket_with(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None)?)
}

/// Removes a socket that nobody serves any more; refuses whatever else is in the way.
pub(crate) fn make_room(path: &Path, address: &SocketAddrUnix, wire: Wire) -> anyhow::Result<()> {
    let Ok(metadata) = fs::symlink_metadata(path) else { return Ok(()) };
    if !metadata.file_type().is_socket() {
        bail!("{} is there and is no socket", path.display());
    }
    match connect(&new_socket(wire)?, address) {
        Err(Errno::CONNREFUSED) => {
            fs::remove_file(path).with_context(|| format!("cannot remove the dead socket {}", path.display()))
        }
        Err(Errno::NOENT) => Ok(()),
        Ok(()) | Err(Errno::AGAIN | Errno::PROTOTYPE) => bail!("{} is in use by a running program", path.display()),
        Err(error) => Err(io::Error::from(error)).with_context(|| format!("cannot look at {}", path.display())),
    }
}

pub(crate) fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::symlink_metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}
