//! What follows from a key on the terminal. Keys and time in, steps out; nothing here reads or writes.
//!
//! A letter and Enter is an answer, a secret and Enter is one; Enter by itself is nothing, so there is no default. No key
//! counts before the gate is open.

use fob_ambient::Millis;
use fob_asking::{Answer, Choice, Gate, Question, Typed, Words};

use crate::terminal::Key;

/// Longest answer that is no secret, in characters.
const LONGEST_ANSWER: usize = 8;
/// Takes back one character that was shown.
const RUBOUT: &str = "\u{8} \u{8}";

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing.
    Nothing,
    /// Write this to the terminal.
    Show(String),
    /// Say this to fobd: the person has spoken.
    Answer(Answer),
    /// Hand the secret over, with this choice.
    Secret(Option<Choice>),
}

/// What the person is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Choosing an answer.
    Choosing,
    /// Typing the secret.
    Typing,
    /// Waiting for what fobd says to it.
    Judged,
}

/// The conversation about one question.
#[derive(Debug)]
pub(crate) struct Dialogue {
    words: Words,
    gate: Gate,
    phase: Phase,
    choice: Option<Choice>,
    letters: String,
    typed: Typed,
}

impl Dialogue {
    /// Nothing is shown yet.
    pub(crate) fn of(question: &Question) -> Self {
        let words = Words::of(question);
        let phase = if words.choices.is_empty() { Phase::Typing } else { Phase::Choosing };
        Self { words, gate: Gate::closed(), phase, choice: None, letters: String::new(), typed: Typed::nothing() }
    }

    /// What is shown.
    pub(crate) fn words(&self) -> &Words {
        &self.words
    }

    /// It is on the screen from now on. Whether the terminal has the focus is not known: it is taken to have it until it
    /// says otherwise.
    pub(crate) fn shown(&mut self, now: Millis) {
        self.gate.show(true, now);
        self.gate.focus(true, now);
    }

    /// The terminal has another size, or something else was written to it.
    pub(crate) fn disturbed(&mut self, now: Millis) {
        self.gate.disturb(now);
    }

    /// What stands before the cursor.
    pub(crate) fn cue(&self) -> String {
        match self.phase {
            Phase::Choosing => format!("{}, then Enter: ", self.letters_of_all()),
            Phase::Typing | Phase::Judged => {
                let label = self.words.secret.as_ref().map_or("Secret", |secret| secret.label);
                format!("{label} (Ctrl-C says no): ")
            }
        }
    }

    /// A key was pressed.
    pub(crate) fn key(&mut self, key: Key, now: Millis) -> Step {
        match key {
            Key::FocusIn => self.gate.focus(true, now),
            Key::FocusOut => self.gate.focus(false, now),
            Key::Other => {}
            _ if !self.gate.key(now) => {}
            Key::Stop => return Step::Answer(Answer::Refused),
            key => {
                return match self.phase {
                    Phase::Choosing => self.choosing(key),
                    Phase::Typing => self.typing(key),
                    Phase::Judged => Step::Nothing,
                };
            }
        }
        Step::Nothing
    }

    /// The secret, to hand it over.
    pub(crate) fn secret(&mut self) -> &mut Typed {
        &mut self.typed
    }

    /// fobd found the secret wrong and said why.
    pub(crate) fn wrong(&mut self, words: &str) -> String {
        self.typed.clear();
        self.phase = Phase::Typing;
        format!("\n{}\n{}", Words::verdict(words), self.cue())
    }

    fn choosing(&mut self, key: Key) -> Step {
        match key {
            Key::Character(character) if !character.is_control() && self.letters.len() < LONGEST_ANSWER => {
                self.letters.push(character);
                Step::Show(character.to_string())
            }
            Key::Back => self.letters.pop().map_or(Step::Nothing, |_| Step::Show(RUBOUT.to_owned())),
            Key::Clear => {
                let gone = std::mem::take(&mut self.letters).chars().count();
                Step::Show(RUBOUT.repeat(gone))
            }
            // Enter by itself is no answer.
            Key::Enter if self.letters.trim().is_empty() => Step::Nothing,
            Key::Enter => self.chosen(),
            _ => Step::Nothing,
        }
    }

    fn chosen(&mut self) -> Step {
        let letters = std::mem::take(&mut self.letters).trim().to_lowercase();
        let is = |mnemonic: char| letters.chars().eq([mnemonic]);
        if is(self.words.refuse.mnemonic) {
            return Step::Answer(Answer::Refused);
        }
        let offer = self.words.choices.iter().find(|offer| is(offer.button.mnemonic)).copied();
        match (offer, &self.words.secret) {
            (None, _) => Step::Show(format!("\nThat is none of them. {}", self.cue())),
            (Some(offer), None) => Step::Answer(Answer::Granted { choice: offer.choice }),
            (Some(offer), Some(_)) => {
                self.choice = Some(offer.choice);
                self.phase = Phase::Typing;
                Step::Show(format!("\n{}", self.cue()))
            }
        }
    }

    fn typing(&mut self, key: Key) -> Step {
        let shown = self.words.secret.as_ref().is_some_and(|secret| secret.open);
        let digits = self.words.secret.as_ref().and_then(|secret| secret.digits);
        match key {
            Key::Character(character) if digits.is_some_and(|most| !self.takes_digit(character, most)) => Step::Nothing,
            Key::Character(character) => match self.typed.push(character) {
                true if shown => Step::Show(character.to_string()),
                _ => Step::Nothing,
            },
            Key::Back => {
                let was_there = !self.typed.is_empty();
                self.typed.pop();
                if shown && was_there { Step::Show(RUBOUT.to_owned()) } else { Step::Nothing }
            }
            Key::Clear => {
                let gone = self.typed.expose().chars().count();
                self.typed.clear();
                if shown { Step::Show(RUBOUT.repeat(gone)) } else { Step::Nothing }
            }
            Key::Enter if self.typed.is_empty() => Step::Nothing,
            Key::Enter if digits.is_some_and(|wanted| self.typed.expose().len() != wanted) => Step::Nothing,
            Key::Enter => {
                self.phase = Phase::Judged;
                Step::Secret(self.choice)
            }
            _ => Step::Nothing,
        }
    }

    fn takes_digit(&self, character: char, most: usize) -> bool {
        character.is_ascii_digit() && self.typed.expose().len() < most
    }

    /// `o, u or n`.
    fn letters_of_all(&self) -> String {
        let choices: Vec<_> = self.words.choices.iter().map(|offer| offer.button.mnemonic.to_string()).collect();
        format!("{} or {}", choices.join(", "), self.words.refuse.mnemonic)
    }
}

#[cfg(test)]
mod tests;
