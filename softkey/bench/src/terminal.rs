//! Whoever sits at the terminal, for keys with `--touch ask`: one question after the other, answers by the line.

use std::collections::VecDeque;
use std::io::Stdin;

use fob_authenticator::{Ask, Presence};

use crate::printable::printable;

/// Longest line that is read as an answer.
const LONGEST_LINE: usize = 256;

/// Standard input, and what of an answer has been typed.
#[derive(Debug)]
pub(crate) struct Terminal {
    stdin: Stdin,
    /// Nobody can type any more, or nobody is wanted to.
    closed: bool,
    /// The keys that wait for an answer, in the order of their questions.
    asked: VecDeque<usize>,
    line: Vec<u8>,
}

impl Terminal {
    /// Listens if `wanted`: a program that asks nobody leaves its input alone.
    pub(crate) fn new(wanted: bool) -> Self {
        Self { stdin: std::io::stdin(), closed: !wanted, asked: VecDeque::new(), line: Vec::new() }
    }

    /// Standard input, while somebody may type an answer.
    pub(crate) fn input(&self) -> Option<&Stdin> {
        (!self.closed).then_some(&self.stdin)
    }

    /// This key wants to be touched; `name` where there are several.
    pub(crate) fn ask(&mut self, key: usize, name: Option<&str>, ask: &Ask) {
        self.asked.push_back(key);
        let which = name.map_or_else(|| "the key".to_owned(), |name| format!("key {name}"));
        let whom = ask.rp_id.as_ref().map(|rp_id| format!(" at {}", printable(rp_id.as_str())));
        eprintln!("Touch {which} to {}{}? [y/n]", ask.reason.words(), whom.unwrap_or_default());
        if self.closed {
            tracing::warn!("standard input is closed: nobody can answer");
        }
    }

    /// It does not any more.
    pub(crate) fn over(&mut self, key: usize) {
        self.asked.retain(|asked| *asked != key);
    }

    /// Standard input can be read: an answer, and to which key. What is typed while no touch is wanted counts for
    /// nothing.
    pub(crate) fn on_input(&mut self) -> Option<(usize, Presence)> {
        let mut bytes = [0; LONGEST_LINE];
        let read = match rustix::io::read(&self.stdin, &mut bytes) {
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => return None,
            Err(_) | Ok(0) => {
                self.closed = true;
                return None;
            }
            Ok(read) => read,
        };
        let answers: Vec<_> = bytes.iter().take(read).filter_map(|byte| self.typed(*byte)).collect();
        let answer = answers.into_iter().next_back()?;
        Some((self.asked.pop_front()?, answer))
    }

    /// One more byte: the answer, if it ends a line that is one.
    fn typed(&mut self, byte: u8) -> Option<Presence> {
        if byte != b'\n' {
            if self.line.len() < LONGEST_LINE {
                self.line.push(byte);
            }
            return None;
        }
        let line = std::mem::take(&mut self.line);
        match line.trim_ascii().to_ascii_lowercase().as_slice() {
            b"y" | b"yes" => Some(Presence::Touched),
            b"n" | b"no" => Some(Presence::Refused),
            _ => {
                if !self.asked.is_empty() {
                    eprintln!("Type y or n.");
                }
                None
            }
        }
    }
}
