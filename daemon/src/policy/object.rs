//! `dev.fob.Policy1`: who may ask for what, what is remembered, and what was asked. Of companions only, and only while the
//! vault is open: locked, no door shows any of it.

use fob_bus::types::{AllowOptions, ClientInfo, GrantInfo, LogEntry, LogOptions, tier};
use fob_bus::{CallError, ErrorKind, names};
use fob_otp::printable;
use fob_vault::UnlockedVault;
use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, interface};

use super::grants::{Grant, GrantId, Life};
use super::listing::{self, Wish};
use super::{Kind, Operation, leave};
use crate::guest::{Guest, Owner};

/// What the id of a paired program begins with.
const PAIRED: &str = "paired-";

/// The object.
pub(crate) struct Policy(pub(crate) Guest);

#[interface(name = "dev.fob.Policy1", introspection_docs = false)]
impl Policy {
    #[zbus(out_args("grants"))]
    async fn grants(
        &self,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<Vec<GrantInfo>, CallError> {
        self.admit(connection, &header).await?;
        let daemon = &self.0.daemon;
        let mut grants = daemon.vault.read(|vault| Ok(daemon.consent.grants(|grant| info(grant, vault)))).await?;
        // A pairing's id says nothing to anybody.
        for client in daemon.clients.all().await? {
            let its_own = grants.iter_mut().filter(|grant| grant.tier == tier::PAIRED && grant.program == client.id);
            its_own.for_each(|grant| grant.program.clone_from(&client.name));
        }
        Ok(grants)
    }

    #[zbus(out_args("revoked"))]
    async fn revoke(
        &self,
        ids: Vec<String>,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u32, CallError> {
        self.admit(connection, &header).await?;
        self.is_open().await?;
        let daemon = &self.0.daemon;
        let parsed = ids.iter().map(|id| id.parse().map_err(|()| no_grant(id)));
        let ids = parsed.collect::<Result<Vec<GrantId>, _>>()?;
        let count = daemon.consent.revoke(|grant| ids.contains(&grant.id));
        leave::keep(daemon).await?;
        Ok(count)
    }

    #[zbus(out_args("clients"))]
    async fn clients(
        &self,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<Vec<ClientInfo>, CallError> {
        self.admit(connection, &header).await?;
        self.is_open().await?;
        let daemon = &self.0.daemon;
        let mut clients = listing::all(daemon);
        clients.extend(daemon.clients.all().await?);
        let held = daemon.consent.grants(|grant| grant.holder.clone());
        for client in &mut clients {
            let grants = held.iter().filter(|holder| holder.is_of(&client.id)).count();
            client.grants = u32::try_from(grants).unwrap_or(u32::MAX);
        }
        Ok(clients)
    }

    #[zbus(out_args("client"))]
    async fn allow(
        &self,
        program: &str,
        options: AllowOptions,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<ClientInfo, CallError> {
        let owner = self.admit(connection, &header).await?;
        self.is_open().await?;
        Wish::parse(program, options).await?.fulfil(&self.0.daemon, &owner).await
    }

    async fn forget(
        &self,
        id: &str,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<(), CallError> {
        self.admit(connection, &header).await?;
        self.is_open().await?;
        let daemon = &self.0.daemon;
        listing::is_the_persons(daemon, id)?;
        // Its grants first: should one of the writes fail, the program is still there to be forgotten again.
        let before = self.take_back(id).await?;
        let was_there =
            if id.starts_with(PAIRED) { daemon.clients.forget(id).await? } else { listing::forget(daemon, id).await? };
        // And what the person has said yes to meanwhile.
        let meanwhile = self.take_back(id).await?;
        daemon.consent.tell();
        if was_there || before + meanwhile > 0 { Ok(()) } else { Err(listing::nobody(id)) }
    }

    #[zbus(out_args("entries"))]
    async fn log(
        &self,
        options: LogOptions,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<Vec<LogEntry>, CallError> {
        self.admit(connection, &header).await?;
        self.0.daemon.diary.read(&options).await
    }

    /// A grant or a program came or went; companions on fobd's own socket hear of it.
    #[zbus(signal)]
    async fn grants_changed(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;
}

impl Policy {
    async fn admit(&self, connection: &Connection, header: &Header<'_>) -> Result<Owner, CallError> {
        self.0.admit(connection, header, Operation::Policy).await
    }

    /// A locked vault tells of nothing, not even that there is nothing.
    async fn is_open(&self) -> Result<(), CallError> {
        self.0.daemon.vault.read(|_| Ok(())).await
    }

    /// Takes back what a program holds; how much that was. It is written even where that was nothing: an earlier write
    /// may have failed, and what was taken back must not come back. Where nothing differs nothing is written.
    async fn take_back(&self, id: &str) -> Result<u64, CallError> {
        let daemon = &self.0.daemon;
        let count = daemon.consent.revoke(|grant| grant.holder.is_of(id));
        leave::keep(daemon).await?;
        Ok(count.into())
    }
}

/// Tells a companion's connection that a grant or a program came or went.
pub(crate) async fn tell_grants_changed(connection: &Connection) -> zbus::Result<()> {
    Policy::grants_changed(&SignalEmitter::new(connection, names::ROOT)?).await
}

fn info(grant: &Grant, vault: &UnlockedVault) -> GrantInfo {
    let account = grant.site().filter(|_| grant.kind == Kind::Code).and_then(|site| vault.entry(site.parse().ok()?));
    let ends = match grant.lasts {
        Life::EightHours(end) => Some(end.wall.0),
        Life::UntilLock | Life::Always => None,
    };
    let text = |text: &str| printable(text).into_owned();
    GrantInfo {
        id: grant.id.to_string(),
        program: text(grant.holder.name()),
        tier: grant.holder.tier().to_owned(),
        kind: grant.kind.word().to_owned(),
        site: grant.site().map(text),
        label: account.map(|entry| crate::otp::label(&entry.issuer, &entry.name)).or_else(|| grant.origin().map(text)),
        lasts: grant.lasts.word().to_owned(),
        given: grant.given.0,
        ends,
    }
}

fn no_grant(id: &str) -> CallError {
    let words = format!("{} is no id of a grant: it has sixteen small hexadecimal digits", printable(id));
    CallError::new(ErrorKind::InvalidInput, words)
}
