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
/// Most bytes of a list of accounts: room for some ten thousand, with all that is kept beside them.
pub const LIST: usize = 16 * 1024 * 1024;
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
    let mut taken = Zeroizing::new(Vec::with_capacity(limit.min(SHORT) + 1));
    let mut buffer = Zeroizing::new([0; SHORT]);
    loop {
        let left = patience.checked_sub(start.elapsed()).ok_or(PipeError::Slow)?;
        match rustix::io::read(end, &mut buffer[..]) {
            Ok(0) => return Ok(taken),
            Ok(length) => append(&mut taken, buffer.get(..length).unwrap_or_default()),
            Err(Errno::AGAIN) => wait(end, PollFlags::IN, left)?,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if taken.len() > limit {
            return Err(PipeError::TooLong(limit));
        }
    }
}

/// Puts more bytes behind a secret. A vector that grows by itself leaves a copy of what it held behind; here the old
/// one is wiped.
fn append(secret: &mut Zeroizing<Vec<u8>>, more: &[u8]) {
    let length = secret.len() + more.len();
    if length > secret.capacity() {
        let mut larger = Zeroizing::new(Vec::with_capacity(length.max(secret.capacity() * 2)));
        larger.extend_from_slice(secret);
        *secret = larger;
    }
    secret.extend_from_slice(more);
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

/// Puts a secret of any length into a passed end, waiting for its reader. Blocks, at most for [`PATIENCE`].
///
/// # Errors
/// [`PipeError`]; part of the secret may have been read by then.
pub fn pour(end: &OwnedFd, secret: &[u8]) -> Result<(), PipeError> {
    become_patient(end)?;
    let start = Instant::now();
    let mut rest = secret;
    while !rest.is_empty() {
        let left = PATIENCE.checked_sub(start.elapsed()).ok_or(PipeError::Slow)?;
        match rustix::io::write(end, rest) {
            Ok(length) => rest = rest.get(length..).unwrap_or_default(),
            Err(Errno::AGAIN) => wait(end, PollFlags::OUT, left)?,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
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

    /// What realloc(3) moves it leaves behind as it was. So the vector never grows: the bytes that are there stay where
    /// they are, or all move to a vector that had room for them before they came.
    #[test]
    fn a_long_secret_moves_only_into_a_vector_that_was_made_for_it() {
        let mut secret = Zeroizing::new(Vec::with_capacity(SHORT + 1));
        let mut moves = 0;
        for piece in 0..100_u8 {
            let (place, room) = (secret.as_ptr(), secret.capacity());
            append(&mut secret, &[piece; SHORT]);
            if secret.as_ptr() == place {
                assert_eq!(secret.capacity(), room, "it grew where it was");
            } else {
                assert!(secret.capacity() >= 2 * room, "it had no room of its own");
                moves += 1;
            }
        }
        assert!(moves <= 7, "{moves}");
        assert!(secret.chunks(SHORT).zip(0..).all(|(piece, byte): (_, u8)| *piece == [byte; SHORT]));
        assert_eq!(secret.len(), 100 * SHORT);
    }

    #[test]
    fn a_long_secret_waits_for_its_reader() {
        for length in [0, 1, 65_536, 1_000_000] {
            let (reader, writer) = awaiting().unwrap();
            let pouring = std::thread::spawn(move || pour(&writer, &secret(length)));
            assert_eq!(*take(&reader, LIST).unwrap(), vec![7; length], "{length} bytes");
            pouring.join().unwrap().unwrap();
        }
        let (reader, writer) = awaiting().unwrap();
        drop(reader);
        assert!(matches!(pour(&writer, b"nobody"), Err(PipeError::Io(_))));
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
