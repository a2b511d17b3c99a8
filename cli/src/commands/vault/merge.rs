//! `fob vault merge`: what another vault has, taken into this one.

use std::fs::OpenOptions;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use fob_bus::ErrorKind;
use fob_bus::types::{MergeInfo, MergeOptions, MergedInfo, merge_outcome};
use rustix::fs::OFlags;
use serde::Serialize;

use super::ways_in;
use crate::answer::Answer;
use crate::args::vault::Merge;
use crate::commands::unlock::present;
use crate::daemon::Daemon;
use crate::text::{account, count, shown, table};
use crate::{Exit, Failure, World};

#[derive(Serialize)]
struct Merged {
    entries: Vec<Entry>,
    /// How many accounts both had alike.
    same: u32,
    dry_run: bool,
    written: bool,
}

/// An account that the two did not have alike.
#[derive(Serialize)]
struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    issuer: String,
    name: String,
    outcome: String,
    /// The id of the account that it stands beside.
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<String>,
}

impl From<MergedInfo> for Entry {
    fn from(merged: MergedInfo) -> Self {
        let MergedInfo { id, issuer, name, outcome, other } = merged;
        Self { id, issuer, name, outcome, other }
    }
}

impl Entry {
    fn words(&self) -> Vec<String> {
        let outcome = match self.outcome.as_str() {
            merge_outcome::ADDED => "added",
            merge_outcome::UPDATED => "theirs was changed later: taken",
            merge_outcome::KEPT => "ours was changed later: kept",
            merge_outcome::KEPT_BOTH => "neither can be given up: both kept",
            merge_outcome::REMOVED => "removed there: removed",
            merge_outcome::STAYS_REMOVED => "removed here: not taken",
            merge_outcome::DUPLICATE => "gives the codes of one of ours: not taken",
            other => &shown(other),
        };
        let other = self.other.as_deref().map(|id| format!("id {}", shown(id))).unwrap_or_default();
        vec![account(&self.issuer, &self.name), outcome.to_owned(), other]
    }
}

impl Answer for Merged {
    const SCHEMA: &'static str = "fob.vault-merge/1";

    fn words(&self) -> String {
        let differ = count(self.entries.len() as u64, "account differs", "accounts differ");
        let done = match (self.written, self.dry_run) {
            (true, _) => "The vault as it was stays as a version.",
            (false, true) => "Nothing was changed: this was a dry run.",
            (false, false) => "There was nothing to change.",
        };
        let entries = table(&self.entries.iter().map(Entry::words).collect::<Vec<_>>());
        format!("{entries}{differ}, {} alike. {done}\n", self.same)
    }
}

pub(super) async fn run(args: Merge, world: &mut World) -> Result<(), Failure> {
    // fobd gets the open file: what you may not read, it does not read for you.
    let file = opened(&args.file)?;
    let daemon = Daemon::call(world).await?;
    ways_in(world, &daemon).await?;
    let (secret, recovery) = present(world, &args.fresh, "Passphrase of the other vault: ")?;
    let options = MergeOptions { recovery: Some(recovery), dry_run: Some(args.dry_run) };
    let outcome = daemon.vault().await?.merge(file.into(), secret.pipe()?.into(), options).await;
    let MergeInfo { entries, same, written } = outcome.map_err(|error| match error.kind {
        ErrorKind::WrongPassphrase => Failure::from(error)
            .hint("nothing was changed; it is the other vault's passphrase or recovery code that is wanted"),
        ErrorKind::VaultUnusable => Failure::from(error).hint("nothing was changed; look at the file that you named"),
        _ => error.into(),
    })?;
    let entries = entries.into_iter().map(Entry::from).collect();
    world.answer(&Merged { entries, same, dry_run: args.dry_run, written })
}

fn opened(path: &Path) -> Result<OwnedFd, Failure> {
    // NONBLOCK: a named pipe must not make anybody wait; fobd takes regular files alone.
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path);
    let message = || format!("{} cannot be opened", shown(&path.to_string_lossy()));
    file.map(OwnedFd::from).map_err(|error| Failure::new(Exit::Failed, message()).because(&error))
}
