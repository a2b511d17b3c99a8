//! All that a command sees of the outside: two streams, a terminal, standard input, the way to the daemon, the clock and
//! who sets it, waiting, chance, the clipboard.
//!
//! `tty` is the real terminal.

mod tty;

use std::future::Future;
use std::io::{self, IsTerminal, Read, Write};
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use fob_ambient::{Clock, Rng, SystemClock, SystemRng};
use fob_bus::connect::{ConnectError, connect};
use serde::Serialize;
use zbus::Connection;
use zeroize::Zeroizing;

use crate::answer::{Answer, Object};
use crate::clipboard::{Clipboard, Surroundings};
use crate::text::harmless_json;
use crate::{Exit, Failure, timekeeping};
use tty::Tty;

/// A connection in the making.
pub type Connecting<'a> = Pin<Box<dyn Future<Output = Result<Connection, ConnectError>> + 'a>>;

/// The way to the daemon.
pub trait Door {
    /// A new connection, after a look at who listens.
    fn connect(&self) -> Connecting<'_>;
}

/// The person at the terminal. The law: a secret that is typed never shows.
pub trait Terminal {
    /// Whether there is one to ask.
    fn is_there(&self) -> bool;
    /// Asks for a line that does not show.
    ///
    /// # Errors
    /// When the terminal fails, or the person presses Ctrl-C (`Interrupted`) or Ctrl-D.
    fn secret(&mut self, prompt: &str) -> io::Result<Zeroizing<String>>;
    /// Asks for a line that shows.
    ///
    /// # Errors
    /// When the terminal fails.
    fn line(&mut self, prompt: &str) -> io::Result<String>;
    /// How much room it has for a picture that is taken off again; `None` where none can be.
    fn room(&self) -> Option<Room>;
    /// Shows a picture of dark on light, and a line below it, until Enter or Ctrl-C is pressed. It is gone from the
    /// terminal afterwards, whatever happens, with all that one could scroll back to.
    ///
    /// # Errors
    /// When the terminal fails, or a signal ends fob (`Interrupted`).
    fn picture(&mut self, lines: &[Zeroizing<String>], below: &str) -> io::Result<()>;
    /// Listens for keys, which do not show meanwhile.
    ///
    /// # Errors
    /// When the terminal is none of ours: there is none, or fob runs in its background.
    fn keys(&mut self) -> io::Result<Box<dyn Keys>>;
}

/// The keys of a terminal, until it is dropped.
pub trait Keys {
    /// Whether one has been pressed since the last question.
    fn pressed(&mut self) -> bool;
}

/// The size of a terminal, in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Cells beside each other.
    pub columns: usize,
    /// Cells below each other.
    pub rows: usize,
}

/// A wait under way.
pub type Pausing<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Waiting. The law: the clock on the wall shows another second when it is over, unless somebody set it back.
pub trait Pause {
    /// Waits for the clock's next second.
    fn second(&self) -> Pausing<'_>;
}

/// Everything outside.
pub struct World {
    /// Standard output: the answer and nothing else.
    pub out: Box<dyn Write>,
    /// Standard error: everything else.
    pub err: Box<dyn Write>,
    /// Whether a person sees standard output.
    pub out_is_terminal: bool,
    /// Whether a person sees standard error.
    pub err_is_terminal: bool,
    /// Standard input.
    pub stdin: Box<dyn Read>,
    /// The terminal.
    pub terminal: Box<dyn Terminal>,
    /// The daemon.
    pub door: Box<dyn Door>,
    /// The time.
    pub clock: Box<dyn Clock>,
    /// Whether a time server sets the clock, `None` if that cannot be known.
    pub clock_is_set: fn() -> Option<bool>,
    /// Whether this machine has a TPM.
    pub tpm_is_there: fn() -> bool,
    /// Waiting.
    pub pause: Box<dyn Pause>,
    /// Chance.
    pub rng: Box<dyn Rng>,
    /// The clipboard.
    pub clipboard: Box<dyn Clipboard>,
    /// Whether answers are JSON.
    pub json: bool,
}

impl World {
    /// The real one.
    #[must_use]
    pub fn real() -> Self {
        Self {
            out: Box::new(anstream::stdout()),
            err: Box::new(anstream::stderr()),
            out_is_terminal: io::stdout().is_terminal(),
            err_is_terminal: io::stderr().is_terminal(),
            stdin: Box::new(io::stdin()),
            terminal: Box::new(Tty),
            door: Box::new(OwnSocket),
            clock: Box::new(SystemClock::new()),
            clock_is_set: timekeeping::clock_is_set,
            tpm_is_there: || std::path::Path::new("/dev/tpmrm0").exists(),
            pause: Box::new(RealPause),
            rng: Box::new(SystemRng::new()),
            clipboard: Box::new(Surroundings::default()),
            json: false,
        }
    }

    /// Unix time in seconds.
    pub(crate) fn now(&self) -> u64 {
        self.clock.wall().0
    }

    /// Gives the answer.
    pub(crate) fn answer<A: Answer>(&mut self, answer: &A) -> Result<(), Failure> {
        let text = if self.json { json(A::SCHEMA, answer) } else { answer.words() };
        self.print(&text)
    }

    /// Gives an answer that can be had again at any time: a reader who has seen enough and closes the pipe is no failure.
    pub(crate) fn offer<A: Answer>(&mut self, answer: &A) -> Result<(), Failure> {
        let text = if self.json { json(A::SCHEMA, answer) } else { answer.words() };
        self.print_to_whoever_reads(&text)
    }

    fn print_to_whoever_reads(&mut self, text: &str) -> Result<(), Failure> {
        match self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(unprinted(&error)),
            Ok(()) => Ok(()),
        }
    }

    /// Prints on standard output as it is.
    pub(crate) fn print(&mut self, text: &str) -> Result<(), Failure> {
        self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()).map_err(|error| unprinted(&error))
    }

    /// Writes over a line that shows how time goes by; nothing where nobody sees it.
    pub(crate) fn progress(&mut self, text: &str) {
        if self.err_is_terminal {
            let _ = write!(self.err, "\r{text}");
            let _ = self.err.flush();
        }
    }

    /// Prints help and the like.
    pub(crate) fn say_on_stdout(&mut self, text: &str) -> Exit {
        match self.print_to_whoever_reads(text) {
            Ok(()) => Exit::Ok,
            Err(failure) => self.fail(&failure),
        }
    }

    /// Says something beside the answer. Nobody may read it, which is no reason to stop.
    pub(crate) fn note(&mut self, text: &str) {
        let _ = writeln!(self.err, "{}", text.trim_end());
        let _ = self.err.flush();
    }

    /// Says what failed: to a person on standard error, and to a program that waits for JSON there too.
    pub(crate) fn fail(&mut self, failure: &Failure) -> Exit {
        if self.json && !failure.answered {
            let _ = self.print(&json("fob.error/1", &failure.facts()));
        }
        self.note(&failure.to_string());
        failure.exit
    }
}

fn unprinted(error: &io::Error) -> Failure {
    Failure::new(Exit::Failed, "the answer could not be printed").because(error)
}

/// One object, pretty enough to read, with a line break at its end.
fn json<T: Serialize>(schema: &'static str, members: &T) -> String {
    let text = serde_json::to_string_pretty(&Object { schema, members })
        .expect("answers are structs of texts, numbers and lists, which always serialise");
    harmless_json(&text).map_or(text, |harmless| harmless.to_string()) + "\n"
}

/// Until the system's clock shows another second.
struct RealPause;

impl Pause for RealPause {
    fn second(&self) -> Pausing<'_> {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let into_it = Duration::from_nanos(since_epoch.subsec_nanos().into());
        Box::pin(tokio::time::sleep(Duration::from_secs(1).saturating_sub(into_it)))
    }
}

/// fobd's own socket.
struct OwnSocket;

impl Door for OwnSocket {
    fn connect(&self) -> Connecting<'_> {
        Box::pin(connect())
    }
}
