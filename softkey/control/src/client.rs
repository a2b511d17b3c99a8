//! A blocking client: one connection, one request at a time, events kept for when they are asked for.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Credential, Event, Failure, Incoming, KeyStatus, Op, Reply, Request, Touch, Watch};

/// Longest line that is taken from the bench, in bytes: far above an export of a full key.
const LONGEST_LINE: u64 = 64 << 20;

/// Events that are kept while nobody asks for them; the oldest go first.
const MOST_EVENTS: usize = 65_536;

/// How long an answer may take where nobody says otherwise. The bench answers in milliseconds; the longest advance of its
/// clock may take some seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The connection failed.
    #[error("the control channel failed")]
    Io(#[from] io::Error),
    /// The bench has gone.
    #[error("fob-softkey has closed the control channel")]
    Closed,
    /// The bench has not answered in time. Its answer may still come; this client skips it.
    #[error("fob-softkey has not answered for {} s: it is stopped, or busy with something else", .0.as_secs_f32())]
    TimedOut(Duration),
    /// The bench said something that is not the protocol.
    #[error("fob-softkey said something that cannot be read")]
    Protocol(#[from] serde_json::Error),
    /// The bench said no.
    #[error(transparent)]
    Refused(Failure),
}

/// A connection to `--control PATH`.
#[derive(Debug)]
pub struct Client {
    reader: BufReader<UnixStream>,
    next_id: u64,
    /// What of a line has come before a time-out.
    partial: Vec<u8>,
    events: VecDeque<Event>,
    patience: Duration,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// The system's.
    pub fn connect(path: &Path) -> io::Result<Self> {
        let reader = BufReader::new(UnixStream::connect(path)?);
        Ok(Self { reader, next_id: 1, partial: Vec::new(), events: VecDeque::new(), patience: PATIENCE })
    }

    /// How long an answer may take from now on; 30 seconds at first.
    pub const fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Does something; `key` may be left out where there is only one.
    ///
    /// # Errors
    /// [`ControlError::Refused`] with the bench's reason, [`ControlError::TimedOut`] if it says nothing, or what is wrong
    /// with the connection.
    pub fn call(&mut self, key: Option<&str>, op: Op) -> Result<Value, ControlError> {
        let id = Value::from(self.next_id);
        self.next_id += 1;
        let request = Request { id: id.clone(), key: key.map(str::to_owned), op };
        let until = Instant::now() + self.patience;
        self.send(request.to_line().as_bytes())?;
        loop {
            match self.incoming(until)?.ok_or(ControlError::TimedOut(self.patience))? {
                Incoming::Reply(Reply { id: theirs, outcome }) if theirs == id => {
                    return outcome.map_err(ControlError::Refused);
                }
                Incoming::Event(event) => self.keep(event),
                Incoming::Reply(_) | Incoming::Unknown => {}
            }
        }
    }

    /// The next event; none if nothing happens for so long. [`Client::watch`] first.
    ///
    /// # Errors
    /// What is wrong with the connection.
    pub fn event(&mut self, patience: Duration) -> Result<Option<Event>, ControlError> {
        if let Some(event) = self.events.pop_front() {
            return Ok(Some(event));
        }
        let until = Instant::now() + patience;
        loop {
            match self.incoming(until)? {
                None => return Ok(None),
                Some(Incoming::Event(event)) => return Ok(Some(event)),
                Some(_) => {}
            }
        }
    }

    /// Tells what to hear of from now on.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn watch(&mut self, what: &[Watch]) -> Result<(), ControlError> {
        self.call(None, Op::Watch { what: what.to_vec() }).map(drop)
    }

    /// Sets how the next touches go.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn presence(&mut self, key: Option<&str>, script: &[Touch]) -> Result<(), ControlError> {
        self.call(key, Op::Presence { script: script.to_vec() }).map(drop)
    }

    /// All keys.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn keys(&mut self) -> Result<Vec<KeyStatus>, ControlError> {
        self.typed(None, Op::Keys {})
    }

    /// The credentials of a key, with their private keys.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn export(&mut self, key: Option<&str>) -> Result<Vec<Credential>, ControlError> {
        self.typed(key, Op::Export {})
    }

    fn typed<T: DeserializeOwned>(&mut self, key: Option<&str>, op: Op) -> Result<T, ControlError> {
        Ok(serde_json::from_value(self.call(key, op)?)?)
    }

    fn keep(&mut self, event: Event) {
        if self.events.len() >= MOST_EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// Writes a line, which a bench that is stopped does not take for ever.
    fn send(&mut self, line: &[u8]) -> Result<(), ControlError> {
        let stream = self.reader.get_mut();
        // No time at all would mean for ever to the system.
        stream.set_write_timeout(Some(self.patience.max(Duration::from_millis(1))))?;
        stream.write_all(line).map_err(|error| match is_late(&error) {
            true => ControlError::TimedOut(self.patience),
            false => error.into(),
        })
    }

    /// The next line; none if there is none in time.
    fn incoming(&mut self, until: Instant) -> Result<Option<Incoming>, ControlError> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            self.reader.get_ref().set_read_timeout(Some(left))?;
            let room = LONGEST_LINE.saturating_sub(self.partial.len() as u64);
            match Read::by_ref(&mut self.reader).take(room).read_until(b'\n', &mut self.partial) {
                Ok(_) if self.partial.ends_with(b"\n") => {
                    let line = std::mem::take(&mut self.partial);
                    return Ok(Some(Incoming::from_line(&String::from_utf8_lossy(&line))?));
                }
                Ok(_) => return Err(ControlError::Closed),
                Err(error) if is_late(&error) => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
