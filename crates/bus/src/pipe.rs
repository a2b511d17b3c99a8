//! Pipes for secrets. Whoever has a secret writes it into a pipe and passes one end: no message body ever carries it,
//! and unlike a file or a memfd nobody can change it after it was looked at.
//!
//! The receiver of an end trusts nothing: it must be a pipe, bring at most so much, and be done in time.

use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, OFlags, fcntl_getfl, fcntl_setfl, fstat};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use zeroize::Zeroizing;

/// Most bytes of a passphrase, PIN or code in a pipe. What Linux writes in one piece (PIPE_BUF), so a writer that
/// sends no more never blocks.
pub const SHORT: usize = 4096;
/// Most bytes of a list of accounts: room for some ten thousand URIs.
pub const LIST: usize = 4 * 1024 * 1024;
/// How long the other side may take until all is in the pipe. It has the secret in memory when it passes the end.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What is wrong with an end that was passed.
#[derive(Debug, thiserror::Error)]
pub enum PipeError {
    /// A file, socket or device.
    #[error("the descriptor is no pipe")]
    NotAPipe,
    /// More than the limit.
    #[error("more than {0} bytes came through the pipe")]
    TooLong(usize),
    /// Nothing, or no end, within [`PATIENCE`].
    #[error("the other end of the pipe was not closed in time")]
    Slow,
    /// The system's answer.
    #[error("the pipe failed")]
    Io(#[from] io::Error),
}

impl From<Errno> for PipeError {
    fn from(error: Errno) -> Self {
        Self::Io(error.into())
    }
}

/// A pipe with `secret` in it; gives the end to pass. A long one is written by a thread of its own.
///
/// # Errors
/// When the system has no pipe to give.
pub fn holding(secret: Zeroizing<Vec<u8>>) -> io::Result<OwnedFd> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let mut writer = io::PipeWriter::from(writer);
    if secret.len() <= SHORT {
        writer.write_all(&secret)?;
    } else {
        // A receiver that goes away early is its own affair.
        std::thread::Builder::new().spawn(move || writer.write_all(&secret))?;
    }
    Ok(reader)
}

/// An empty pipe: the end to read from, and the end to pass to whoever has the secret.
///
/// # Errors
/// When the system has no pipe to give.
pub fn awaiting() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(pipe_with(PipeFlags::CLOEXEC)?)
}

/// Everything that comes out of a passed end until it is closed. Blocks, at most for [`PATIENCE`].
///
/// # Errors
/// [`PipeError`].
pub fn take(end: &OwnedFd, limit: usize) -> Result<Zeroizing<Vec<u8>>, PipeError> {
    take_within(end, limit, PATIENCE)
}

fn take_within(end: &OwnedFd, limit: usize, patience: Duration) -> Result<Zeroizing<Vec<u8>>, PipeError> {
    become_patient(end)?;
    let start = Instant::now();
    // Reserved at once: a vector that grows leaves copies of a secret behind.
    let mut taken = Zeroizing::new(Vec::with_capacity(limit.min(SHORT) + 1));
    let mut buffer = Zeroizing::new([0; SHORT]);
    loop {
        let left = patience.checked_sub(start.elapsed()).ok_or(PipeError::Slow)?;
        match rustix::io::read(end, &mut buffer[..]) {
            Ok(0) => return Ok(taken),
            Ok(length) => taken.extend_from_slice(buffer.get(..length).unwrap_or_default()),
            Err(Errno::AGAIN) => wait(end, PollFlags::IN, left)?,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if taken.len() > limit {
            return Err(PipeError::TooLong(limit));
        }
    }
}

/// Puts a secret of at most [`SHORT`] bytes into a passed end, in one piece, without waiting for its reader.
///
/// # Errors
/// [`PipeError`]; [`PipeError::Slow`] when the pipe is full already.
pub fn put(end: &OwnedFd, secret: &[u8]) -> Result<(), PipeError> {
    if secret.len() > SHORT {
        return Err(PipeError::TooLong(SHORT));
    }
    become_patient(end)?;
    match rustix::io::write(end, secret) {
        Ok(length) if length == secret.len() => Ok(()),
        Ok(_) | Err(Errno::AGAIN) => Err(PipeError::Slow),
        Err(error) => Err(error.into()),
    }
}

/// Makes sure that it is a pipe, and that no read or write of it blocks.
fn become_patient(end: &OwnedFd) -> Result<(), PipeError> {
    if FileType::from_raw_mode(fstat(end)?.st_mode) != FileType::Fifo {
        return Err(PipeError::NotAPipe);
    }
    fcntl_setfl(end, fcntl_getfl(end)? | OFlags::NONBLOCK)?;
    Ok(())
}

fn wait(end: &OwnedFd, what: PollFlags, left: Duration) -> Result<(), PipeError> {
    let left = Timespec::try_from(left).map_err(|_| PipeError::Slow)?;
    match poll(&mut [PollFd::from_borrowed_fd(end.as_fd(), what)], Some(&left)) {
        Ok(0) => Err(PipeError::Slow),
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(length: usize) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(vec![7; length])
    }

    #[test]
    fn a_secret_goes_through_whole() {
        for length in [0, 1, SHORT, SHORT + 1, 200_000] {
            let end = holding(secret(length)).unwrap();
            assert_eq!(*take(&end, LIST).unwrap(), vec![7; length], "{length} bytes");
        }
    }

    #[test]
    fn more_than_the_limit_is_refused() {
        let end = holding(secret(11)).unwrap();
        assert!(matches!(take(&end, 10), Err(PipeError::TooLong(10))));
        let (_reader, writer) = awaiting().unwrap();
        assert!(matches!(put(&writer, &[0; SHORT + 1]), Err(PipeError::TooLong(SHORT))));
    }

    #[test]
    fn a_writer_that_keeps_its_end_open_is_given_up() {
        let (reader, _writer) = awaiting().unwrap();
        assert!(matches!(take_within(&reader, 10, Duration::from_millis(20)), Err(PipeError::Slow)));
    }

    #[test]
    fn a_file_or_a_socket_is_no_pipe() {
        let file: OwnedFd = tempfile::tempfile().unwrap().into();
        assert!(matches!(take(&file, 10), Err(PipeError::NotAPipe)));
        let (socket, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        assert!(matches!(put(&socket.into(), b"secret"), Err(PipeError::NotAPipe)));
    }

    #[test]
    fn a_full_pipe_is_not_waited_for() {
        let (_reader, writer) = awaiting().unwrap();
        let full = std::iter::repeat_with(|| put(&writer, &[0; SHORT])).take(1000).find_map(Result::err);
        assert!(matches!(full, Some(PipeError::Slow)));
    }
}
