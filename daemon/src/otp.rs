//! `dev.fob.Otp1`: one-time-code accounts. What each call means is in the files beside; here are the calls.
//!
//! A code by time is made at once, on the thread that serves: nothing waits for a disk. Everything that reads a pipe,
//! writes the vault or proves a passphrase runs on a thread of its own. No caller names a time.

mod add;
mod bin;
mod code;
mod edit;
mod export;
mod hand_out;
mod import;
mod lookup;
mod outlet;
mod recovery;
mod shown;
mod site;

use fob_bus::types::{
    AddOptions, Added, CodeInfo, CodeOptions, EditOptions, EntryInfo, ExportInfo, FreshOptions, HistoryEvent,
    ImportOptions, ImportReport, RecoveryOptions, ResyncOptions, UriInfo,
};
use fob_bus::{CallError, pipe};
use fob_otp::SecretText;
use fob_vault::UnlockedVault;
use zbus::message::Header;
use zbus::{Connection, OwnedFd, interface};
use zeroize::Zeroizing;

use self::add::New;
use self::edit::Edit;
use self::hand_out::Order;
use self::import::List;
pub(crate) use self::lookup::label;
use crate::errors;
use crate::guest::Guest;
use crate::policy::Operation;
use crate::secret::Proof;
use crate::shield::Secrets;
use crate::thread::blocking;

/// The object.
pub(crate) struct Otp(pub(crate) Guest);

#[interface(name = "dev.fob.Otp1", introspection_docs = false)]
impl Otp {
    #[zbus(out_args("accounts"))]
    async fn list(
        &self,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<Vec<EntryInfo>, CallError> {
        self.admit(connection, &header).await?;
        self.read(|vault| Ok(shown::all(vault))).await
    }

    #[zbus(out_args("account"))]
    async fn find(
        &self,
        query: &str,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<EntryInfo, CallError> {
        self.admit(connection, &header).await?;
        self.read(|vault| Ok(shown::entry(lookup::one(vault, query)?))).await
    }

    #[zbus(out_args("info"))]
    async fn code(
        &self,
        query: &str,
        options: CodeOptions,
        code: OwnedFd,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<CodeInfo, CallError> {
        let owner = self.0.admit(connection, &header, Operation::Code).await?;
        let owner = owner.speaking_for(options.app_id.as_deref())?;
        self.hand_out(&owner, Order::of(query, &options, code.into())?).await
    }

    #[zbus(out_args("added"))]
    async fn add(
        &self,
        uri: OwnedFd,
        options: AddOptions,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<Added, CallError> {
        self.admit(connection, &header).await?;
        let end = uri.into();
        let new = self.secret(move || New::read(&end, options)).await?;
        self.change(move |vault| new.add(vault)).await
    }

    #[zbus(out_args("report"))]
    async fn import(
        &self,
        list: OwnedFd,
        options: ImportOptions,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<ImportReport, CallError> {
        self.admit(connection, &header).await?;
        let (end, now) = (list.into(), self.0.daemon.clock.wall());
        let list = self.secret(move || List::read(&end, now)).await?;
        self.change(move |vault| list.import(vault, &options)).await
    }

    #[zbus(out_args("account"))]
    async fn edit(
        &self,
        query: String,
        confirm: String,
        options: EditOptions,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<EntryInfo, CallError> {
        self.admit(connection, &header).await?;
        let edit = self.secret(move || Edit::read(options)).await?;
        self.change(move |vault| edit.apply(vault, &query, &confirm)).await
    }

    #[zbus(out_args("account"))]
    async fn note(
        &self,
        query: &str,
        note: OwnedFd,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<EntryInfo, CallError> {
        self.admit(connection, &header).await?;
        let look = |vault: &UnlockedVault| {
            let entry = lookup::one(vault, query)?;
            let record = lookup::revealed(vault, entry)?;
            let note = record.extras.note.as_ref().map_or("", SecretText::expose);
            Ok((shown::entry(entry), Zeroizing::new(note.as_bytes().to_vec())))
        };
        let (info, text) = self.read(look).await?;
        pour(note.into(), text).await?;
        Ok(info)
    }

    #[zbus(out_args("account"))]
    async fn resync(
        &self,
        query: String,
        confirm: String,
        codes: OwnedFd,
        options: ResyncOptions,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<EntryInfo, CallError> {
        self.admit(connection, &header).await?;
        let end = codes.into();
        let codes = self.secret(move || recovery::two_codes(&end)).await?;
        self.change(move |vault| recovery::resync(vault, &query, &confirm, &codes, &options)).await
    }

    #[zbus(out_args("account"))]
    async fn add_recovery_codes(
        &self,
        query: String,
        confirm: String,
        codes: OwnedFd,
        options: RecoveryOptions,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<EntryInfo, CallError> {
        self.admit(connection, &header).await?;
        let end = codes.into();
        let codes = self.secret(move || recovery::read(&end)).await?;
        self.change(move |vault| recovery::add(vault, &query, &confirm, &codes, &options)).await
    }

    #[zbus(out_args("account"))]
    async fn take_recovery_code(
        &self,
        query: String,
        code: OwnedFd,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<EntryInfo, CallError> {
        self.admit(connection, &header).await?;
        let end = code.into();
        self.change(move |vault| recovery::take(vault, &query, &end)).await
    }

    #[zbus(out_args("events"))]
    async fn history(
        &self,
        query: &str,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<Vec<HistoryEvent>, CallError> {
        self.admit(connection, &header).await?;
        self.read(|vault| Ok(shown::history(&lookup::revealed(vault, lookup::one(vault, query)?)?))).await
    }

    #[zbus(out_args("account"))]
    async fn remove(
        &self,
        query: String,
        confirm: String,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<EntryInfo, CallError> {
        self.admit(connection, &header).await?;
        self.change(move |vault| bin::remove(vault, &query, &confirm)).await
    }

    #[zbus(out_args("accounts"))]
    async fn bin(
        &self,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<Vec<EntryInfo>, CallError> {
        self.admit(connection, &header).await?;
        self.read(|vault| Ok(bin::all(vault))).await
    }

    #[zbus(out_args("account"))]
    async fn restore(
        &self,
        query: String,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<EntryInfo, CallError> {
        self.admit(connection, &header).await?;
        self.change(move |vault| bin::restore(vault, &query)).await
    }

    #[zbus(out_args("purged"))]
    async fn purge(
        &self,
        ids: Vec<String>,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u32, CallError> {
        self.admit(connection, &header).await?;
        self.change(move |vault| bin::purge(vault, &ids)).await
    }

    #[zbus(out_args("info"))]
    async fn uri(
        &self,
        query: String,
        fresh: OwnedFd,
        uri: OwnedFd,
        options: FreshOptions,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<UriInfo, CallError> {
        self.admit(connection, &header).await?;
        let (fresh, end) = (fresh.into(), uri.into());
        let proof = self.secret(move || Proof::read(&fresh, options.recovery == Some(true))).await?;
        // What is asked for first: nobody pays for Argon2 to learn that there is no such account.
        self.read(|vault| lookup::one(vault, &query).map(drop)).await?;
        let (info, uri) = self.proven(proof, move |vault| export::uri(vault, &query)).await?;
        pour(end, uri).await?;
        Ok(info)
    }

    #[zbus(out_args("info"))]
    async fn export(
        &self,
        fresh: OwnedFd,
        accounts: OwnedFd,
        options: FreshOptions,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<ExportInfo, CallError> {
        self.admit(connection, &header).await?;
        let (fresh, end) = (fresh.into(), accounts.into());
        let (proof, options) =
            self.secret(move || Ok((Proof::read(&fresh, options.recovery == Some(true))?, options))).await?;
        self.read(|vault| export::wanted(vault, options.ids.as_deref()).map(drop)).await?;
        let (info, json) = self.proven(proof, move |vault| export::export(vault, &options)).await?;
        pour(end, json).await?;
        Ok(info)
    }

    #[zbus(out_args("account"))]
    async fn bind(
        &self,
        query: String,
        confirm: String,
        site: &str,
        bound: bool,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<EntryInfo, CallError> {
        self.admit(connection, &header).await?;
        self.read(|_| Ok(())).await?;
        let site = site::parse(site)?;
        self.change(move |vault| site::bind(vault, &query, &confirm, &site, bound)).await
    }
}

impl Otp {
    /// Lets a call pass, or not.
    async fn admit(&self, connection: &Connection, header: &Header<'_>) -> Result<(), CallError> {
        self.0.admit(connection, header, Operation::Accounts).await.map(|_| ())
    }

    /// Looks into the open vault, at once.
    async fn read<T>(&self, look: impl FnOnce(&UnlockedVault) -> Result<T, CallError>) -> Result<T, CallError> {
        self.0.daemon.vault.read(look).await
    }

    /// Changes the open vault, on a thread of its own: when this returns, the change is on the disk.
    async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut UnlockedVault) -> Result<T, CallError> + Send + 'static,
    ) -> Result<T, CallError> {
        self.0.daemon.vault.change(change).await
    }

    /// Looks into the vault after a fresh proof. Codes do not wait for Argon2.
    async fn proven<T: Send + 'static>(
        &self,
        proof: Proof,
        look: impl FnOnce(&UnlockedVault) -> Result<T, CallError> + Send + 'static,
    ) -> Result<T, CallError> {
        let vault = &self.0.daemon.vault;
        let (proven, _) = vault.prove(proof).await?;
        vault.change_proven(proven, move |vault| look(vault)).await
    }

    /// Takes secrets out of pipes, on a thread of its own. A locked vault is named before any is taken.
    async fn secret<T: Send + 'static>(
        &self,
        take: impl FnOnce() -> Result<T, CallError> + Send + 'static,
    ) -> Result<T, CallError> {
        self.read(|_| Ok(())).await?;
        blocking(move || {
            let _secrets = Secrets::held();
            take()
        })
        .await
    }
}

/// Puts a secret of any length into its pipe, on a thread of its own: nobody waits for its reader but its caller.
async fn pour(end: std::os::fd::OwnedFd, secret: Zeroizing<Vec<u8>>) -> Result<(), CallError> {
    let secrets = Secrets::held();
    blocking(move || {
        let poured = pipe::pour(&end, &secret).map_err(|error| errors::pipe(&error));
        drop((secret, secrets));
        poured
    })
    .await
}
