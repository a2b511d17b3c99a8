//! How questions and answers travel: one JSON object a line, bounded.

use std::io::{self, BufRead, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Choice;

/// Longest line with its end, in bytes: no question comes near it, and it fits into a socket that nobody reads yet.
pub const LONGEST_LINE: usize = 64 * 1024;

/// What the person says, from the prompt to fobd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Answer {
    /// No.
    Refused,
    /// Yes, for so long. The last word where no secret is wanted.
    Granted {
        /// How long.
        choice: Choice,
    },
    /// A secret was written into the pipe, one line; with a choice where there are any.
    Secret {
        /// How long.
        choice: Option<Choice>,
    },
    /// Nobody could be asked: no screen, no terminal.
    Nowhere,
}

/// What fobd says to a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// It was right: the prompt ends.
    Right,
    /// It was wrong: ask again. The words say so, and how many tries are left.
    Wrong {
        /// What to show.
        words: String,
    },
}

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The other end is gone.
    #[error("the other end is gone")]
    Closed,
    /// The line is too long.
    #[error("a message is longer than {LONGEST_LINE} bytes")]
    TooLong,
    /// The line is no message.
    #[error("a message makes no sense")]
    Nonsense(#[source] serde_json::Error),
    /// The system's.
    #[error("the line to the other end broke")]
    Io(#[from] io::Error),
}

/// Reads one message. Blocks.
///
/// # Errors
/// [`WireError`].
pub fn read_line<T: DeserializeOwned>(from: &mut impl BufRead) -> Result<T, WireError> {
    let mut line = Vec::new();
    let mut bounded = io::Read::take(&mut *from, LONGEST_LINE as u64);
    bounded.read_until(b'\n', &mut line)?;
    match line.pop() {
        None => Err(WireError::Closed),
        Some(b'\n') => serde_json::from_slice(&line).map_err(WireError::Nonsense),
        Some(_) if bounded.limit() == 0 => Err(WireError::TooLong),
        Some(_) => Err(WireError::Closed),
    }
}

/// Writes one message.
///
/// # Errors
/// [`WireError::Io`]; [`WireError::TooLong`] for what the other end would not take.
pub fn write_line(to: &mut impl Write, message: &impl Serialize) -> Result<(), WireError> {
    let mut line = serde_json::to_vec(message).map_err(WireError::Nonsense)?;
    line.push(b'\n');
    if line.len() > LONGEST_LINE {
        return Err(WireError::TooLong);
    }
    to.write_all(&line)?;
    Ok(to.flush()?)
}
