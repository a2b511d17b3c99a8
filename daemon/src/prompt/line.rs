//! The line to one prompt: what it says over the socket, and secrets out of the pipe. Bounded, whatever it sends.

use std::io;
use std::os::unix::net::UnixStream as StdStream;

use fob_asking::{Answer, LONGEST_SECRET, Verdict, WireError, read_line, write_line};
use tokio::io::{AsyncReadExt, Interest};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;
use zeroize::Zeroizing;

/// Longest answer, in bytes: the words of all of them are short.
const LONGEST_ANSWER: usize = 1024;

/// The socket.
pub(super) struct Line {
    socket: UnixStream,
    come: Vec<u8>,
}

impl Line {
    /// Over our end of the pair, which must not block.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn new(socket: StdStream) -> io::Result<Self> {
        Ok(Self { socket: UnixStream::from_std(socket)?, come: Vec::new() })
    }

    /// What the prompt says next. What is not whole is kept if this is dropped.
    ///
    /// # Errors
    /// [`WireError`].
    pub(super) async fn answer(&mut self) -> Result<Answer, WireError> {
        loop {
            if let Some(end) = self.come.iter().position(|byte| *byte == b'\n') {
                let rest = self.come.split_off(end + 1);
                let line = std::mem::replace(&mut self.come, rest);
                return read_line(&mut line.as_slice());
            }
            if self.come.len() >= LONGEST_ANSWER {
                return Err(WireError::TooLong);
            }
            let mut piece = [0; 256];
            match self.socket.read(&mut piece).await? {
                0 => return Err(WireError::Closed),
                length => self.come.extend(piece.iter().take(length)),
            }
        }
    }

    /// Says something to the prompt, at once or not at all: one that does not read is broken.
    ///
    /// # Errors
    /// [`WireError`].
    pub(super) fn say(&self, verdict: &Verdict) -> Result<(), WireError> {
        let mut line = Vec::new();
        write_line(&mut line, verdict)?;
        let written = self.socket.try_io(Interest::WRITABLE, || {
            rustix::net::send(&self.socket, &line, rustix::net::SendFlags::NOSIGNAL).map_err(io::Error::from)
        });
        match written {
            Ok(length) if length == line.len() => Ok(()),
            Ok(_) => Err(WireError::Io(io::ErrorKind::WriteZero.into())),
            Err(error) => Err(error.into()),
        }
    }
}

/// The pipe.
pub(super) struct Secrets(pipe::Receiver);

impl Secrets {
    /// Out of our end of it.
    pub(super) const fn new(pipe: pipe::Receiver) -> Self {
        Self(pipe)
    }

    /// The secret that the prompt has said is there.
    ///
    /// # Errors
    /// [`WireError`], for what is no line of text or too long.
    pub(super) async fn next(&mut self) -> Result<Zeroizing<String>, WireError> {
        // With its line end, and never grown: that would leave a copy behind.
        let mut bytes = Zeroizing::new([0; LONGEST_SECRET + 1]);
        let mut length = 0;
        loop {
            let room = bytes.get_mut(length..).filter(|room| !room.is_empty()).ok_or(WireError::TooLong)?;
            match self.0.read(room).await? {
                0 => return Err(WireError::Closed),
                more => length += more,
            }
            // The next one comes only after a verdict on this one.
            let come = bytes.get(..length).unwrap_or_default();
            if let Some(end) = come.iter().position(|byte| *byte == b'\n') {
                let text = come.get(..end).filter(|_| end + 1 == length).map(std::str::from_utf8);
                return match text {
                    Some(Ok(text)) => Ok(Zeroizing::new(text.to_owned())),
                    _ => Err(WireError::Io(io::ErrorKind::InvalidData.into())),
                };
            }
        }
    }
}
