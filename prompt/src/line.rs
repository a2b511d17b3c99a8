//! The line to fobd: questions and answers over the socket that came as standard input, secrets into the pipe that came as
//! standard output.

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use fob_asking::{Answer, Choice, LONGEST_LINE, Question, Typed, Verdict, WireError, read_line, write_line};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, fcntl_dupfd_cloexec};
use rustix::net::{RecvFlags, recv};
use rustix::stdio::{dup2_stdin, dup2_stdout, stdin, stdout};

/// How long a question may take to be there whole: fobd writes it before it starts this process.
const WHOLE: Duration = Duration::from_secs(5);
/// How often a question that is not whole is looked at again.
const AGAIN: Duration = Duration::from_millis(5);
/// Longest verdict.
const LONGEST_VERDICT: usize = 4096;

/// The question, which stays where it is: whoever takes this process over reads it again.
///
/// # Errors
/// [`WireError`].
pub(crate) fn peek() -> Result<Question, WireError> {
    let mut bytes = vec![0; LONGEST_LINE];
    for _ in 0..WHOLE.as_millis() / AGAIN.as_millis() {
        let (_, length) =
            recv(stdin(), bytes.as_mut_slice(), RecvFlags::PEEK).map_err(|errno| WireError::Io(errno.into()))?;
        let come = bytes.get(..length).unwrap_or_default();
        if come.contains(&b'\n') || length == 0 {
            return read_line(&mut &*come);
        }
        if length == LONGEST_LINE {
            return Err(WireError::TooLong);
        }
        // Readable already, so there is nothing to wait on.
        std::thread::sleep(AGAIN);
    }
    Err(WireError::Closed)
}

/// The line, once the question is taken off it.
#[derive(Debug)]
pub(crate) struct Line {
    socket: OwnedFd,
    pipe: File,
    come: Vec<u8>,
}

impl Line {
    /// Takes the question off the socket, and both descriptors away from whatever a library or a program that is started
    /// might print.
    ///
    /// # Errors
    /// [`WireError`].
    pub(crate) fn take() -> Result<Self, WireError> {
        let system = |errno: Errno| WireError::Io(errno.into());
        let line = Self {
            socket: fcntl_dupfd_cloexec(stdin(), 3).map_err(system)?,
            pipe: File::from(fcntl_dupfd_cloexec(stdout(), 3).map_err(system)?),
            come: Vec::new(),
        };
        dup2_stdin(File::open("/dev/null")?).map_err(system)?;
        dup2_stdout(File::options().write(true).open("/dev/null")?).map_err(system)?;
        // The question is there whole. Byte by byte: what follows it is not ours yet.
        let mut byte = [0];
        while byte != *b"\n" {
            if recv(&line.socket, &mut byte, RecvFlags::empty()).map_err(system)?.1 == 0 {
                return Err(WireError::Closed);
            }
        }
        Ok(line)
    }

    /// Over these descriptors, the question being taken already.
    #[cfg(test)]
    pub(crate) fn over(socket: OwnedFd, pipe: OwnedFd) -> Self {
        Self { socket, pipe: File::from(pipe), come: Vec::new() }
    }

    /// What becomes readable when fobd says something or goes.
    pub(crate) fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Says what the person said.
    ///
    /// # Errors
    /// [`WireError`].
    pub(crate) fn answer(&self, answer: Answer) -> Result<(), WireError> {
        write_line(&mut Descriptor(self.socket.as_fd()), &answer)
    }

    /// Hands a secret over, wipes it, and says that it is there.
    ///
    /// # Errors
    /// [`WireError`].
    pub(crate) fn secret(&mut self, secret: &mut Typed, choice: Option<Choice>) -> Result<(), WireError> {
        secret.send(&mut self.pipe)?;
        self.answer(Answer::Secret { choice })
    }

    /// What fobd has said, if it is there whole.
    ///
    /// # Errors
    /// [`WireError::Closed`] once fobd has withdrawn the question or is gone.
    pub(crate) fn verdict(&mut self) -> Result<Option<Verdict>, WireError> {
        let mut piece = [0; 512];
        match recv(&self.socket, &mut piece, RecvFlags::DONTWAIT) {
            Ok((_, 0)) => return Err(WireError::Closed),
            Ok((_, length)) => self.come.extend(piece.iter().take(length)),
            Err(Errno::AGAIN | Errno::INTR) => {}
            // Closed with an answer of ours unread.
            Err(Errno::CONNRESET) => return Err(WireError::Closed),
            Err(errno) => return Err(WireError::Io(errno.into())),
        }
        match self.come.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                let rest = self.come.split_off(end + 1);
                let verdict = read_line(&mut &*self.come);
                self.come = rest;
                verdict.map(Some)
            }
            None if self.come.len() > LONGEST_VERDICT => Err(WireError::TooLong),
            None => Ok(None),
        }
    }
}

/// Writes without a buffer, in which something of it would stay.
struct Descriptor<'a>(BorrowedFd<'a>);

impl Write for Descriptor<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(rustix::io::write(self.0, bytes)?)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Waits until one of these can be read, or is gone; says which.
///
/// # Errors
/// The system's.
pub(crate) fn wait<const N: usize>(
    descriptors: [BorrowedFd<'_>; N],
    at_most: Option<Duration>,
) -> rustix::io::Result<[bool; N]> {
    let mut polled = descriptors.map(|descriptor| PollFd::from_borrowed_fd(descriptor, PollFlags::IN));
    let at_most = at_most.and_then(|limit| Timespec::try_from(limit).ok());
    match poll(&mut polled, at_most.as_ref()) {
        Ok(_) => Ok(polled.map(|polled| !polled.revents().is_empty())),
        Err(Errno::INTR) => Ok([false; N]),
        Err(errno) => Err(errno),
    }
}
