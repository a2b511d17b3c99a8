//! `fob otp …`: accounts with one-time codes.

mod add;
pub(crate) mod bind;
pub(crate) mod code;
mod convert;
pub(crate) mod destination;
mod foreign;
mod formats;
mod import;
mod list;
mod parcel;
mod remark;
mod remove;

use fob_bus::types::{Added, EntryInfo};
use serde::Serialize;

use crate::args::otp::Otp;
use crate::{Failure, World, text};

pub(super) async fn run(command: Otp, world: &mut World) -> Result<(), Failure> {
    match command {
        Otp::Add(args) => add::run(args, world).await,
        Otp::List => list::run(world).await,
        Otp::Code(args) => code::run(args, world).await,
        Otp::Import(args) => import::run(args, world).await,
        Otp::Convert(args) => convert::run(&args, world),
        Otp::Bind(args) => bind::run(args, world).await,
        Otp::Remove(args) => remove::run(args, world).await,
    }
}

/// An account, as it may be shown.
#[derive(Debug, Serialize)]
struct Entry {
    id: String,
    issuer: String,
    name: String,
    kind: String,
    digits: Option<u32>,
    algorithm: Option<String>,
    period: Option<u64>,
    counter: Option<u64>,
    unusable: Option<String>,
    sites: Vec<String>,
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
            unusable: info.unusable,
            sites: info.sites.unwrap_or_default(),
        }
    }
}

impl Entry {
    /// `ISSUER:NAME`.
    fn label(&self) -> String {
        text::account(&self.issuer, &self.name)
    }

    /// What makes it differ from the ordinary: six digits, SHA-1, thirty seconds.
    fn peculiarities(&self) -> String {
        let mut words = vec![text::shown(&self.kind)];
        words.extend(self.digits.filter(|digits| *digits != 6).map(|digits| format!("{digits} digits")));
        words.extend(self.algorithm.as_deref().filter(|name| *name != "SHA1").map(text::shown));
        words.extend(self.period.filter(|period| *period != 30).map(|period| format!("every {period} s")));
        words.extend(self.counter.map(|counter| format!("counter {counter}")));
        words.extend(self.sites.iter().map(|site| format!("for {}", text::shown(site))));
        words.extend(self.unusable.as_deref().map(|why| format!("gives no code: {}", text::shown(why))));
        words.join(", ")
    }
}

/// An account that is new in the vault.
#[derive(Debug, Serialize)]
struct New {
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
    fn lines(&self, indent: &str) -> String {
        let mut lines = format!("{indent}{}\n", text::account(&self.issuer, &self.name));
        for warning in &self.warnings {
            lines.push_str(&format!("{indent}  note: {}\n", text::shown(warning)));
        }
        lines
    }
}
