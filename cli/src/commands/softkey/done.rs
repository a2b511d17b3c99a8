//! The answer of a command that has nothing to tell but that it is done.

use serde::Serialize;

use crate::answer::Answer;

/// What was done.
#[derive(Serialize)]
pub(super) struct Done {
    /// The command, in the channel's word for it.
    pub(super) op: &'static str,
    /// The same for a person: a sentence of ours, without text from outside.
    #[serde(skip)]
    pub(super) sentence: &'static str,
}

impl Answer for Done {
    const SCHEMA: &'static str = "fob.softkey-done/1";

    fn words(&self) -> String {
        format!("{}\n", self.sentence)
    }
}
