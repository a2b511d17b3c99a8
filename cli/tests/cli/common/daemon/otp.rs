//! The scripted daemon's `Otp1`.

use std::sync::Arc;

use fob_ambient::Clock;
use fob_bus::pipe::put;
use fob_bus::types::{
    AddOptions, Added, CodeInfo, CodeOptions, EditOptions, EntryInfo, ExportInfo, FreshOptions, HistoryEvent,
    ImportOptions, ImportReport, RecoveryOptions, ResyncOptions, UriInfo,
};
use fob_bus::{CallError, ErrorKind};
use zbus::{OwnedFd, interface};

use super::{CODE, FakeDaemon, NEXT_CODE, NOW, RECOVERY, URI, entry};

/// The interface.
pub(super) struct Otp(pub(super) Arc<FakeDaemon>);

#[interface(name = "dev.fob.Otp1")]
impl Otp {
    fn list(&self) -> Result<Vec<EntryInfo>, CallError> {
        Ok(self.0.called("List")?.entries.clone())
    }

    fn code(&self, query: &str, options: CodeOptions, code: OwnedFd) -> Result<CodeInfo, CallError> {
        let site = options.site.as_deref();
        let what = site.map_or(format!("Code({query})"), |site| format!("Code({query}, {site})"));
        let facts = self.0.called(&what)?;
        let is_for =
            |entry: &&EntryInfo| site.is_none_or(|site| entry.sites.iter().flatten().any(|bound| bound == site));
        let entry = facts.entries.iter().find(is_for).cloned().ok_or_else(|| {
            let site = site.unwrap_or_default();
            let message = format!("no account that matches {query} is bound to {site}, so it gets no code");
            CallError::new(ErrorKind::Denied, message)
        })?;
        drop(facts);
        let timed = entry.kind == "totp";
        // Steps begin eleven seconds before the tests do; two codes take turns.
        let step = (self.0.clock.wall().0 - (NOW - 11)) / 30;
        let dies_in = NOW - 11 + (step + 1) * 30 - self.0.clock.wall().0;
        let too_short = options.min_valid.is_some_and(|least| dies_in < u64::from(least));
        let step = step + u64::from(options.next == Some(true) || too_short);
        let [this, next] = [step, step + 1].map(|step| if step.is_multiple_of(2) { CODE } else { NEXT_CODE });
        let codes = if options.both == Some(true) { format!("{this}\n{next}\n") } else { this.to_owned() };
        put(&code.into(), codes.as_bytes()).unwrap();
        let from = NOW - 11 + step * 30;
        Ok(CodeInfo {
            id: entry.id,
            issuer: entry.issuer,
            name: entry.name,
            kind: entry.kind,
            valid_from: timed.then_some(from),
            valid_until: timed.then_some(from + 30),
            counter: entry.counter,
            resync: entry.resync,
            ..CodeInfo::default()
        })
    }

    fn add(&self, uri: OwnedFd, options: AddOptions) -> Result<Added, CallError> {
        self.0.take(uri);
        for pipe in [options.note, options.pin, options.recovery_codes].into_iter().flatten() {
            self.0.take(std::os::fd::OwnedFd::from(pipe).into());
        }
        let unique = if options.unique == Some(true) { ", no twin" } else { "" };
        let what = options.site.as_ref().map_or("Add".to_owned(), |site| format!("Add({site}{unique})"));
        let mut facts = self.0.called(&what)?;
        facts.entries.extend(
            options.site.map(|site| EntryInfo { sites: Some(vec![site]), ..entry("e2", "Example", "ada\u{202e}") }),
        );
        drop(facts);
        Ok(Added {
            id: "e2".to_owned(),
            issuer: "Example".to_owned(),
            name: "ada\u{202e}".to_owned(),
            warnings: vec!["the secret has only 80 bits".to_owned()],
        })
    }

    fn import(&self, list: OwnedFd, options: ImportOptions) -> Result<ImportReport, CallError> {
        self.0.take(list);
        let what = if options.dry_run == Some(true) { "Import(dry run)" } else { "Import" };
        let report = self.0.called(what)?.report.clone();
        Ok(ImportReport { written: report.written && options.dry_run != Some(true), ..report })
    }

    fn remove(&self, query: &str, confirm: &str) -> Result<EntryInfo, CallError> {
        Ok(self.0.called(&format!("Remove({query}, {confirm})"))?.entries[0].clone())
    }

    fn bin(&self) -> Result<Vec<EntryInfo>, CallError> {
        Ok(self.0.called("Bin")?.bin.clone())
    }

    fn restore(&self, query: &str) -> Result<EntryInfo, CallError> {
        Ok(self.0.called(&format!("Restore({query})"))?.entries[0].clone())
    }

    fn purge(&self, ids: Vec<String>) -> Result<u32, CallError> {
        self.0.called(&format!("Purge({})", ids.join(", "))).map(drop)?;
        Ok(ids.len() as u32)
    }

    fn edit(&self, query: &str, confirm: &str, options: EditOptions) -> Result<EntryInfo, CallError> {
        let EditOptions { issuer, name, tags, favourite, icon, kind, digits, algorithm, period, counter, .. } =
            &options;
        let what = format!(
            "Edit({query}, {confirm}, {issuer:?}, {name:?}, {tags:?}, {favourite:?}, {icon:?}, {kind:?}, {digits:?}, {algorithm:?}, {period:?}, {counter:?})"
        );
        for pipe in [options.note, options.secret, options.pin].into_iter().flatten() {
            self.0.take(std::os::fd::OwnedFd::from(pipe).into());
        }
        let mut facts = self.0.called(&what)?;
        let entry = &mut facts.entries[0];
        if let Some(name) = options.name {
            entry.name = name;
        }
        if let Some(issuer) = options.issuer {
            entry.issuer = issuer;
        }
        entry.tags = options.tags.or(entry.tags.take());
        entry.favourite = options.favourite.or(entry.favourite);
        Ok(entry.clone())
    }

    fn note(&self, query: &str, note: OwnedFd) -> Result<EntryInfo, CallError> {
        let facts = self.0.called(&format!("Note({query})"))?;
        put(&note.into(), facts.note.as_bytes()).unwrap();
        Ok(facts.entries[0].clone())
    }

    fn resync(
        &self,
        query: &str,
        confirm: &str,
        codes: OwnedFd,
        options: ResyncOptions,
    ) -> Result<EntryInfo, CallError> {
        self.0.take(codes);
        let facts = self.0.called(&format!("Resync({query}, {confirm}, {:?})", options.look_ahead))?;
        Ok(facts.entries[0].clone())
    }

    fn add_recovery_codes(
        &self,
        query: &str,
        confirm: &str,
        codes: OwnedFd,
        options: RecoveryOptions,
    ) -> Result<EntryInfo, CallError> {
        self.0.take(codes);
        let facts = self.0.called(&format!("AddRecoveryCodes({query}, {confirm}, {:?})", options.replace))?;
        Ok(facts.entries[0].clone())
    }

    fn take_recovery_code(&self, query: &str, code: OwnedFd) -> Result<EntryInfo, CallError> {
        let facts = self.0.called(&format!("TakeRecoveryCode({query})"))?;
        put(&code.into(), RECOVERY.as_bytes()).unwrap();
        Ok(facts.entries[0].clone())
    }

    fn history(&self, query: &str) -> Result<Vec<HistoryEvent>, CallError> {
        Ok(self.0.called(&format!("History({query})"))?.history.clone())
    }

    fn uri(&self, query: &str, fresh: OwnedFd, uri: OwnedFd, options: FreshOptions) -> Result<UriInfo, CallError> {
        self.0.take(fresh);
        let facts = self.0.called(&format!("Uri({query}, {:?})", options.recovery))?;
        put(&uri.into(), URI.as_bytes()).unwrap();
        let entry = facts.entries[0].clone();
        let lost = vec!["its note is not in the code".to_owned()];
        Ok(UriInfo { id: entry.id, issuer: entry.issuer, name: entry.name, lost })
    }

    fn export(&self, fresh: OwnedFd, accounts: OwnedFd, options: FreshOptions) -> Result<ExportInfo, CallError> {
        self.0.take(fresh);
        let facts = self.0.called(&format!("Export({:?}, {:?})", options.recovery, options.ids))?;
        put(&accounts.into(), facts.exported.as_bytes()).unwrap();
        Ok(ExportInfo { written: 1, unreadable: facts.unreadable.clone() })
    }

    fn bind(&self, query: &str, confirm: &str, site: &str, bound: bool) -> Result<EntryInfo, CallError> {
        let mut facts = self.0.called(&format!("Bind({query}, {confirm}, {site}, {bound})"))?;
        let sites = facts.entries[0].sites.get_or_insert_default();
        if bound {
            sites.push(site.to_owned())
        } else {
            sites.retain(|other| other != site)
        }
        Ok(facts.entries[0].clone())
    }

    fn find(&self, query: &str) -> Result<EntryInfo, CallError> {
        Ok(self.0.called(&format!("Find({query})"))?.entries[0].clone())
    }
}
