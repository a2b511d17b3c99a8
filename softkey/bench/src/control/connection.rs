//! One program at the control channel.

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;

use fob_softkey_control::{ErrorName, Failure, LONGEST_REQUEST, Reply, Request, Watch};
use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use serde_json::Value;

/// Most bytes that wait for a program that does not read: beyond them it is let go. An hour of keepalives fits.
const MOST_WAITING: usize = 32 << 20;

/// Bytes taken before others get their turn.
const TURN: usize = 16 << 10;

/// A connection.
#[derive(Debug)]
pub(super) struct Connection {
    socket: OwnedFd,
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
    /// Bytes of `outgoing` that are sent.
    sent: usize,
    watched: BTreeSet<u8>,
    /// The rest of a line that was too long.
    skipping: bool,
    /// It has done enough: closed as soon as what waits is sent.
    ending: bool,
    gone: bool,
}

impl Connection {
    pub(super) const fn new(socket: OwnedFd) -> Self {
        Self {
            socket,
            incoming: Vec::new(),
            outgoing: Vec::new(),
            sent: 0,
            watched: BTreeSet::new(),
            skipping: false,
            ending: false,
            gone: false,
        }
    }

    pub(super) fn interest(&self) -> PollFd<'_> {
        let out = if self.outgoing.is_empty() { PollFlags::empty() } else { PollFlags::OUT };
        let into = if self.ending { PollFlags::empty() } else { PollFlags::IN };
        PollFd::new(&self.socket, into | out)
    }

    pub(super) const fn is_over(&self) -> bool {
        self.gone || (self.ending && self.outgoing.is_empty())
    }

    pub(super) fn watch(&mut self, what: Vec<Watch>) {
        self.watched = what.into_iter().map(|what| what as u8).collect();
    }

    pub(super) fn watches(&self, what: Watch) -> bool {
        self.watched.contains(&(what as u8))
    }

    /// Takes lines in: requests, and replies to what was none.
    pub(super) fn receive(&mut self) -> Vec<Result<Request, Reply>> {
        let mut bytes = [0; TURN];
        match recv(&self.socket, &mut bytes[..], RecvFlags::DONTWAIT) {
            Ok((0, _)) => self.ending = true,
            Ok((length, _)) => self.incoming.extend(bytes.iter().take(length)),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) => self.gone = true,
        }
        let mut heard = Vec::new();
        while let Some(end) = self.incoming.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.incoming.drain(..=end).collect();
            let line = line.trim_ascii();
            if !std::mem::take(&mut self.skipping) && !line.is_empty() {
                heard.push(Request::from_line(line));
            }
        }
        if self.incoming.len() > LONGEST_REQUEST {
            self.incoming = Vec::new();
            if !std::mem::replace(&mut self.skipping, true) {
                let failure = Failure::new(ErrorName::BadRequest, "a request has at most 65536 bytes");
                heard.push(Err(Reply { id: Value::Null, outcome: Err(failure) }));
            }
        }
        heard
    }

    /// Sends a line, now or when there is room.
    pub(super) fn say(&mut self, line: &str) {
        if self.outgoing.len() + line.len() > MOST_WAITING {
            tracing::warn!("a program does not read the control channel: let go");
            self.gone = true;
            return;
        }
        self.outgoing.extend_from_slice(line.as_bytes());
        self.flush();
    }

    pub(super) fn flush(&mut self) {
        while let Some(rest) = self.outgoing.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match send(&self.socket, rest, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
                Ok(length) => self.sent += length,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                Err(_) => {
                    self.gone = true;
                    return;
                }
            }
        }
        self.outgoing.clear();
        self.sent = 0;
    }
}
