//! What fobd asks a person, what comes back, how both travel, and what every face of the prompt has in common.
//!
//! fobd starts `fob-prompt` for each question. The process gets one end of a socket pair as its standard input (messages of
//! this crate, one JSON object a line, both ways) and the writing end of a pipe as its standard output (secrets, one a
//! line, only before an [`Answer::Secret`] that says so). Closing the socket withdraws the question.
//!
//! A face shows [`Words`], made here of a [`Question`], as they are and never as markup; it counts no input before the
//! [`Gate`] is open; it keeps what is typed in a [`Typed`]; and it begins with [`harden()`]. How it looks is its own matter.

#![deny(clippy::unwrap_used, clippy::indexing_slicing)]

mod gate;
mod harden;
mod question;
mod site;
mod text;
mod typed;
mod wire;
mod words;

pub use gate::Gate;
pub use harden::harden;
pub use question::{Asker, Choice, Question, Tier, Want, What};
pub use site::Site;
pub use text::{LONGEST_TEXT, harmless};
pub use typed::{LONGEST_SECRET, Typed};
pub use wire::{Answer, LONGEST_LINE, Verdict, WireError, read_line, write_line};
pub use words::{Button, Line, Offer, SecretWords, Words};
