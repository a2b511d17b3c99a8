//! `dev.fob.Otp1`: one-time-code accounts. Which entry is meant, and what of it may be shown.
//!
//! A code by time is made at once, on the thread that serves: nothing waits for a disk. A code by counter is made
//! where the vault is written. `code` gives the code of now or of the next step; no caller names a time.

mod import;
mod lookup;
mod shown;
mod site;

use fob_ambient::UnixTime;
use fob_bus::types::{AddOptions, Added, CodeInfo, CodeOptions, EntryInfo, ImportOptions, ImportReport};
use fob_bus::{CallError, ErrorKind, pipe};
use fob_otp::{Account, Kind, MAX_URI, printable};
use fob_vault::{Entry, EntryId, UnlockedVault};
use zbus::message::Header;
use zbus::{Connection, OwnedFd, interface};

use self::import::Terms;
use crate::guest::Guest;
use crate::policy::Operation;
use crate::thread::blocking;
use crate::{errors, secret};

/// The object.
pub(crate) struct Otp(pub(crate) Guest);

#[interface(name = "dev.fob.Otp1", introspection_docs = false)]
impl Otp {
    async fn list(
        &self,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<Vec<EntryInfo>, CallError> {
        self.0.admit(connection, &header, Operation::Accounts).await?;
        self.0.daemon.vault.read(|vault| Ok(shown::all(vault))).await
    }

    async fn find(
        &self,
        query: &str,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<EntryInfo, CallError> {
        self.0.admit(connection, &header, Operation::Accounts).await?;
        self.0.daemon.vault.read(|vault| Ok(shown::entry(lookup::one(vault, query)?))).await
    }

    async fn code(
        &self,
        query: &str,
        options: CodeOptions,
        code: OwnedFd,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<CodeInfo, CallError> {
        self.0.admit(connection, &header, Operation::Accounts).await?;
        let daemon = &self.0.daemon;
        let next = options.next.unwrap_or(false);
        let end = code.into();
        let now = daemon.clock.wall();
        let site = options.site.as_deref().map(site::parse).transpose()?;
        let done = daemon.vault.read(|vault| {
            let entry = match &site {
                Some(site) => site::bound(vault, query, site)?,
                None => lookup::one(vault, query)?,
            };
            by_time(entry, now, next, &end)
        });
        let done = done.await?;
        match done {
            ByTime::Done(info) => Ok(info),
            ByTime::Counter(id) if !next => daemon.vault.change(move |vault| by_counter(vault, id, &end)).await,
            ByTime::Counter(_) => {
                Err(CallError::new(ErrorKind::InvalidInput, "a code by counter has no next one until it was used"))
            }
        }
    }

    async fn add(
        &self,
        uri: OwnedFd,
        options: AddOptions,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<Added, CallError> {
        self.0.admit(connection, &header, Operation::Accounts).await?;
        let vault = &self.0.daemon.vault;
        // Locked is said before the seed is taken.
        vault.read(|_| Ok(())).await?;
        let site = options.site.as_deref().map(site::parse).transpose()?;
        let terms = Terms { site, unique: options.unique.unwrap_or(false) };
        let end = uri.into();
        let parsed = blocking(move || {
            let _secrets = crate::shield::Secrets::held();
            let text = secret::text(&end, MAX_URI)?;
            Account::from_uri(text.trim()).map_err(|error| CallError::from_error(ErrorKind::InvalidInput, &error))
        })
        .await?;
        vault.change(move |vault| import::add(vault, parsed, terms)).await
    }

    async fn import(
        &self,
        list: OwnedFd,
        options: ImportOptions,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<ImportReport, CallError> {
        self.0.admit(connection, &header, Operation::Accounts).await?;
        let vault = &self.0.daemon.vault;
        vault.read(|_| Ok(())).await?;
        let end = list.into();
        let lines = blocking(move || {
            let _secrets = crate::shield::Secrets::held();
            let text = pipe::take(&end, pipe::LIST).map_err(|error| errors::pipe(&error))?;
            fob_otp::read_list(&text).map_err(|error| CallError::from_error(ErrorKind::InvalidInput, &error))
        })
        .await?;
        let dry_run = options.dry_run.unwrap_or(false);
        vault.change(move |vault| import::import(vault, lines, dry_run)).await
    }

    async fn remove(
        &self,
        query: &str,
        confirm: &str,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<EntryInfo, CallError> {
        self.0.admit(connection, &header, Operation::Accounts).await?;
        let (query, confirm) = (query.to_owned(), confirm.to_owned());
        self.0.daemon.vault.change(move |vault| remove(vault, &query, &confirm)).await
    }

    async fn bind(
        &self,
        query: &str,
        confirm: &str,
        site: &str,
        bound: bool,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<EntryInfo, CallError> {
        self.0.admit(connection, &header, Operation::Accounts).await?;
        let (query, confirm) = (query.to_owned(), confirm.to_owned());
        let vault = &self.0.daemon.vault;
        vault.read(|_| Ok(())).await?;
        let site = site::parse(site)?;
        vault.change(move |vault| site::bind(vault, &query, &confirm, &site, bound)).await
    }
}

/// What came of asking an entry for a code by time.
enum ByTime {
    /// The code is in the pipe.
    Done(CodeInfo),
    /// It goes by a counter.
    Counter(EntryId),
}

fn by_time(entry: &Entry, now: UnixTime, next: bool, end: &std::os::fd::OwnedFd) -> Result<ByTime, CallError> {
    let account = &entry.account;
    if let Kind::Hotp { .. } = account.kind {
        return Ok(ByTime::Counter(entry.id));
    }
    let code = if next { account.next_totp(now) } else { account.totp(now) };
    let code = code.map_err(|error| lookup::unusable(entry, &error))?;
    pipe::put(end, code.code.expose().as_bytes()).map_err(|error| errors::pipe(&error))?;
    Ok(ByTime::Done(CodeInfo {
        valid_from: Some(code.valid_from.0),
        valid_until: Some(code.valid_until.0),
        ..code_info(entry)
    }))
}

/// The counter is on the disk before the code is in the pipe. A pipe that nobody reads costs one code, as a crash
/// would; that is looked at by the site's window (RFC 4226 section 7.4).
fn by_counter(vault: &mut UnlockedVault, id: EntryId, end: &std::os::fd::OwnedFd) -> Result<CodeInfo, CallError> {
    let code = vault.take_hotp(id).map_err(|error| errors::vault(&error))?;
    pipe::put(end, code.code.expose().as_bytes()).map_err(|error| errors::pipe(&error))?;
    let entry = vault.entry(id).ok_or_else(|| lookup::unknown(&id.to_string()))?;
    Ok(CodeInfo { counter: Some(code.counter), ..code_info(entry) })
}

fn code_info(entry: &Entry) -> CodeInfo {
    CodeInfo {
        id: entry.id.to_string(),
        issuer: printable(&entry.account.issuer).into_owned(),
        name: printable(&entry.account.name).into_owned(),
        kind: entry.account.kind.name().to_owned(),
        ..CodeInfo::default()
    }
}

fn remove(vault: &mut UnlockedVault, query: &str, confirm: &str) -> Result<EntryInfo, CallError> {
    let entry = lookup::one(vault, query)?;
    let (id, info) = (entry.id, shown::entry(entry));
    lookup::confirmed(entry, confirm)?;
    vault.remove(id).map_err(|error| errors::vault(&error))?;
    Ok(info)
}
