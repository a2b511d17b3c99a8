//! What a face shows: decided here, once, as plain data.
//!
//! Every string is made harmless already and is plain text. What is fob's own is a sentence, what others wrote stands
//! alone behind a label: no name can become a part of a sentence. There is no default among the answers.

mod kinds;
#[cfg(test)]
mod tests;
mod who;

use crate::text::harmless;
use crate::{Choice, Question, Site, Want, What};

/// Most pieces of one list; how many more there are is said.
const LONGEST_LIST: usize = 12;

/// What is to be shown, and what may be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The question itself, a sentence with at most an ASCII domain in it.
    pub title: String,
    /// The site that it is about; its domain is what a person is to look at first.
    pub site: Option<Site>,
    /// The rest, from what matters most.
    pub lines: Vec<Line>,
    /// What should make a person stop.
    pub warning: Option<String>,
    /// The answers besides no.
    pub choices: Vec<Offer>,
    /// The answer no.
    pub refuse: Button,
    /// The secret that is wanted.
    pub secret: Option<SecretWords>,
    /// How many others wait behind this question.
    pub behind: Option<String>,
}

/// A fact: whose it is, and what others say it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// One or two words of fob's.
    pub label: &'static str,
    /// Text from outside, or fob's.
    pub text: String,
}

/// Something to press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Button {
    /// What it says.
    pub label: &'static str,
    /// The letter or digit in it that stands for it; no two of a question share one.
    pub mnemonic: char,
}

/// One answer besides no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// What it means.
    pub choice: Choice,
    /// How it is offered.
    pub button: Button,
}

/// The secret that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretWords {
    /// What it is.
    pub label: &'static str,
    /// The letter of the label that leads to it; no answer has it.
    pub mnemonic: char,
    /// More about it, such as how many tries are left.
    pub note: Option<String>,
    /// Whether it may be shown while it is typed: the six digits of a pairing are on the screen anyhow.
    pub open: bool,
    /// Exactly so many digits, where it is known.
    pub digits: Option<usize>,
}

impl Words {
    /// What is shown for a question.
    #[must_use]
    pub fn of(question: &Question) -> Self {
        let kind = kinds::Kind::of(&question.what);
        let mut lines = kind.lines;
        lines.extend(who::lines(&question.asker));
        Self {
            title: kind.title,
            site: kind.site,
            lines,
            warning: sentences([kind.warning, who::warning(&question.asker)]),
            choices: offers(question),
            refuse: Button { label: "No", mnemonic: 'n' },
            secret: question.want.as_ref().map(secret),
            behind: match question.behind {
                0 => None,
                1 => Some("1 more question waits.".to_owned()),
                more => Some(format!("{more} more questions wait.")),
            },
        }
    }

    /// How long the question still waits.
    #[must_use]
    pub fn deadline(seconds: u64) -> String {
        match seconds {
            0 => "Withdrawn now.".to_owned(),
            1 => "Withdrawn in 1 second.".to_owned(),
            2..=119 => format!("Withdrawn in {seconds} seconds."),
            _ => format!("Withdrawn in {} minutes.", seconds / 60),
        }
    }

    /// Made harmless: what fobd says to a wrong secret.
    #[must_use]
    pub fn verdict(words: &str) -> String {
        harmless(words)
    }
}

fn sentences(sentences: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    let all: Vec<_> = sentences.into_iter().flatten().collect();
    (!all.is_empty()).then(|| all.join(" "))
}

/// One button for each choice; a question that could be asked twice about one choice is asked once.
fn offers(question: &Question) -> Vec<Offer> {
    let mut choices = question.choices.clone();
    choices.sort_unstable();
    choices.dedup();
    choices.into_iter().map(|choice| Offer { choice, button: button(choice, &question.what) }).collect()
}

const fn button(choice: Choice, what: &What) -> Button {
    let (label, mnemonic) = match (choice, what) {
        (Choice::Once, What::Attach { .. }) => ("Attach it", 'a'),
        (Choice::Once, What::Pair { .. }) => ("Pair it", 'p'),
        (Choice::Once, What::Allow { .. }) => ("List it", 'l'),
        (Choice::Once, _) => ("Allow once", 'o'),
        (Choice::UntilLock, _) => ("Allow until the vault locks", 'u'),
        (Choice::EightHours, _) => ("Allow for 8 hours", '8'),
        (Choice::Always, _) => ("Allow always", 'y'),
    };
    Button { label, mnemonic }
}

fn secret(want: &Want) -> SecretWords {
    match want {
        Want::Passphrase => SecretWords {
            label: "Passphrase",
            mnemonic: 's',
            note: Some("The vault is locked. Its passphrase opens it.".to_owned()),
            open: false,
            digits: None,
        },
        Want::Pin { retries, wrong } => {
            let tries = match retries {
                1 => "1 try is left: one more wrong PIN blocks the key.".to_owned(),
                tries => format!("{tries} tries are left."),
            };
            let note = if *wrong { format!("That PIN was wrong. {tries}") } else { tries };
            SecretWords { label: "PIN of the key", mnemonic: 'k', note: Some(note), open: false, digits: None }
        }
        Want::Digits => SecretWords {
            label: "Six digits",
            mnemonic: 'd',
            note: Some("Type the digits that the program shows.".to_owned()),
            open: true,
            digits: Some(6),
        },
    }
}

/// The first pieces of a list, each made harmless.
fn list(pieces: &[String]) -> String {
    let mut shown: Vec<_> = pieces.iter().take(LONGEST_LIST).map(|piece| harmless(piece)).collect();
    if let Some(more) = pieces.len().checked_sub(LONGEST_LIST).filter(|more| *more > 0) {
        shown.push(format!("and {more} more"));
    }
    shown.join(", ")
}
