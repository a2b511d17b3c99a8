//! `fob otp history`: what happened to an account, the latest first.

use fob_bus::types::{HistoryEvent, event};
use serde::Serialize;

use super::entry::{Entry, find};
use crate::answer::Answer;
use crate::args::entry::History;
use crate::text::{account, moment, shown, table};
use crate::{Failure, World};

#[derive(Serialize)]
struct Told {
    account: Entry,
    events: Vec<Event>,
}

/// One event.
#[derive(Serialize)]
struct Event {
    /// Unix time in seconds.
    time: u64,
    what: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<String>,
    /// Before.
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    /// Before.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counter: Option<u64>,
}

impl From<HistoryEvent> for Event {
    fn from(event: HistoryEvent) -> Self {
        Self {
            time: event.time,
            what: event.what,
            fields: event.fields.unwrap_or_default(),
            issuer: event.issuer,
            name: event.name,
            counter: event.counter,
        }
    }
}

impl Event {
    fn words(&self) -> String {
        match (self.what.as_str(), self.counter) {
            (event::ADDED, _) => "added".to_owned(),
            (event::CODE, Some(counter)) => format!("code of counter {counter} given"),
            (event::RESYNC, Some(counter)) => format!("counter found again, before that it was {counter}"),
            (event::RECOVERY_CODE, _) => "recovery code taken".to_owned(),
            (event::RESTORED, _) => "taken out of the bin".to_owned(),
            (event::CHANGED, counter) => {
                let fields = self.fields.iter().map(|field| shown(&field.replace('_', " ")));
                let mut words = format!("changed: {}", fields.collect::<Vec<_>>().join(", "));
                let before = account(self.issuer.as_deref().unwrap_or(""), self.name.as_deref().unwrap_or(""));
                if !before.is_empty() {
                    words.push_str(&format!(", before that {before}"));
                }
                words.extend(counter.map(|counter| format!(", the counter was {counter}")));
                words
            }
            (other, _) => shown(other),
        }
    }
}

impl Answer for Told {
    const SCHEMA: &'static str = "fob.otp-history/1";

    fn words(&self) -> String {
        table(&self.events.iter().map(|event| vec![moment(event.time), event.words()]).collect::<Vec<_>>())
    }
}

pub(super) async fn run(args: History, world: &mut World) -> Result<(), Failure> {
    let (daemon, found) = find(&args.query, world).await?;
    let events = daemon.otp().await?.history(&found.id).await?;
    if events.is_empty() && !world.json {
        world.note("Nothing is known about what happened to it.");
    }
    world.answer(&Told { account: found.into(), events: events.into_iter().map(Event::from).collect() })
}
