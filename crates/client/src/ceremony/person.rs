//! The person at the machine, as far as one key needs them.

use crate::KeyState;
use crate::pin::{Pin, PolicyProblem};

/// Who is shown what the key does, and asked for PINs.
///
/// The law: `pin` and `new_pin` block until there is an answer, and give up by themselves when the request is cancelled
/// or its time is up; the key is not asked anything meanwhile. A PIN that was wrong is never sent again by itself:
/// every try is an answer of the person's. Answers are in Unicode's form NFC, which digits and ASCII letters always are
/// (§6.5.1): bringing others into it is up to whoever reads the keyboard.
pub trait Person {
    /// The key is doing something else than before.
    fn state(&mut self, state: KeyState);

    /// The next touch is this one of so many, counted from 1. Not said where one does.
    fn step(&mut self, _step: u32, _steps: u32) {}

    /// What is the key's PIN?
    fn pin(&mut self, question: PinQuestion) -> PinAnswer;

    /// Which PIN shall the key have from now on? Who cannot be asked that gives up.
    fn new_pin(&mut self, _question: NewPinQuestion) -> PinAnswer {
        PinAnswer::GiveUp
    }
}

/// What to tell somebody who is asked for a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinQuestion {
    /// Tries left. At 1, another wrong one blocks the key: make sure before.
    pub retries: u8,
    /// Whether the one before, in this ceremony, was wrong.
    pub wrong_before: bool,
    /// Fewest code points of a PIN of this key.
    pub least: u64,
}

/// What to tell somebody who chooses a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewPinQuestion {
    /// Why one is needed.
    pub reason: NewPinReason,
    /// Fewest code points.
    pub least: u64,
    /// Most code points.
    pub most: u64,
}

/// Why a new PIN is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewPinReason {
    /// The key has none, and the request wants the person verified.
    NotSet,
    /// The key wants another one before it does anything else.
    ChangeForced,
    /// The one that was chosen is against the key's rules.
    Refused(PolicyProblem),
}

/// An answer to either question.
#[derive(Debug)]
pub enum PinAnswer {
    /// This one.
    Pin(Pin),
    /// Not now.
    GiveUp,
}
