//! fob-prompt: shows a person one question of fobd's and brings the answer back. One process, one question.
//!
//! fobd starts it (`fob_asking` says how they talk). Which face it shows is decided in `face`: the window of
//! `fob-prompt-gtk`, which takes this process over; the terminal of `fob`; or pinentry. What is shown is decided
//! in `fob_asking`, once for all faces. It knows nothing of vault, keys and policy.
//!
//! It writes no diary: the only thing it ever says on standard error is why it cannot do its work at all.

#![deny(clippy::unwrap_used, clippy::indexing_slicing)]

mod arguments;
mod asker;
mod dialogue;
mod face;
mod graphical;
mod line;
mod pinentry;
mod screen;
mod signals;
mod terminal;

use std::process::ExitCode;

use fob_asking::{Answer, WireError};

use crate::arguments::{Request, USAGE};
use crate::face::{Face, Facts, Preference};
use crate::line::Line;
use crate::pinentry::Pinentry;
use crate::screen::Screen;
use crate::terminal::Terminal;

/// Exit code for a command line that makes no sense (STYLE.md).
const EXIT_USAGE: u8 = 2;

/// Why a face could not be shown, or broke.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    /// It is not there, or not to be trusted.
    #[error("{0}")]
    Absent(&'static str),
    /// The system's.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The line to fobd broke.
    #[error(transparent)]
    Line(#[from] WireError),
}

impl From<rustix::io::Errno> for Broken {
    fn from(errno: rustix::io::Errno) -> Self {
        Self::Io(errno.into())
    }
}

fn main() -> ExitCode {
    // Before anything is read.
    fob_asking::harden();
    // Out of whatever terminal fobd was started from: nothing that is started here finds one by itself. Fails where
    // this process leads a group, which it does only if a person started it.
    let _ = rustix::process::setsid();
    match Request::parse(std::env::args_os().skip(1)) {
        Ok(Request::Help) => {
            print!("{USAGE}");
            ExitCode::SUCCESS
        }
        Ok(Request::Version) => {
            println!("fob-prompt {}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        Ok(Request::Ask(preference)) => match ask(preference) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("fob-prompt: {error}");
                ExitCode::FAILURE
            }
        },
        Err(error) => {
            eprint!("fob-prompt: {error}\n{USAGE}");
            ExitCode::from(EXIT_USAGE)
        }
    }
}

fn ask(preference: Preference) -> Result<(), Broken> {
    let question = line::peek()?;
    let screen = Screen::look();
    for face in face::order(&question, preference, &Facts::here(screen)) {
        match face {
            // Comes back only if it could not: the question is still there for the next one.
            Face::Graphical => graphical::take_over(screen),
            Face::Terminal => {
                if let Ok(terminal) = Terminal::open(&question) {
                    return terminal.ask(&question, Line::take()?);
                }
            }
            Face::Pinentry => {
                if let Ok(pinentry) = Pinentry::start(&question, screen) {
                    return pinentry.ask(&question, Line::take()?);
                }
            }
        }
    }
    Ok(Line::take()?.answer(Answer::Nowhere)?)
}
