//! Where the PIN of a ceremony comes from. A wrong one is never tried again by itself, and the last try is spent only
//! when a person says so.

use fob_bus::{CallError, ErrorKind};

use super::steps::Question;
use crate::commands::key::pin::last_try;
use crate::secret::{Secret, Source};
use crate::text::count;
use crate::{Failure, World};

/// The source of the PIN for all ceremonies of one command.
#[derive(Debug)]
pub(crate) struct Pin {
    descriptor: Option<u32>,
    secret: Option<Secret>,
    given: bool,
}

impl Pin {
    /// From this descriptor, or from the terminal.
    pub(crate) fn new(descriptor: Option<u32>) -> Self {
        Self { descriptor, secret: None, given: false }
    }

    /// A new ceremony begins.
    pub(super) fn begin(&mut self) {
        self.given = false;
    }

    /// The PIN that the key wants now.
    pub(super) fn answer(&mut self, world: &mut World, question: &Question) -> Result<&Secret, Failure> {
        if self.descriptor.is_some() && self.given {
            return Err(wrong(question));
        }
        if question.wrong {
            world.note("Wrong PIN.");
        }
        if question.retries == Some(1) {
            last_try(world)?;
        }
        self.given = true;
        let source = Source { what: "PIN", option: "--pin-fd", descriptor: self.descriptor, prompt: &question.prompt };
        // A descriptor can be read once, and serves every ceremony of the command.
        let secret = match self.secret.take() {
            Some(secret) if self.descriptor.is_some() => secret,
            _ => source.obtain(world)?,
        };
        Ok(self.secret.insert(secret))
    }
}

/// The PIN that came through the descriptor is wrong.
fn wrong(question: &Question) -> Failure {
    let left = question.retries.map_or(String::new(), |retries| format!(", {} left", count(retries, "try", "tries")));
    let mut error = CallError::new(ErrorKind::PinInvalid, format!("wrong PIN{left}"));
    error.details.retries = question.retries;
    error.into()
}
