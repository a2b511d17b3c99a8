//! The line to fobd: the question comes and answers go over a socket, secrets go through a pipe.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};

use fob_asking::{Answer, LONGEST_LINE, Question, Typed, Verdict, WireError, read_line, write_line};
use rustix::io::{Errno, fcntl_dupfd_cloexec};
use rustix::net::{RecvFlags, recv};
use rustix::stdio::{dup2_stdin, dup2_stdout, stdin, stdout};

/// How much is taken from the socket at once, in bytes.
const PIECE: usize = 4096;
/// Lowest number of the descriptors that are kept: above the three standard ones.
const ABOVE_STANDARD: RawFd = 3;

/// The line to fobd.
#[derive(Debug)]
pub(crate) struct Line {
    socket: OwnedFd,
    secrets: OwnedFd,
    /// What has come and is no whole message yet.
    come: Vec<u8>,
}

impl Line {
    /// Takes standard input and output over and puts `/dev/null` into their place: nothing that a library prints or
    /// starts can reach fobd, least of all the pipe of the secrets.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn of_standard_descriptors() -> io::Result<Self> {
        let socket = fcntl_dupfd_cloexec(stdin(), ABOVE_STANDARD)?;
        let secrets = fcntl_dupfd_cloexec(stdout(), ABOVE_STANDARD)?;
        dup2_stdin(File::open("/dev/null")?)?;
        dup2_stdout(File::options().write(true).open("/dev/null")?)?;
        Ok(Self { socket, secrets, come: Vec::new() })
    }

    /// What to wait on for [`Line::verdict`].
    pub(crate) fn descriptor(&self) -> RawFd {
        self.socket.as_raw_fd()
    }

    /// The question. Blocks until it is there.
    ///
    /// # Errors
    /// [`WireError`].
    pub(crate) fn question(&mut self) -> Result<Question, WireError> {
        loop {
            if let Some(line) = self.whole_line()? {
                return read_line(&mut line.as_slice());
            }
            self.receive(RecvFlags::empty())?;
        }
    }

    /// What fobd says to a secret, if all of it has come. Never blocks.
    ///
    /// # Errors
    /// [`WireError`]; [`WireError::Closed`] when the question is withdrawn.
    pub(crate) fn verdict(&mut self) -> Result<Option<Verdict>, WireError> {
        self.receive(RecvFlags::DONTWAIT)?;
        self.whole_line()?.map(|line| read_line(&mut line.as_slice())).transpose()
    }

    /// Says what the person answered.
    ///
    /// # Errors
    /// [`WireError::Io`].
    pub(crate) fn say(&self, answer: Answer) -> Result<(), WireError> {
        write_line(&mut Descriptor(&self.socket), &answer)
    }

    /// Hands over a secret, which is gone then.
    ///
    /// # Errors
    /// [`WireError::Io`].
    pub(crate) fn tell(&self, secret: &mut Typed) -> Result<(), WireError> {
        Ok(secret.send(&mut Descriptor(&self.secrets))?)
    }

    fn receive(&mut self, flags: RecvFlags) -> Result<(), WireError> {
        let mut piece = [0; PIECE];
        match recv(&self.socket, &mut piece, flags) {
            Ok((_, 0)) => Err(WireError::Closed),
            Ok((_, length)) => {
                self.come.extend(piece.iter().take(length));
                Ok(())
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(()),
            Err(errno) => Err(WireError::Io(errno.into())),
        }
    }

    /// The next line, with its end.
    fn whole_line(&mut self) -> Result<Option<Vec<u8>>, WireError> {
        match self.come.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                let rest = self.come.split_off(end + 1);
                Ok(Some(std::mem::replace(&mut self.come, rest)))
            }
            None if self.come.len() > LONGEST_LINE => Err(WireError::TooLong),
            None => Ok(None),
        }
    }
}

/// Writes without a buffer of its own, in which a secret would stay.
struct Descriptor<'a>(&'a OwnedFd);

impl Write for Descriptor<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(self.0.as_fd(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, pipe};
    use std::os::unix::net::UnixStream;

    use super::*;

    /// A line, fobd's end of its socket, and the end of its pipe.
    fn line() -> (Line, UnixStream, io::PipeReader) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (read, write) = pipe().unwrap();
        (Line { socket: ours.into(), secrets: write.into(), come: Vec::new() }, theirs, read)
    }

    #[test]
    fn a_verdict_may_come_in_pieces_and_never_blocks() {
        let (mut line, mut fobd, _secrets) = line();
        assert!(line.verdict().unwrap().is_none());
        fobd.write_all(br#"{"verdict":"wrong","words":"#).unwrap();
        assert!(line.verdict().unwrap().is_none());
        fobd.write_all(b"\"no\"}\n{\"verdict\":\"right\"}\n").unwrap();
        assert_eq!(line.verdict().unwrap(), Some(Verdict::Wrong { words: "no".to_owned() }));
        assert_eq!(line.verdict().unwrap(), Some(Verdict::Right));
        drop(fobd);
        assert!(matches!(line.verdict(), Err(WireError::Closed)));
    }

    #[test]
    fn what_never_ends_is_not_gathered_for_ever() {
        let (mut line, mut fobd, _secrets) = line();
        fobd.set_nonblocking(true).unwrap();
        let mut sent = 0;
        let error = loop {
            sent += fobd.write(&[b'x'; PIECE]).unwrap();
            if let Err(error) = line.verdict() {
                break error;
            }
        };
        assert!(matches!(error, WireError::TooLong));
        assert!(sent <= LONGEST_LINE + 2 * PIECE, "{sent} bytes were taken");
    }

    #[test]
    fn a_secret_goes_into_the_pipe_and_an_answer_into_the_socket() {
        let (line, mut fobd, mut secrets) = line();
        let mut typed = Typed::nothing();
        "pässword".chars().for_each(|character| assert!(typed.push(character)));
        line.tell(&mut typed).unwrap();
        line.say(Answer::Refused).unwrap();
        drop(line);
        let (mut said, mut told) = (String::new(), String::new());
        fobd.read_to_string(&mut said).unwrap();
        secrets.read_to_string(&mut told).unwrap();
        assert_eq!(said, "{\"answer\":\"refused\"}\n");
        assert_eq!(told, "pässword\n");
        assert!(typed.is_empty());
    }
}
