//! Who touches the key: nobody real, or whoever sits at the terminal.

use std::io::Stdin;

use fob_authenticator::{Ask, Presence};

use crate::TouchPolicy;
use crate::printable::printable;

/// Longest line that is read as an answer.
const LONGEST_LINE: usize = 256;

/// The policy, and what of an answer has been typed.
#[derive(Debug)]
pub(crate) struct Touch {
    policy: TouchPolicy,
    stdin: Stdin,
    /// Nobody can type any more.
    closed: bool,
    asked: bool,
    line: Vec<u8>,
}

impl Touch {
    pub(crate) fn new(policy: TouchPolicy) -> Self {
        Self { policy, stdin: std::io::stdin(), closed: policy != TouchPolicy::Ask, asked: false, line: Vec::new() }
    }

    /// Standard input, while somebody may type an answer.
    pub(crate) fn input(&self) -> Option<&Stdin> {
        (!self.closed).then_some(&self.stdin)
    }

    /// A touch is wanted: the answer, if it is known at once.
    pub(crate) fn ask(&mut self, ask: &Ask) -> Option<Presence> {
        match self.policy {
            TouchPolicy::Allow => Some(Presence::Touched),
            TouchPolicy::Deny => Some(Presence::Refused),
            TouchPolicy::Ask => {
                self.asked = true;
                let whom = ask.rp_id.as_ref().map(|rp_id| format!(" at {}", printable(rp_id.as_str())));
                eprintln!("Touch the key to {}{}? [y/n]", ask.reason.words(), whom.unwrap_or_default());
                if self.closed {
                    tracing::warn!("standard input is closed: nobody can answer");
                }
                None
            }
        }
    }

    /// It is not wanted any more.
    pub(crate) fn over(&mut self) {
        self.asked = false;
    }

    /// Standard input can be read. What is typed while no touch is wanted counts for nothing.
    pub(crate) fn on_input(&mut self) -> Option<Presence> {
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
        answers.into_iter().next_back().filter(|_| std::mem::take(&mut self.asked))
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
                if self.asked {
                    eprintln!("Type y or n.");
                }
                None
            }
        }
    }
}
