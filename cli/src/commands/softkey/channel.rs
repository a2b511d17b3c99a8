//! The connection to fob-softkey, and what can go wrong with it in words.

use std::path::Path;
use std::time::Duration;

use fob_softkey_control::{Client, ControlError, ErrorName, Event, Op, PROTOCOL, Watch};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Exit, Failure};

/// How long one wait for an event is. Only a beat: [`Channel::event`] goes on waiting.
const BEAT: Duration = Duration::from_secs(3600);

/// A connection that is about one key.
pub(super) struct Channel {
    client: Client,
    key: Option<String>,
}

impl Channel {
    /// Connects, and looks whether what listens there speaks this protocol.
    pub(super) fn open(path: Option<&Path>, key: Option<String>) -> Result<Self, Failure> {
        let Some(path) = path else {
            let hint = "name it with `--control PATH` or in FOB_SOFTKEY_CONTROL; `fob-softkey --control PATH` makes it";
            return Err(Failure::usage("no control socket of fob-softkey is named", hint));
        };
        let client = Client::connect(path).map_err(|error| {
            Failure::new(Exit::Failed, format!("fob-softkey does not listen on {}", path.display()))
                .because(&error)
                .hint("start it: `fob-softkey --socket PATH --control PATH`, and name the latter here")
        })?;
        let mut channel = Self { client, key };
        let hello = channel.client.call(None, Op::Hello {}).map_err(failure)?;
        match hello.get("protocol").and_then(Value::as_u64) {
            Some(PROTOCOL) => Ok(channel),
            _ => Err(Failure::new(Exit::Failed, "this fob-softkey speaks another protocol")
                .hint("fob and fob-softkey must be of one version")),
        }
    }

    /// Does something with the key.
    pub(super) fn call(&mut self, op: Op) -> Result<Value, Failure> {
        self.client.call(self.key.as_deref(), op).map_err(failure)
    }

    /// Does something with the key that has an answer of this type.
    pub(super) fn ask<T: DeserializeOwned>(&mut self, op: Op) -> Result<T, Failure> {
        let answer = self.call(op)?;
        serde_json::from_value(answer).map_err(|error| failure(ControlError::Protocol(error)))
    }

    /// Tells what to hear of.
    pub(super) fn watch(&mut self, what: &[Watch]) -> Result<(), Failure> {
        self.client.watch(what).map_err(failure)
    }

    /// Waits for what happens next.
    pub(super) fn event(&mut self) -> Result<Event, Failure> {
        loop {
            if let Some(event) = self.client.event(BEAT).map_err(failure)? {
                return Ok(event);
            }
        }
    }
}

fn failure(error: ControlError) -> Failure {
    let refused = match error {
        ControlError::Refused(refused) => refused,
        other => {
            let failed = Failure::new(Exit::Failed, other.to_string());
            return match std::error::Error::source(&other) {
                Some(source) => failed.because(source),
                None => failed,
            };
        }
    };
    let (word, hint) = match refused.name {
        ErrorName::BadRequest => ("bad-request", None),
        ErrorName::NoSuchKey => ("no-such-key", Some("`fob softkey keys` lists them; choose one with `--key NAME`")),
        ErrorName::NotNow => {
            ("not-now", Some("`fob softkey keys` and `fob softkey credential list` show how things stand"))
        }
        ErrorName::Failed => ("failed", None),
        ErrorName::Other => ("", None),
    };
    let mut failed = Failure::new(Exit::Failed, refused.message);
    failed.word = word.to_owned();
    failed.hint = hint.map(str::to_owned);
    failed
}
