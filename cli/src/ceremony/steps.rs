//! What a state of the request means for the person: something to say, or a PIN to ask for.

use fob_bus::types::{StateDetails, request_state};

use super::way::TpmPin;
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
    /// Whose it is.
    pub(super) whose: Whose,
    /// Whether the PIN before was wrong.
    pub(super) wrong: bool,
    /// Tries left, when the daemon knows.
    pub(super) retries: Option<u32>,
}

/// Whose PIN is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// A security key's.
    Key,
    /// The TPM's.
    Tpm,
    /// One that the TPM is to have from now on.
    NewForTpm,
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
    /// To answer fob's prompt.
    Answer,
}

/// Where the request stands.
#[derive(Debug, Default)]
pub(super) struct Progress {
    waited_for: WaitedFor,
    said: String,
    tpm: TpmPin,
}

impl Progress {
    /// Of a request that asks a TPM for such a PIN, if it asks for one.
    pub(super) fn of(tpm: TpmPin) -> Self {
        Self { tpm, ..Self::default() }
    }

    /// What the person was last asked to do.
    pub(super) fn waited_for(&self) -> WaitedFor {
        self.waited_for
    }

    /// A new state came.
    pub(super) fn on_state(&mut self, state: &str, details: &StateDetails) -> Step {
        let (waited_for, words) = match state {
            request_state::TOUCH => (WaitedFor::Touch, format!("Touch {}{}.", key(details), of_several(details))),
            request_state::SELECT => {
                (WaitedFor::Touch, format!("Touch the key you want to use{}.", of_several(details)))
            }
            request_state::INSERT => (WaitedFor::Key, format!("Insert {}.", key(details))),
            request_state::CONSENT => (WaitedFor::Answer, "Waiting for your answer in fob's prompt.".to_owned()),
            request_state::QUEUED => (WaitedFor::Nobody, "Waiting until the key is free.".to_owned()),
            request_state::PIN => {
                self.waited_for = WaitedFor::Nobody;
                return Step::AskPin(self.question(details));
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

    fn question(&self, details: &StateDetails) -> Question {
        let whose = match (is_key(details), self.tpm) {
            (true, _) => Whose::Key,
            (false, TpmPin::Known) => Whose::Tpm,
            (false, TpmPin::New) => Whose::NewForTpm,
        };
        let left =
            details.retries.map_or(String::new(), |retries| format!(", {} left", count(retries, "try", "tries")));
        let prompt = match whose {
            Whose::Key => format!("PIN of {}{left}: ", key(details)),
            Whose::Tpm => format!("PIN of the TPM{left}: "),
            Whose::NewForTpm => "A PIN for the TPM, the same or another: ".to_owned(),
        };
        Question { prompt, whose, wrong: details.wrong == Some(true), retries: details.retries }
    }
}

/// A way into the vault that is asked for a PIN without a key is the TPM.
fn is_key(details: &StateDetails) -> bool {
    details.key.is_some() || details.product.is_some() || details.slot.is_none()
}

/// `your key`, with its name in the vault and the maker's.
fn key(details: &StateDetails) -> String {
    let named = |name: Option<&str>| name.map(shown).filter(|name| !name.is_empty());
    let label = named(details.label.as_deref()).map(|label| format!(" \"{label}\"")).unwrap_or_default();
    let product = named(details.product.as_deref()).map(|product| format!(" ({product})")).unwrap_or_default();
    format!("your key{label}{product}")
}

/// `, 2 of 3`.
fn of_several(details: &StateDetails) -> String {
    match (details.step, details.steps) {
        (Some(step), Some(steps)) if steps > 1 => format!(", {step} of {steps}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_what_to_do_and_told_once() {
        let mut progress = Progress::default();
        let named = StateDetails { product: Some("Key\u{202e} 5".to_owned()), ..StateDetails::default() };
        let second = StateDetails {
            label: Some("blue\u{202e}".to_owned()),
            step: Some(2),
            steps: Some(3),
            ..StateDetails::default()
        };
        let alone = StateDetails { step: Some(1), steps: Some(1), ..StateDetails::default() };
        let nothing = StateDetails::default();
        for (state, details, expected, waited_for) in [
            ("working", &nothing, Step::Wait, WaitedFor::Nobody),
            ("insert", &nothing, Step::Say("Insert your key.".to_owned()), WaitedFor::Key),
            ("consent", &nothing, Step::Say("Waiting for your answer in fob's prompt.".to_owned()), WaitedFor::Answer),
            ("select", &nothing, Step::Say("Touch the key you want to use.".to_owned()), WaitedFor::Touch),
            ("touch", &named, Step::Say("Touch your key (Key 5).".to_owned()), WaitedFor::Touch),
            ("touch", &named, Step::Wait, WaitedFor::Touch),
            ("something new", &named, Step::Wait, WaitedFor::Touch),
            ("insert", &second, Step::Say("Insert your key \"blue\".".to_owned()), WaitedFor::Key),
            ("touch", &second, Step::Say("Touch your key \"blue\", 2 of 3.".to_owned()), WaitedFor::Touch),
            ("touch", &alone, Step::Say("Touch your key.".to_owned()), WaitedFor::Touch),
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

    #[test]
    fn the_pin_of_a_tpm_is_told_apart_from_a_keys() {
        let slot = || Some("a1".to_owned());
        let key = StateDetails { slot: slot(), key: Some("0a1b2c3d".to_owned()), ..StateDetails::default() };
        let tpm = StateDetails { slot: slot(), ..StateDetails::default() };
        for (pin, details, expected) in [
            (TpmPin::Known, &key, (Whose::Key, "PIN of your key: ")),
            (TpmPin::Known, &tpm, (Whose::Tpm, "PIN of the TPM: ")),
            (TpmPin::New, &key, (Whose::Key, "PIN of your key: ")),
            (TpmPin::New, &tpm, (Whose::NewForTpm, "A PIN for the TPM, the same or another: ")),
        ] {
            let Step::AskPin(question) = Progress::of(pin).on_state("pin", details) else { panic!() };
            assert_eq!((question.whose, question.prompt.as_str()), expected);
        }
    }
}
