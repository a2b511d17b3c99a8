//! A request to fobd with the person at the key: credentials for `enroll` and `sign-in`, ways into the vault.
//!
//! The path of a request is known before the call, so its signals are subscribed first. [`steps`] decides what a state
//! means, [`outcome`] what the end means; here is the loop around them. Whatever ends it early cancels the request and
//! waits until fobd says how it ended: it may have been too late.

mod credential;
mod outcome;
mod pin;
mod request;
mod steps;
mod way;

use std::time::Duration;

use fob_ambient::{Rng, SystemRng};
use fob_bus::types::Outcome;
use fob_bus::{CallError, ErrorKind, names};
use futures_util::FutureExt;
use zbus::OwnedObjectPath;

pub(crate) use credential::{Ask, Kind, perform};
pub(crate) use pin::Pin;
use request::{Event, Request};
use steps::{Progress, Step, WaitedFor};
pub(crate) use way::{Purpose, attend};

use crate::daemon::Daemon;
use crate::secret::{gave_up, has_given_up};
use crate::{Failure, World, interrupt};

/// How long after its own deadline the daemon is given up.
const GRACE: Duration = Duration::from_secs(30);
/// How long a cancelled request may take to end.
const CANCEL_LIMIT: Duration = Duration::from_secs(5);

/// How a request ended.
enum Ended {
    /// fobd told it.
    Told(Box<Told>),
    /// fob gave up, or lost fobd, and has not heard how it ended.
    Unheard(Failure),
}

/// What fobd told.
struct Told {
    outcome: Outcome,
    /// What the person was last asked to do.
    waited_for: WaitedFor,
    /// Why fob wanted it cancelled, if it did.
    given_up: Option<Failure>,
}

/// How long a request is waited for.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// For the next thing that happens.
    under_way: Duration,
    /// For its end once it was cancelled.
    cancelled: Duration,
    /// What a person who gives up hears meanwhile.
    words: Option<&'static str>,
}

/// Makes a request under the token that `call` gets, and follows it until it is done.
///
/// # Errors
/// When no request was made.
async fn conduct(
    world: &mut World,
    daemon: &Daemon,
    pin: &mut Pin,
    progress: Progress,
    patience: Patience,
    call: impl AsyncFnOnce(String) -> Result<OwnedObjectPath, Failure>,
) -> Result<Ended, Failure> {
    let mut interrupt = interrupt::hold().map_err(|error| interrupt::unheld(&error))?;
    let token = token(&mut SystemRng::new());
    let path = names::request_path(None, &token).expect("32 hexadecimal digits are a token");
    let request = Request::subscribe(daemon, path).await?;
    let mut running = Running { request, progress };
    let mut call = std::pin::pin!(call(token));
    let mut made = false;
    let followed = tokio::select! {
        // A call that takes its time is a person's to give up as well.
        called = &mut call => {
            called?;
            made = true;
            running.follow(world, pin, patience.under_way, &mut interrupt).await
        }
        () = interrupt.pressed() => Err(gave_up()),
    };
    let waited_for = running.progress.waited_for();
    let why = match followed {
        Ok(outcome) => return Ok(Ended::Told(Box::new(Told { outcome, waited_for, given_up: None }))),
        Err(why) => why,
    };
    if let Some(words) = patience.words.filter(|_| has_given_up(&why)) {
        world.note(words);
    }
    let end = async {
        // Only what was made can be cancelled.
        if !made && call.await.is_err() {
            return Err(why.clone());
        }
        Ok(running.cancelled().await)
    };
    let heard = tokio::select! {
        heard = end => heard?,
        () = interrupt.pressed() => None,
        () = tokio::time::sleep(patience.cancelled) => None,
    };
    Ok(match heard {
        Some(outcome) => Ended::Told(Box::new(Told { outcome, waited_for, given_up: Some(why) })),
        None => Ended::Unheard(why),
    })
}

/// 128 random bits in hexadecimal.
fn token(rng: &mut impl Rng) -> String {
    format!("{:032x}", u128::from_le_bytes(rng.bytes()))
}

/// A request under way.
struct Running {
    request: Request,
    progress: Progress,
}

impl Running {
    /// Follows the request until it is done.
    async fn follow(
        &mut self,
        world: &mut World,
        pin: &mut Pin,
        patience: Duration,
        interrupt: &mut interrupt::Held,
    ) -> Result<Outcome, Failure> {
        pin.begin();
        loop {
            let event = tokio::select! {
                event = self.request.next() => event?,
                () = interrupt.pressed() => return Err(gave_up()),
                () = tokio::time::sleep(patience) => {
                    return Err(CallError::new(ErrorKind::TimedOut, "the key did not finish in time").into());
                }
            };
            let (state, details) = match event {
                Event::Done(outcome) => return Ok(outcome),
                Event::State(state, details) => (state, details),
            };
            match self.progress.on_state(&state, &details) {
                Step::Wait => {}
                Step::Say(words) => world.note(&words),
                Step::AskPin(question) => pin.hand_over(world, &question, &self.request).await?,
            }
        }
    }

    /// Cancels it, and waits until the daemon says how it ended. `None` if that cannot be heard any more.
    async fn cancelled(&mut self) -> Option<Outcome> {
        // One that is over has said so already, and is no more.
        let over = self.request.cancel().await.is_err();
        loop {
            let next = self.request.next();
            match if over { next.now_or_never()? } else { next.await } {
                Ok(Event::Done(outcome)) => return Some(outcome),
                Ok(Event::State(..)) => {}
                Err(_) => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_makes_a_path() {
        let token = token(&mut fob_ambient::SeededRng::new(1));
        assert!(names::request_path(None, &token).is_some());
    }
}
