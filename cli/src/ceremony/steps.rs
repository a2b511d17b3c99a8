//! What a state of the request means for the person: something to say, or a PIN to ask for.

use fob_bus::types::{StateDetails, request_state};

use crate::text::{count, shown};

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing.
    Wait,
    /// Say this.
    Say(String),
    /// Get the PIN.
    AskPin(Question),
}

/// The question for the PIN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    /// For the terminal.
    pub(super) prompt: String,
    /// Whether the PIN before was wrong.
    pub(super) wrong: bool,
    /// Tries left, when the daemon knows.
    pub(super) retries: Option<u32>,
}

/// What the person was last asked to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum WaitedFor {
    /// Nothing: the key works, or others go first.
    #[default]
    Nobody,
    /// To insert a key.
    Key,
    /// To touch one.
    Touch,
}

/// Where the request stands.
#[derive(Debug, Default)]
pub(super) struct Progress {
    waited_for: WaitedFor,
    said: String,
}

impl Progress {
    /// What the person was last asked to do.
    pub(super) fn waited_for(&self) -> WaitedFor {
        self.waited_for
    }

    /// A new state came.
    pub(super) fn on_state(&mut self, state: &str, details: &StateDetails) -> Step {
        let (waited_for, words) = match state {
            request_state::TOUCH => (WaitedFor::Touch, format!("Touch {}.", key(details))),
            request_state::SELECT => (WaitedFor::Touch, "Touch the key you want to use.".to_owned()),
            request_state::INSERT => (WaitedFor::Key, "Insert your key.".to_owned()),
            request_state::QUEUED => (WaitedFor::Nobody, "Waiting until the key is free.".to_owned()),
            request_state::PIN => {
                self.waited_for = WaitedFor::Nobody;
                return Step::AskPin(question(details));
            }
            // The key works, or a newer daemon does something that needs nobody.
            _ => return Step::Wait,
        };
        self.waited_for = waited_for;
        if self.said == words {
            return Step::Wait;
        }
        self.said.clone_from(&words);
        Step::Say(words)
    }
}

fn key(details: &StateDetails) -> String {
    match details.product.as_deref().map(shown).filter(|product| !product.is_empty()) {
        Some(product) => format!("your key ({product})"),
        None => "your key".to_owned(),
    }
}

fn question(details: &StateDetails) -> Question {
    let wrong = details.wrong == Some(true);
    let left = details.retries.map_or(String::new(), |retries| format!(", {} left", count(retries, "try", "tries")));
    Question { prompt: format!("PIN of {}{left}: ", key(details)), wrong, retries: details.retries }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_what_to_do_and_told_once() {
        let mut progress = Progress::default();
        let named = StateDetails { product: Some("Key\u{202e} 5".to_owned()), ..StateDetails::default() };
        let nothing = StateDetails::default();
        for (state, details, expected, waited_for) in [
            ("working", &nothing, Step::Wait, WaitedFor::Nobody),
            ("insert", &nothing, Step::Say("Insert your key.".to_owned()), WaitedFor::Key),
            ("select", &nothing, Step::Say("Touch the key you want to use.".to_owned()), WaitedFor::Touch),
            ("touch", &named, Step::Say("Touch your key (Key 5).".to_owned()), WaitedFor::Touch),
            ("touch", &named, Step::Wait, WaitedFor::Touch),
            ("something new", &named, Step::Wait, WaitedFor::Touch),
        ] {
            assert_eq!(progress.on_state(state, details), expected, "{state}");
            assert_eq!(progress.waited_for(), waited_for, "{state}");
        }
    }

    #[test]
    fn the_question_for_the_pin_says_how_many_tries_are_left() {
        let details = StateDetails { retries: Some(1), wrong: Some(true), ..StateDetails::default() };
        let Step::AskPin(question) = Progress::default().on_state("pin", &details) else { panic!() };
        assert!(question.wrong);
        assert_eq!(question.prompt, "PIN of your key, 1 try left: ");
    }
}
