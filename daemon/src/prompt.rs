//! Asking the person: a question goes out, an answer comes back. What is asked and when is `policy`'s matter; here is the
//! wall that tests replace, and behind it the process that shows the question.

mod line;
mod notice;
mod process;
mod program;
mod settings;
mod surroundings;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use fob_asking::{Answer, Question};
use zeroize::Zeroizing;

pub(crate) use notice::{Bus, Notices};
pub(crate) use process::Process;
pub(crate) use program::Program;
pub(crate) use settings::Face;
pub(crate) use surroundings::Surroundings;

/// A secret that the person typed, judged before the prompt goes away.
#[async_trait]
pub(crate) trait Judge: Send {
    /// What to say to it: `Ok` where it is right, else the words to show before it is asked for again.
    ///
    /// # Errors
    /// [`Wrong::Again`] to ask again, [`Wrong::Enough`] to end.
    async fn judge(&mut self, secret: Zeroizing<String>) -> Result<(), Wrong>;
}

/// A secret that was not right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It may be tried again; these words are shown.
    Again(String),
    /// It may not.
    Enough,
}

/// Why nobody answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unasked {
    /// There is no prompt, no screen and no terminal.
    #[error("nobody can be asked here: there is no screen and no terminal")]
    Nowhere,
    /// The prompt broke.
    #[error("the prompt broke before there was an answer")]
    Broke,
    /// Nobody answered in time.
    #[error("nobody answered in time")]
    TimedOut,
}

/// How a person is asked.
#[async_trait]
pub(crate) trait Prompter: Send + Sync {
    /// Shows a question until it is answered. Dropping the future takes it away at once. `judge` has a say wherever the
    /// question wants a secret; after [`Wrong::Enough`] the answer is no.
    ///
    /// # Errors
    /// [`Unasked`].
    async fn ask(&self, question: &Question, judge: Option<&mut dyn Judge>) -> Result<Answer, Unasked>;

    /// Says without asking that a key waits for a touch; what is returned takes the notice away when it is dropped.
    async fn touch(&self, product: &str, what: &str) -> Box<dyn Send>;
}

/// Where there is nobody to ask.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nobody;

#[async_trait]
impl Prompter for Nobody {
    async fn ask(&self, _: &Question, _: Option<&mut dyn Judge>) -> Result<Answer, Unasked> {
        Err(Unasked::Nowhere)
    }

    async fn touch(&self, _: &str, _: &str) -> Box<dyn Send> {
        Box::new(())
    }
}
