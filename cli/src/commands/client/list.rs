//! `fob client list`, and a known program as the commands show it.

use fob_bus::types::{ClientInfo, listed_by};
use serde::Serialize;

use crate::answer::Answer;
use crate::commands::unlock::with_open_vault;
use crate::daemon::Daemon;
use crate::text::{count, shown, table};
use crate::{Exit, Failure, World};

/// A program that is listed or paired, as it may be shown.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) name: String,
    tier: String,
    listed_by: Option<String>,
    /// `null` for any.
    origins: Option<Vec<String>>,
    portal: bool,
    scopes: Vec<String>,
    uid: Option<u32>,
    /// Unix time in seconds.
    since: Option<u64>,
    grants: u32,
}

impl From<ClientInfo> for Client {
    fn from(info: ClientInfo) -> Self {
        Self {
            id: info.id,
            name: info.name,
            tier: info.tier,
            listed_by: info.listed_by,
            origins: info.origins,
            portal: info.portal == Some(true),
            scopes: info.scopes.unwrap_or_default(),
            uid: info.uid,
            since: info.since,
            grants: info.grants,
        }
    }
}

impl Client {
    /// Id and name, for a person to choose by.
    pub(crate) fn line(&self) -> String {
        format!("{}  {}", shown(&self.id), shown(&self.name))
    }

    /// Who made it known.
    pub(crate) fn known_by(&self) -> String {
        match self.listed_by.as_deref() {
            Some(listed_by::VENDOR) => "listed by the package".to_owned(),
            Some(listed_by::ADMIN) => "listed by the administrator".to_owned(),
            Some(listed_by::PERSON) => "listed by you".to_owned(),
            Some(other) => shown(other),
            None => shown(&self.tier),
        }
    }

    /// What it may ask for.
    fn may(&self) -> String {
        let list = |texts: &[String]| texts.iter().map(|text| shown(text)).collect::<Vec<_>>().join(" ");
        if !self.scopes.is_empty() {
            let uid = self.uid.map(|uid| format!(", as uid {uid}")).unwrap_or_default();
            return list(&self.scopes) + &uid;
        }
        let sites = match &self.origins {
            None => "any site".to_owned(),
            Some(none) if none.is_empty() => "no site".to_owned(),
            Some(these) => list(these),
        };
        if self.portal { format!("portal, {sites}") } else { sites }
    }

    /// The program as a person is told about it after it was made known.
    pub(super) fn sentence(&self) -> String {
        format!("{} ({}): {}", shown(&self.name), shown(&self.id), self.may())
    }

    fn row(&self) -> Vec<String> {
        let grants = if self.grants == 0 { String::new() } else { count(self.grants, "grant", "grants") };
        vec![shown(&self.id), shown(&self.name), self.known_by(), self.may(), grants]
    }

    /// Whether `name` is its id, or the beginning of its id or name, in capitals or not.
    fn is_meant_by(&self, name: &str) -> bool {
        let begins = |text: &str| !name.is_empty() && text.to_lowercase().starts_with(&name.to_lowercase());
        begins(&self.id) || begins(&self.name)
    }
}

#[derive(Serialize)]
struct Clients {
    clients: Vec<Client>,
}

impl Answer for Clients {
    const SCHEMA: &'static str = "fob.client-list/1";

    fn words(&self) -> String {
        table(&self.clients.iter().map(Client::row).collect::<Vec<_>>())
    }
}

/// All of them; the person's own are in the vault, which is opened for them.
pub(super) async fn all(world: &mut World, daemon: &Daemon) -> Result<Vec<Client>, Failure> {
    let clients = with_open_vault(world, daemon, async |daemon: &Daemon| Ok(daemon.policy().await?.clients().await?));
    Ok(clients.await?.into_iter().map(Client::from).collect())
}

/// The one that `name` means.
pub(super) fn meant(clients: Vec<Client>, name: &str) -> Result<Client, Failure> {
    if let Some(exact) = clients.iter().find(|client| client.id == name || client.name == name) {
        return Ok(exact.clone());
    }
    let found: Vec<Client> = clients.into_iter().filter(|client| client.is_meant_by(name)).collect();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Failure::new(Exit::Failed, format!("no program here is called \"{name}\""))
            .hint("run `fob client list` to see them")),
        several => {
            let mut failure = Failure::new(Exit::Failed, format!("\"{name}\" can mean several programs"));
            failure.candidates = several.iter().map(Client::line).collect();
            Err(failure.hint("name one of them by its id"))
        }
    }
}

pub(super) async fn run(world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    let clients = all(world, &daemon).await?;
    if clients.is_empty() && !world.json {
        world.note("No program is listed or paired: each is asked about every time.");
    }
    world.answer(&Clients { clients })
}
