//! What the vault keeps of paired programs: one JSON text on a shelf of its own.

use fob_ambient::UnixTime;
use fob_bus::types::{ClientInfo, tier};
use fob_bus::{CallError, ErrorKind};
use fob_vault::{Shelf, UnlockedVault};
use fob_webauthn::Origin;
use serde::{Deserialize, Serialize};

use super::scope::Scopes;
use super::token::TokenHash;
use crate::errors;

/// The version that this fob writes and reads.
const VERSION: u32 = 1;
/// Most paired programs. A person who has more of them can tell none from another.
const MOST: usize = 64;

/// A paired program.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    /// `paired-` and eight hexadecimal digits.
    pub(crate) id: String,
    /// Its name for itself, without what moves a cursor.
    pub(crate) name: String,
    /// What it may do.
    pub(crate) scopes: Scopes,
    /// The origin whose pages may use its token.
    pub(crate) origin: Option<Origin>,
    /// The user that it runs as.
    pub(crate) uid: u32,
    /// When it was paired.
    pub(crate) since: UnixTime,
    pub(super) token: TokenHash,
}

impl Client {
    /// The same for the bus; how many grants it has is not known here, and it can have none.
    pub(crate) fn info(&self) -> ClientInfo {
        ClientInfo {
            id: self.id.clone(),
            name: self.name.clone(),
            tier: tier::PAIRED.to_owned(),
            origins: self.origin.as_ref().map(|origin| vec![origin.to_string()]),
            scopes: Some(self.scopes.texts()),
            uid: Some(self.uid),
            since: Some(self.since.0),
            ..ClientInfo::default()
        }
    }
}

#[derive(Serialize, Deserialize)]
struct List {
    version: u32,
    clients: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    id: String,
    name: String,
    token: String,
    scopes: Vec<String>,
    origin: Option<String>,
    uid: u32,
    since: u64,
}

/// All paired programs.
///
/// # Errors
/// [`ErrorKind::VaultUnusable`] when a newer fob wrote them in another way.
pub(super) fn all(vault: &UnlockedVault) -> Result<Vec<Client>, CallError> {
    vault.shelf(Shelf::Clients).map_or(Ok(Vec::new()), |bytes| {
        parse(&bytes).ok_or_else(|| {
            let message = "the list of paired programs in the vault cannot be read: a newer fob may have written it";
            CallError::new(ErrorKind::VaultUnusable, message)
        })
    })
}

/// One more.
///
/// # Errors
/// As [`all`]; [`ErrorKind::InvalidInput`] when there are too many; the vault's.
pub(super) fn add(vault: &mut UnlockedVault, client: Client) -> Result<(), CallError> {
    let mut clients = all(vault)?;
    if clients.len() >= MOST {
        let message = format!("{MOST} programs are paired already: forget one first");
        return Err(CallError::new(ErrorKind::InvalidInput, message));
    }
    clients.push(client);
    put(vault, &clients)
}

/// One less; whether it was there.
///
/// # Errors
/// As [`all`]; the vault's.
pub(super) fn remove(vault: &mut UnlockedVault, id: &str) -> Result<bool, CallError> {
    let mut clients = all(vault)?;
    let before = clients.len();
    clients.retain(|client| client.id != id);
    if clients.len() == before {
        return Ok(false);
    }
    put(vault, &clients).map(|()| true)
}

fn put(vault: &mut UnlockedVault, clients: &[Client]) -> Result<(), CallError> {
    let bytes = (!clients.is_empty()).then(|| write(clients));
    vault.put_on_shelf(Shelf::Clients, bytes.as_deref()).map_err(|error| errors::vault(&error))
}

fn write(clients: &[Client]) -> Vec<u8> {
    let line = |client: &Client| Line {
        id: client.id.clone(),
        name: client.name.clone(),
        token: client.token.text(),
        scopes: client.scopes.texts(),
        origin: client.origin.as_ref().map(ToString::to_string),
        uid: client.uid,
        since: client.since.0,
    };
    let list = List { version: VERSION, clients: clients.iter().map(line).collect() };
    serde_json::to_vec(&list).expect("text and numbers are always JSON")
}

/// All of it or nothing: half a list would let a program seem forgotten.
fn parse(bytes: &[u8]) -> Option<Vec<Client>> {
    let list: List = serde_json::from_slice(bytes).ok()?;
    let client = |line: Line| {
        Some(Client {
            scopes: Scopes::parse(&line.scopes).ok()?,
            origin: line.origin.map(|origin| Origin::parse(&origin)).transpose().ok()?,
            token: TokenHash::of_text(&line.token)?,
            id: line.id,
            name: line.name,
            uid: line.uid,
            since: UnixTime(line.since),
        })
    };
    (list.version == VERSION).then(|| list.clients.into_iter().map(client).collect())?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As it stands in vaults out there.
    const WRITTEN: &str = r#"{"version":1,"clients":[{"id":"paired-00c0ffee","name":"Intranet","token":"66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925","scopes":["webauthn:https://example.org"],"origin":"https://example.org","uid":1000,"since":59}]}"#;

    #[test]
    fn a_list_is_read_as_it_was_written() {
        let clients = parse(WRITTEN.as_bytes()).unwrap();
        let [client] = &clients[..] else { panic!("one") };
        assert_eq!((client.name.as_str(), client.uid, client.since), ("Intranet", 1000, UnixTime(59)));
        assert_eq!(write(&clients), WRITTEN.as_bytes());
    }

    #[test]
    fn half_a_list_is_none() {
        for (case, text) in [
            ("another version", WRITTEN.replace(r#""version":1"#, r#""version":2"#)),
            ("a scope that means nothing here", WRITTEN.replace("webauthn:", "webauthn2:")),
            ("a hash that is none", WRITTEN.replace("66687a", "")),
            ("an origin that is none", WRITTEN.replace(r#""origin":"https://"#, r#""origin":"ftp://"#)),
            ("no list", "[]".to_owned()),
        ] {
            assert!(parse(text.as_bytes()).is_none(), "{case}");
        }
    }
}
