//! The diary: who asked for what, through which door, and what came of it.
//!
//! [`Diary::note`] never waits: an event goes into a bounded queue (`waiting`), and the vault's keeper has a thread write
//! what waits, sealed (`fob_vault`): when 32 events do, when somebody reads, when the vault locks and when fobd ends. No timer
//! does. While the vault is locked events wait, and nothing of the diary can be read. What a record looks like is in
//! `record`. An event has no place for a secret: its words are a kind's, a site's or an account's name, and a reason.

mod rations;
mod record;
#[cfg(test)]
mod tests;
mod waiting;
mod words;

use std::sync::Arc;

use fob_ambient::Clock;
use fob_bus::CallError;
use fob_bus::types::{LogEntry, LogOptions};

use crate::caller::Caller;
use crate::policy::shown;
use crate::vault::Keeper;

pub(crate) use record::{from_lines, to_record};
pub(crate) use waiting::Waiting;

/// Events of one answer where nothing is said about it.
const USUAL: u32 = 100;
/// Most events of one answer.
const MOST: u32 = 1_000;

/// What came of a request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It was given; by which right: `companion`, `granted`, `asked`, `scope`.
    Given(&'static str),
    /// It was refused; why, as a sentence for a person.
    Refused(String),
}

/// Something that somebody asked for.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    /// Who.
    pub(crate) caller: &'a Caller,
    /// For what kind of thing: one of `grant_kind`, or the call's own name in lower case.
    pub(crate) kind: &'static str,
    /// For which site or account, in a person's words. Text from outside.
    pub(crate) what: Option<String>,
    /// What came of it.
    pub(crate) outcome: Outcome,
}

/// The diary of this fobd.
pub(crate) struct Diary {
    vault: Arc<Keeper>,
    clock: Arc<dyn Clock + Send + Sync>,
}

impl Diary {
    /// The diary of this vault.
    pub(crate) fn of(vault: Arc<Keeper>, clock: Arc<dyn Clock + Send + Sync>) -> Self {
        Self { vault, clock }
    }

    /// Notes an event. It is written later, or, if fobd is killed before, not at all.
    pub(crate) fn note(&self, event: Event<'_>) {
        let now = self.clock.wall().0;
        if self.vault.waiting().note(entry(event, now), now) {
            self.vault.write_soon();
        }
    }

    /// The latest events, the oldest of them first.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`](fob_bus::ErrorKind::Locked) and its kin unless the vault is open, and the disk's.
    pub(crate) async fn read(&self, options: &LogOptions) -> Result<Vec<LogEntry>, CallError> {
        let most = options.most.unwrap_or(USUAL).min(MOST) as usize;
        let since = options.since.unwrap_or(0);
        let mut entries = self.vault.read_diary().await?;
        entries.retain(|entry| entry.last.unwrap_or(entry.time) >= since);
        entries.drain(..entries.len().saturating_sub(most));
        Ok(entries)
    }
}

fn entry(event: Event<'_>, now: u64) -> LogEntry {
    let (result, why) = match event.outcome {
        Outcome::Given(right) => (words::GIVEN, right.to_owned()),
        Outcome::Refused(why) => (words::REFUSED, shown(&why)),
    };
    LogEntry {
        time: now,
        door: event.caller.door.word().to_owned(),
        program: shown(&words::program(event.caller)),
        pid: event.caller.pid,
        tier: words::tier(&event.caller.tier).to_owned(),
        kind: event.kind.to_owned(),
        what: event.what.as_deref().map(shown),
        result: result.to_owned(),
        why,
        ..LogEntry::default()
    }
}
