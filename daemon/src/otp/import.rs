//! Many new accounts: a list of URIs or fob's own JSON, all or none of it.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::os::fd::OwnedFd;

use fob_ambient::UnixTime;
use fob_bus::types::{ImportOptions, ImportReport, Refused};
use fob_bus::{CallError, ErrorKind, pipe};
use fob_otp::{Account, Item, Warning, printable, read_json, read_list};
use fob_vault::{Occasion, UnlockedVault};

use super::add::described;
use super::shown::number;
use super::{lookup, site};
use crate::errors;

/// An account of the list, or why there is none.
type Outcome = Result<(Item, Vec<Warning>), String>;

/// What a list has, in its order.
pub(super) struct List(Vec<(usize, Outcome)>);

impl List {
    /// Reads a list from its pipe. Blocks.
    ///
    /// # Errors
    /// [`ErrorKind::BadPipe`]; [`ErrorKind::InvalidInput`] for what is no list at all.
    pub(super) fn read(end: &OwnedFd, now: UnixTime) -> Result<Self, CallError> {
        let text = pipe::take(end, pipe::LIST).map_err(|error| errors::pipe(&error))?;
        let is_json = text.trim_ascii_start().starts_with(b"[");
        let list = if is_json { of_json(&text, now)? } else { of_uris(&text)? };
        Ok(Self(list))
    }

    /// Takes the list over: nothing of it if one account was refused, unless it is to be skipped; and only what is new.
    /// The vault as it was is kept as a version.
    ///
    /// # Errors
    /// The vault's.
    pub(super) fn import(self, vault: &mut UnlockedVault, options: &ImportOptions) -> Result<ImportReport, CallError> {
        let mut report = ImportReport::default();
        let mut items = Vec::with_capacity(self.0.len());
        for (line, outcome) in self.0 {
            match outcome {
                Ok(item) => items.push(item),
                Err(reason) => {
                    let reason = printable(&reason).into_owned();
                    report.refused.push(Refused { line: number(line), reason });
                }
            }
        }
        let news = news(vault, &items);
        let mut taken = Vec::with_capacity(items.len());
        for ((item, warnings), new) in items.into_iter().zip(news) {
            if new {
                report.taken.push(described(&item.account, &warnings));
                taken.push(item);
            } else {
                report.duplicates.push(lookup::label(&item.account.issuer, &item.account.name));
            }
        }
        let stopped = !report.refused.is_empty() && options.skip_refused != Some(true);
        if options.dry_run == Some(true) || stopped || taken.is_empty() {
            return Ok(report);
        }
        // Before anything is written: whoever regrets the import has the vault as it was.
        vault.keep_for(Occasion::Import).map_err(|error| errors::vault(&error))?;
        let ids = vault.add_all(taken).map_err(|error| errors::vault(&error))?;
        for (added, id) in report.taken.iter_mut().zip(ids) {
            added.id = id.to_string();
        }
        report.written = true;
        Ok(report)
    }
}

fn of_uris(text: &[u8]) -> Result<Vec<(usize, Outcome)>, CallError> {
    let lines = read_list(text).map_err(|error| CallError::from_error(ErrorKind::InvalidInput, &error))?;
    let outcomes = lines.into_iter().map(|line| {
        let parsed = line.outcome.map_err(|error| error.to_string());
        let fitting = parsed.and_then(|parsed| {
            parsed.account.fits().map_err(|error| error.to_string())?;
            Ok((Item::from(parsed.account), parsed.warnings))
        });
        (line.number, fitting)
    });
    Ok(outcomes.collect())
}

fn of_json(text: &[u8], now: UnixTime) -> Result<Vec<(usize, Outcome)>, CallError> {
    let items = read_json(text, now).map_err(|error| CallError::from_error(ErrorKind::InvalidInput, &error))?;
    let outcomes = items.into_iter().map(|item| {
        let outcome = item.outcome.map_err(|error| error.to_string());
        (item.number, outcome.and_then(with_sites))
    });
    Ok(outcomes.collect())
}

/// Sites as the browser writes them: an entry is bound to these letter by letter.
fn with_sites((mut item, warnings): (Item, Vec<Warning>)) -> Outcome {
    for bound in &mut item.extras.sites {
        *bound = site::parse(bound).map_err(|error| error.message)?.as_str().to_owned();
    }
    Ok((item, warnings))
}

/// Which of the accounts neither the vault nor an account before them gives.
fn news(vault: &UnlockedVault, items: &[(Item, Vec<Warning>)]) -> Vec<bool> {
    let mut known = Known::default();
    let accounts: Vec<&Account> = items.iter().map(|(item, _)| &item.account).collect();
    let in_vault = vault.duplicates_of(&accounts);
    accounts.into_iter().zip(in_vault).map(|(account, double)| known.is_new(account) && double.is_none()).collect()
}

/// Accounts of the list that were seen, by a hash of their seeds under a key of its own: ten thousand are compared with ten
/// thousand in no time.
#[derive(Default)]
struct Known<'a> {
    key: RandomState,
    seen: HashMap<u64, Vec<&'a Account>>,
}

impl<'a> Known<'a> {
    /// Whether nobody before has the codes of this account.
    fn is_new(&mut self, account: &'a Account) -> bool {
        let alike = self.seen.entry(self.key.hash_one(account.seed.expose())).or_default();
        let new = !alike.iter().any(|other| other.gives_the_codes_of(account));
        alike.push(account);
        new
    }
}
