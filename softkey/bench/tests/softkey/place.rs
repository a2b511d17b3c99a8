//! A folder with a key's socket and its control channel in it.

use std::path::PathBuf;
use std::sync::Arc;

use fob_ambient::{Millis, SystemClock, SystemRng};
use fob_client::socket::SocketLink;
use fob_client::{CancelToken, KeyError, Limits, Session, Surroundings};
use fob_softkey_control::{Client, Op};
use serde_json::Value;

use crate::wire::{Packets, Platform, Program};

pub(crate) struct Place {
    folder: tempfile::TempDir,
    pub(crate) program: Option<Program>,
}

impl Place {
    /// A running key with a control channel.
    pub(crate) fn with(arguments: &[&str]) -> Self {
        let mut place = Self { folder: tempfile::tempdir().unwrap(), program: None };
        let (key, control) = (place.text("key"), place.text("control"));
        let all = [["--socket", &key, "--control", &control].as_slice(), arguments].concat();
        place.program = Some(Program::start(&all));
        place
    }

    /// A folder only.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), program: None }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn control(&self) -> Client {
        Client::connect(&self.path("control")).unwrap()
    }

    /// Does one thing; nothing else may come of it than success.
    pub(crate) fn tell(&self, op: Op) -> Value {
        self.control().call(None, op).unwrap()
    }

    /// A platform that only knows reports.
    pub(crate) fn platform(&self) -> Platform<Packets> {
        Platform::open(Packets::open(&self.path("key")), *b"01234567")
    }

    /// fob's own client, whose patience is short enough for tests and long enough for a loaded machine.
    pub(crate) fn session(&self) -> Result<Session, KeyError> {
        let surroundings = Surroundings { clock: Arc::new(SystemClock::new()), rng: Box::new(SystemRng::new()) };
        let limits = Limits {
            init: Millis(1_000),
            info: Millis(1_500),
            silence: Millis(1_500),
            drain: Millis(500),
            ..Limits::default()
        };
        let link = SocketLink::seqpacket(Packets::open(&self.path("key")).into_socket());
        Session::open(Box::new(link), surroundings, limits, &CancelToken::new())
    }
}
