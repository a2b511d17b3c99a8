//! A ceremony with the person at the key: what `enroll` and `sign-in` share.
//!
//! The path of the request is known before the call, so its signals are subscribed first. [`steps`] decides what a
//! state means, [`outcome`] what the end means; here is the loop around them. Whatever ends it early cancels the
//! request and waits until the key is left alone.

mod outcome;
mod pin;
mod request;
mod steps;

use std::time::Duration;

use fob_ambient::{Rng, SystemRng};
use fob_bus::types::CeremonyOptions;
use fob_bus::{CallError, ErrorKind, names};
use serde_json::Value;

pub(crate) use pin::Pin;
use request::{Event, Request};
use steps::{Progress, Step};

use crate::daemon::Daemon;
use crate::secret::gave_up;
use crate::text::shown;
use crate::{Failure, World, interrupt};

/// The only kind of credential there is.
const KIND: &str = "publicKey";
/// What a ceremony may take when the server does not say, in milliseconds (WebAuthn Level 3 §15.1 recommends from 300
/// to 600 seconds; a person who stands before a terminal is done sooner).
const USUAL_TIMEOUT: u64 = 120_000;
/// What a ceremony may take whatever the server says, in milliseconds.
const LONGEST_TIMEOUT: u64 = 600_000;
/// How long after its own deadline the daemon is given up.
const GRACE: Duration = Duration::from_secs(30);
/// How long a cancelled request may take to end.
const CANCEL_LIMIT: Duration = Duration::from_secs(5);

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A new credential.
    Create,
    /// An assertion.
    Get,
}

/// What to ask the key for.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) kind: Kind,
    /// The origin of the URL the person typed; never what the server says of itself.
    pub(crate) origin: &'a str,
    /// `publicKey` as the server sent it.
    pub(crate) options: Value,
    /// The key's id, if one was chosen.
    pub(crate) key: Option<String>,
    /// Seconds instead of what the server says.
    pub(crate) timeout: Option<u64>,
}

/// Runs it to its end and gives the credential as JSON.
pub(crate) async fn perform(world: &mut World, daemon: &Daemon, ask: Ask<'_>, pin: &mut Pin) -> Result<Value, Failure> {
    let mut interrupt = interrupt::hold().map_err(|error| interrupt::unheld(&error))?;
    let (request, patience) = begin(daemon, ask).await?;
    let mut running = Running { request, progress: Progress::default(), patience };
    match running.follow(world, pin, &mut interrupt).await {
        Ok(outcome) => {
            // What the daemon wants said although it went well, such as a key that ignored a wish.
            if let (Some(_), Some(words)) = (&outcome.response_json, &outcome.message) {
                world.note(&format!("note: {}", shown(words)));
            }
            outcome::credential(outcome, running.progress.waited_for())
        }
        Err(failure) => {
            running.give_up().await;
            Err(failure)
        }
    }
}

/// Subscribes and calls.
async fn begin(daemon: &Daemon, mut ask: Ask<'_>) -> Result<(Request, Duration), Failure> {
    let token = token(&mut SystemRng::new());
    let path = names::request_path(None, &token).expect("32 hexadecimal digits are a token");
    let request = Request::subscribe(daemon, path).await?;
    let patience = settle_timeout(&mut ask.options, ask.timeout);
    let options = CeremonyOptions {
        handle_token: token,
        request_json: ask.options.to_string(),
        top_origin: None,
        key: ask.key,
        // The PIN is handed over when it is asked for: by then it is known how many tries are left.
        pin: None,
    };
    let proxy = daemon.web_authn().await?;
    match ask.kind {
        Kind::Create => proxy.create_credential("", ask.origin, KIND, options).await?,
        Kind::Get => proxy.get_credential("", ask.origin, KIND, options).await?,
    };
    Ok((request, patience))
}

/// 128 random bits in hexadecimal.
fn token(rng: &mut impl Rng) -> String {
    format!("{:032x}", u128::from_le_bytes(rng.bytes()))
}

/// Puts the deadline into the options and gives it with the grace.
fn settle_timeout(options: &mut Value, seconds: Option<u64>) -> Duration {
    let said = options.get("timeout").and_then(Value::as_u64);
    let millis = seconds.map(|seconds| seconds * 1000).or(said).unwrap_or(USUAL_TIMEOUT).min(LONGEST_TIMEOUT);
    if let Some(members) = options.as_object_mut() {
        members.insert("timeout".to_owned(), millis.into());
    }
    Duration::from_millis(millis) + GRACE
}

/// A ceremony under way.
struct Running {
    request: Request,
    progress: Progress,
    patience: Duration,
}

impl Running {
    /// Follows the request until it is done.
    async fn follow(
        &mut self,
        world: &mut World,
        pin: &mut Pin,
        interrupt: &mut interrupt::Held,
    ) -> Result<fob_bus::types::Outcome, Failure> {
        pin.begin();
        let mut deadline = tokio::time::Instant::now() + self.patience;
        loop {
            let event = tokio::select! {
                event = self.request.next() => event?,
                () = interrupt.pressed() => return Err(gave_up()),
                () = tokio::time::sleep_until(deadline) => {
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
                Step::AskPin(question) => {
                    let secret = pin.answer(world, &question)?;
                    // If it ended meanwhile, `Done` says so and why.
                    let _ = self.request.provide_pin(secret).await;
                    deadline = tokio::time::Instant::now() + self.patience;
                }
            }
        }
    }

    /// Cancels, and waits until the daemon has let go of the key.
    async fn give_up(&mut self) {
        let _ = tokio::time::timeout(CANCEL_LIMIT, async {
            if self.request.cancel().await.is_err() {
                return;
            }
            while let Ok(Event::State(..)) = self.request.next().await {}
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_deadline_is_the_persons_or_the_servers_and_never_endless() {
        for (options, seconds, expected) in [
            (json!({}), None, 120_000),
            (json!({"timeout": 60_000}), None, 60_000),
            (json!({"timeout": 60_000}), Some(5), 5_000),
            (json!({"timeout": u64::MAX}), None, 600_000),
            (json!({"timeout": "soon"}), None, 120_000),
        ] {
            let mut settled = options.clone();
            let patience = settle_timeout(&mut settled, seconds);
            assert_eq!(settled["timeout"], json!(expected), "{options}");
            assert_eq!(patience, Duration::from_millis(expected) + GRACE);
        }
    }

    #[test]
    fn a_token_makes_a_path() {
        let token = token(&mut fob_ambient::SeededRng::new(1));
        assert!(names::request_path(None, &token).is_some());
    }
}
