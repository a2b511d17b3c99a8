//! Secrets on their way in: from a descriptor the caller names, from standard input, or typed on the terminal; never
//! from an argument. And on their way out: into a pipe the caller names.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;

use fob_bus::pipe;
use rustix::fs::{OFlags, fcntl_getfl};
use zeroize::Zeroizing;

use crate::system::copy_of_descriptor;
use crate::{Exit, Failure, World};

/// A passphrase with fewer characters than these is warned of: Argon2id makes a guess dear, not impossible.
const FEW: usize = 8;

/// A passphrase, PIN, password, code, URI or session. Wiped on drop.
pub(crate) struct Secret(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// Of what came in, without the line break that `echo` leaves at its end.
    pub(crate) fn new(mut bytes: Zeroizing<Vec<u8>>) -> Self {
        for end in [b'\n', b'\r'] {
            if bytes.last() == Some(&end) {
                bytes.pop();
            }
        }
        Self(bytes)
    }

    /// Of text.
    pub(crate) fn from_text(text: Zeroizing<String>) -> Self {
        Self::new(Zeroizing::new(text.as_bytes().to_vec()))
    }

    /// The bytes, for the place they are meant for.
    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The same as text.
    pub(crate) fn expose_text(&self, what: &str) -> Result<&str, Failure> {
        std::str::from_utf8(&self.0).map_err(|_| Failure::new(Exit::Failed, format!("the {what} is not UTF-8 text")))
    }

    /// A pipe with a copy in it, whose end can be passed.
    pub(crate) fn pipe(&self) -> Result<OwnedFd, Failure> {
        pipe::holding(self.0.clone()).map_err(|error| no_pipe(&error))
    }

    /// What UTF-8 text has of them: every byte but those that continue one.
    fn characters(&self) -> usize {
        self.0.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In a time that tells nothing but the lengths.
    fn same_as(&self, other: &Self) -> bool {
        let difference = self.0.iter().zip(other.0.iter()).fold(0, |sum, (one, two)| sum | (one ^ two));
        self.0.len() == other.0.len() && difference == 0
    }
}

/// The system has no pipe to give.
pub(crate) fn no_pipe(error: &io::Error) -> Failure {
    Failure::new(Exit::Failed, "the system gives no pipe for the secret").because(error)
}

/// Where a secret comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    /// What it is, such as `passphrase`.
    pub(crate) what: &'a str,
    /// The option that names a descriptor, such as `--passphrase-fd`.
    pub(crate) option: &'static str,
    /// The descriptor, if one was named.
    pub(crate) descriptor: Option<u32>,
    /// The question on the terminal.
    pub(crate) prompt: &'a str,
}

impl Source<'_> {
    /// The secret, from the descriptor if one was named, else from the terminal.
    pub(crate) fn obtain(self, world: &mut World) -> Result<Secret, Failure> {
        let secret = match self.descriptor {
            Some(number) => from_descriptor(self.option, number, pipe::SHORT)?,
            None => self.ask(world, self.prompt)?,
        };
        if secret.is_empty() {
            let message = format!("the {} is empty", self.what);
            return Err(Failure::usage(message, format!("type it, or write it into the pipe of {}", self.option)));
        }
        Ok(secret)
    }

    /// A new secret: on the terminal it is asked for twice.
    pub(crate) fn obtain_new(self, world: &mut World) -> Result<Secret, Failure> {
        let secret = self.obtain(world)?;
        if self.descriptor.is_none() {
            let again = self.ask(world, "The same again: ")?;
            if !secret.same_as(&again) {
                let message = format!("what you typed was not the same {} twice", self.what);
                return Err(Failure::new(Exit::Failed, message).hint("nothing was changed; try again"));
            }
        }
        if self.what.ends_with("passphrase") && secret.characters() < FEW {
            world.note(&format!(
                "note: a passphrase of fewer than {FEW} characters is soon guessed by whoever gets hold of the file"
            ));
        }
        Ok(secret)
    }

    fn ask(self, world: &mut World, prompt: &str) -> Result<Secret, Failure> {
        if !world.terminal.is_there() {
            let message = format!("there is no terminal to ask for the {}", self.what);
            return Err(Failure::usage(message, format!("hand it over through a pipe: `{} N`", self.option)));
        }
        ask(world, self.what, prompt)
    }
}

/// A secret from the terminal.
pub(crate) fn ask(world: &mut World, what: &str, prompt: &str) -> Result<Secret, Failure> {
    match world.terminal.secret(prompt) {
        Ok(text) => Ok(Secret::from_text(text)),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(gave_up()),
        Err(error) => Err(Failure::new(Exit::Failed, format!("the {what} could not be read")).because(&error)),
    }
}

/// The person pressed Ctrl-C.
pub(crate) fn gave_up() -> Failure {
    Failure::new(Exit::Failed, "you gave up")
}

/// Whether it says that, whatever it says besides.
pub(crate) fn has_given_up(failure: &Failure) -> bool {
    failure.message == gave_up().message
}

/// A yes or no from the terminal; anything but a yes is a no.
pub(crate) fn confirmed(world: &mut World, question: &str) -> Result<bool, Failure> {
    let answer = world
        .terminal
        .line(&format!("{question} [y/N] "))
        .map_err(|error| Failure::new(Exit::Failed, "the terminal could not be read").because(&error))?;
    Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
}

/// Everything that comes out of a descriptor, at most `limit` bytes.
pub(crate) fn from_descriptor(option: &str, number: u32, limit: usize) -> Result<Secret, Failure> {
    let file = own_descriptor(number, OFlags::RDONLY).map_err(|error| no_descriptor(option, "<", &error))?;
    bounded(file, limit, &format!("the descriptor of {option}"))
}

/// Everything that comes out of `reader`, at most `limit` bytes.
pub(crate) fn bounded(reader: impl Read, limit: usize, from: &str) -> Result<Secret, Failure> {
    // Reserved at once: a vector that grows leaves copies of a secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit + 1));
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    reader
        .take(most)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::new(Exit::Failed, format!("{from} could not be read")).because(&error))?;
    if bytes.len() > limit {
        return Err(Failure::new(Exit::Failed, format!("{from} brings more than {limit} bytes")));
    }
    Ok(Secret::new(bytes))
}

/// A descriptor of the caller that takes a secret.
#[derive(Debug)]
pub(crate) struct Sink {
    file: File,
    what: &'static str,
}

impl Sink {
    /// Opens it, early enough that nothing has happened yet when it is not there.
    pub(crate) fn open(option: &str, number: u32, what: &'static str) -> Result<Self, Failure> {
        let file = own_descriptor(number, OFlags::WRONLY);
        file.map(|file| Self { file, what }).map_err(|error| no_descriptor(option, ">", &error))
    }

    /// Writes the secret and a line break.
    pub(crate) fn write(&self, secret: &[u8]) -> Result<(), Failure> {
        let line = Zeroizing::new([secret, b"\n"].concat());
        (&self.file).write_all(&line).map_err(|error| {
            Failure::new(Exit::Failed, format!("the descriptor takes no {}", self.what)).because(&error)
        })
    }
}

/// A copy of one of our own descriptors, open for this. Not opened again by its name under /proc: that would wait for the
/// other end of a named pipe whose writer is through already, and begin a file anew.
fn own_descriptor(number: u32, access: OFlags) -> io::Result<File> {
    let copy = copy_of_descriptor(number)?;
    let mode = fcntl_getfl(&copy)? & OFlags::RWMODE;
    if mode == access || mode == OFlags::RDWR { Ok(copy.into()) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

/// The number is not repeated: somebody may have typed the secret in its place.
fn no_descriptor(option: &str, arrow: &str, error: &io::Error) -> Failure {
    let hint = format!("give the number of an open descriptor, never the secret itself: `{option} 3 3{arrow}PIPE`");
    Failure::usage(format!("the descriptor of {option} is not open or is no pipe"), hint).because(error)
}
