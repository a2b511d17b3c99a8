//! The control channel's socket: connections, lines, and how much of each is taken. What a line asks for is done
//! elsewhere.

mod connection;

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use anyhow::Context;
use fob_softkey_control::{ErrorName, Event, Failure, Reply, Request, Watch};
use rustix::event::{PollFd, PollFlags};
use rustix::fs::Mode;
use rustix::net::{SocketAddrUnix, SocketFlags, accept_with, bind, listen};
use serde_json::Value;

use connection::Connection;

use crate::face::{Wire, identity, make_room, new_socket};

/// Most connections at once. More are told so and closed.
pub(crate) const MOST_CONNECTIONS: usize = 32;

/// Most that are taken in before keys get their turn.
const TURN: usize = 64;

/// Which connection: never the number of another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConnectionId(u64);

/// A request, or what to reply to a line that was none.
pub(crate) type Heard = (ConnectionId, Result<Request, Reply>);

/// The listening socket with its connections.
#[derive(Debug)]
pub(crate) struct Control {
    path: PathBuf,
    /// Device and inode of the socket file, so that only ours is removed.
    file: Option<(u64, u64)>,
    listener: OwnedFd,
    connections: Vec<(ConnectionId, Connection)>,
    last: u64,
}

impl Control {
    /// Listens at `path`, for this user only.
    pub(crate) fn bind(path: &Path) -> anyhow::Result<Self> {
        let place = || format!("cannot listen on {}", path.display());
        let address = SocketAddrUnix::new(path).map_err(io::Error::from).with_context(place)?;
        make_room(path, &address, Wire::Stream)?;
        let listener = new_socket(Wire::Stream).with_context(place)?;
        // Before anybody can connect: a socket file is made with the mode of its descriptor.
        rustix::fs::fchmod(&listener, Mode::RUSR | Mode::WUSR).map_err(io::Error::from).with_context(place)?;
        bind(&listener, &address).map_err(io::Error::from).with_context(place)?;
        listen(&listener, 16).map_err(io::Error::from).with_context(place)?;
        let file = identity(path);
        Ok(Self { path: path.to_owned(), file, listener, connections: Vec::new(), last: 0 })
    }

    /// What to wait for. The order is that of the events that [`Control::receive`] wants.
    pub(crate) fn interests(&self) -> Vec<PollFd<'_>> {
        let listener = PollFd::new(&self.listener, PollFlags::IN);
        std::iter::once(listener).chain(self.connections.iter().map(|(_, one)| one.interest())).collect()
    }

    /// What has been asked.
    pub(crate) fn receive(&mut self, events: &[PollFlags]) -> Vec<Heard> {
        let (listener, connections) = events.split_first().unwrap_or((&PollFlags::IN, &[]));
        let mut heard = Vec::new();
        for ((id, connection), events) in self.connections.iter_mut().zip(connections) {
            if events.intersects(PollFlags::OUT) {
                connection.flush();
            }
            if events.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR) {
                heard.extend(connection.receive().into_iter().map(|line| (*id, line)));
            }
        }
        self.connections.retain(|(_, connection)| !connection.is_over());
        if listener.contains(PollFlags::IN) {
            (0..TURN).take_while(|_| self.accept()).count();
        }
        heard
    }

    /// Whether there was somebody.
    fn accept(&mut self) -> bool {
        let Ok(socket) = accept_with(&self.listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK) else {
            return false;
        };
        let mut connection = Connection::new(socket);
        if self.connections.len() >= MOST_CONNECTIONS {
            let failure = Failure::new(ErrorName::NotNow, "too many programs have the control channel open");
            connection.say(&Reply { id: Value::Null, outcome: Err(failure) }.to_line());
            return true;
        }
        self.last += 1;
        self.connections.push((ConnectionId(self.last), connection));
        true
    }

    /// Sets what a connection hears of.
    pub(crate) fn watch(&mut self, id: ConnectionId, what: Vec<Watch>) {
        if let Some(connection) = self.find(id) {
            connection.watch(what);
        }
    }

    /// Whether anybody watches this.
    pub(crate) fn is_watched(&self, what: Watch) -> bool {
        self.connections.iter().any(|(_, connection)| connection.watches(what))
    }

    /// Tells everybody who watches this.
    pub(crate) fn tell(&mut self, what: Watch, event: &Event) {
        if self.is_watched(what) {
            let line = event.to_line();
            let watching = self.connections.iter_mut().filter(|(_, connection)| connection.watches(what));
            watching.for_each(|(_, connection)| connection.say(&line));
        }
    }

    /// Tells one connection something.
    pub(crate) fn say(&mut self, id: ConnectionId, event: &Event) {
        if let Some(connection) = self.find(id) {
            connection.say(&event.to_line());
        }
    }

    /// Answers a connection, if it is still there.
    pub(crate) fn reply(&mut self, id: ConnectionId, reply: &Reply) {
        if let Some(connection) = self.find(id) {
            connection.say(&reply.to_line());
        }
    }

    fn find(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.connections.iter_mut().find(|(candidate, _)| *candidate == id).map(|(_, connection)| connection)
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        if self.file.is_some() && identity(&self.path) == self.file {
            // Gone already is as good.
            let _ = fs::remove_file(&self.path);
        }
    }
}
