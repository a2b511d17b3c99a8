//! An account as the commands show it, and how they find and change one.

use fob_bus::types::{Added, EditOptions, EntryInfo};
use serde::Serialize;

use crate::answer::Answer;
use crate::commands::unlock::with_open_vault;
use crate::daemon::Daemon;
use crate::text::{self, count, shown};
use crate::{Failure, World};

/// An account, as it may be shown.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) issuer: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) digits: Option<u32>,
    pub(super) algorithm: Option<String>,
    pub(super) period: Option<u64>,
    pub(super) counter: Option<u64>,
    /// Whether its PIN is kept; `null` where it has none.
    pub(super) pin: Option<bool>,
    pub(super) unusable: Option<String>,
    /// Whether its counter may lag behind what the site has seen.
    pub(super) resync: bool,
    pub(super) sites: Vec<String>,
    pub(super) tags: Vec<String>,
    pub(super) favourite: bool,
    pub(super) icon: Option<String>,
    /// Whether there is a note.
    pub(super) note: bool,
    pub(super) recovery_codes: u32,
    pub(super) recovery_codes_used: u32,
    /// Unix time in seconds, like the following.
    pub(super) created: Option<u64>,
    pub(super) changed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) removed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) forgotten: Option<u64>,
}

impl From<EntryInfo> for Entry {
    fn from(info: EntryInfo) -> Self {
        Self {
            id: info.id,
            issuer: info.issuer,
            name: info.name,
            kind: info.kind,
            digits: info.digits,
            algorithm: info.algorithm,
            period: info.period,
            counter: info.counter,
            pin: info.pin,
            unusable: info.unusable,
            resync: info.resync == Some(true),
            sites: info.sites.unwrap_or_default(),
            tags: info.tags.unwrap_or_default(),
            favourite: info.favourite == Some(true),
            icon: info.icon.filter(|icon| !icon.is_empty()),
            note: info.note == Some(true),
            recovery_codes: info.recovery_codes.unwrap_or_default(),
            recovery_codes_used: info.recovery_codes_used.unwrap_or_default(),
            created: info.created,
            changed: info.changed,
            removed: info.removed,
            forgotten: info.forgotten,
        }
    }
}

impl Entry {
    /// `ISSUER:NAME`.
    pub(super) fn label(&self) -> String {
        text::account(&self.issuer, &self.name)
    }

    /// How its codes are made, as far as it differs from the ordinary: six digits, SHA-1, thirty seconds.
    pub(super) fn codes(&self) -> String {
        let usual = match self.kind.as_str() {
            "steam" => (5, "SHA1", 30),
            "motp" => (6, "MD5", 10),
            "yandex" => (8, "SHA256", 30),
            _ => (6, "SHA1", 30),
        };
        let mut words = vec![shown(&self.kind)];
        words.extend(self.digits.filter(|digits| *digits != usual.0).map(|digits| format!("{digits} digits")));
        words.extend(self.algorithm.as_deref().filter(|name| *name != usual.1).map(shown));
        words.extend(self.period.filter(|period| *period != usual.2).map(|period| format!("every {period} s")));
        words.extend(self.counter.map(|counter| format!("counter {counter}")));
        words.extend(self.resync.then(|| "which may lag behind".to_owned()));
        words.extend(self.pin.filter(|kept| !kept).map(|_| "without its PIN".to_owned()));
        words.extend(self.unusable.as_deref().map(|why| format!("gives no code: {}", shown(why))));
        words.join(", ")
    }

    /// The same, and what is kept beside it.
    pub(super) fn peculiarities(&self) -> String {
        let mut words = vec![self.codes()];
        words.extend(self.favourite.then(|| "favourite".to_owned()));
        words.extend(self.tags.iter().map(|tag| format!("#{}", shown(tag))));
        words.extend(self.sites.iter().map(|site| format!("for {}", shown(site))));
        words.extend(self.note.then(|| "note".to_owned()));
        let codes = self.recovery_codes;
        words.extend((codes > 0).then(|| count(codes, "recovery code", "recovery codes")));
        words.join(", ")
    }
}

/// Accounts below each other; an id where a label does not tell them apart.
pub(super) fn rows(entries: &[Entry]) -> String {
    let labels: Vec<String> = entries.iter().map(Entry::label).collect();
    let rows = entries.iter().zip(&labels).map(|(entry, label)| {
        let alone = labels.iter().filter(|other| *other == label).count() == 1;
        let id = if alone { String::new() } else { format!("id {}", shown(&entry.id)) };
        vec![label.clone(), entry.peculiarities(), id]
    });
    text::table(&rows.collect::<Vec<_>>())
}

/// An account that is new in the vault.
#[derive(Debug, Serialize)]
pub(super) struct New {
    id: String,
    issuer: String,
    name: String,
    warnings: Vec<String>,
}

impl From<Added> for New {
    fn from(added: Added) -> Self {
        Self { id: added.id, issuer: added.issuer, name: added.name, warnings: added.warnings }
    }
}

impl New {
    /// Its name, and below it what is odd about it.
    pub(super) fn lines(&self, indent: &str) -> String {
        let mut lines = format!("{indent}{}\n", text::account(&self.issuer, &self.name));
        for warning in &self.warnings {
            lines.push_str(&format!("{indent}  note: {}\n", shown(warning)));
        }
        lines
    }
}

/// An account that was changed.
#[derive(Debug, Serialize)]
pub(super) struct Changed {
    account: Entry,
    #[serde(skip)]
    verb: &'static str,
}

impl Answer for Changed {
    const SCHEMA: &'static str = "fob.otp-entry/1";

    fn words(&self) -> String {
        format!("{}: {} ({})\n", self.verb, self.account.label(), self.account.peculiarities())
    }
}

impl Changed {
    pub(super) fn new(verb: &'static str, account: EntryInfo) -> Self {
        Self { account: account.into(), verb }
    }
}

/// The one account that is meant, and the daemon that knows it.
pub(super) async fn find(query: &str, world: &mut World) -> Result<(Daemon, EntryInfo), Failure> {
    let daemon = Daemon::call(world).await?;
    let found = with_open_vault(world, &daemon, async |daemon: &Daemon| Ok(daemon.otp().await?.find(query).await?));
    let found = found.await?;
    Ok((daemon, found))
}

/// Changes exactly the account that was looked at, and says so.
pub(super) async fn change(
    verb: &'static str,
    (daemon, found): (Daemon, EntryInfo),
    options: EditOptions,
    world: &mut World,
) -> Result<(), Failure> {
    let account = daemon.otp().await?.edit(&found.id, &found.id, options).await?;
    world.answer(&Changed::new(verb, account))
}
