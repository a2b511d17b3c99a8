//! Where the PIN of a request comes from. A wrong one is never tried again by itself, and the last try of a key is spent
//! only when a person says so.

use fob_bus::{CallError, ErrorKind};

use super::request::Request;
use super::steps::{Question, Whose};
use crate::commands::key::pin::last_try;
use crate::secret::{Secret, Source};
use crate::text::count;
use crate::{Failure, World};

/// The source of the PIN for all requests of one command.
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

    /// A new request begins.
    pub(super) fn begin(&mut self) {
        self.given = false;
    }

    /// Gives the daemon the PIN that is wanted now.
    pub(super) async fn hand_over(
        &mut self,
        world: &mut World,
        question: &Question,
        request: &Request,
    ) -> Result<(), Failure> {
        loop {
            let secret = self.answer(world, question)?;
            match request.provide_pin(secret).await {
                // Such as one that is too short. Nothing was spent, and the key still waits.
                Err(failure) if failure.word == crate::failure::word(ErrorKind::PinPolicy) => {
                    if self.descriptor.is_some() {
                        return Err(failure);
                    }
                    world.note(&format!("That cannot be the PIN: {}.", crate::text::shown(&failure.message)));
                }
                // If the request ended meanwhile, `Done` says so and why.
                _ => return Ok(()),
            }
        }
    }

    fn answer(&mut self, world: &mut World, question: &Question) -> Result<&Secret, Failure> {
        // The same may be wanted of another key; the same again of the same key never.
        if self.descriptor.is_some() && self.given && question.wrong {
            return Err(wrong(question));
        }
        if question.wrong {
            world.note("Wrong PIN.");
        }
        if question.retries == Some(1) && question.whose == Whose::Key {
            last_try(world)?;
        }
        self.given = true;
        let source = Source { what: "PIN", option: "--pin-fd", descriptor: self.descriptor, prompt: &question.prompt };
        // A descriptor can be read once, and serves every request of the command.
        let secret = match self.secret.take() {
            Some(secret) if self.descriptor.is_some() => secret,
            _ if question.whose == Whose::NewForTpm => source.obtain_new(world)?,
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
