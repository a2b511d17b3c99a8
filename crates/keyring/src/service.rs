//! The calls of the Secret Service API that a slot needs, each as one function. What comes back is bounded and typed
//! here, and not yet believed.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use zbus::message::Flags;
use zbus::names::OwnedUniqueName;
use zbus::{Connection, DynamicType, Message, ObjectPath, OwnedObjectPath, OwnedVariant, Type, Variant};

use crate::signals::MAX_BODY;
use crate::{KeyringError, Place};

const BROKER: &str = "org.freedesktop.DBus";
const BROKER_PATH: &str = "/org/freedesktop/DBus";
const NAME: &str = "org.freedesktop.secrets";
pub(crate) const PATH: &str = "/org/freedesktop/secrets";
const SERVICE: &str = "org.freedesktop.Secret.Service";
const COLLECTION: &str = "org.freedesktop.Secret.Collection";
const ITEM: &str = "org.freedesktop.Secret.Item";
const SESSION: &str = "org.freedesktop.Secret.Session";
const PROMPT: &str = "org.freedesktop.Secret.Prompt";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// Most items under one place that are looked at: there should be one.
const MAX_ITEMS: usize = 16;

type Result<T> = std::result::Result<T, KeyringError>;

/// A value as it crosses the bus (API, type `Secret`), encrypted.
#[derive(Debug, Serialize, Deserialize, Type)]
pub(crate) struct Sealed {
    pub(crate) session: OwnedObjectPath,
    /// The IV.
    pub(crate) parameters: Vec<u8>,
    pub(crate) value: Vec<u8>,
    pub(crate) content_type: String,
}

/// Items that were found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) unlocked: Vec<OwnedObjectPath>,
    pub(crate) locked: Vec<OwnedObjectPath>,
}

/// What a call did, and the prompt that is to be shown before the rest is done. The API writes "none" as the path `/`.
pub(crate) struct Begun<T> {
    pub(crate) done: T,
    pub(crate) prompt: Option<OwnedObjectPath>,
}

impl<T> Begun<T> {
    fn new(done: T, prompt: OwnedObjectPath) -> Self {
        Self { done, prompt: path(prompt) }
    }
}

/// The connection that owned the service's name when we came. Another one that takes the name over knows neither our
/// session nor our paths.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) connection: Connection,
    pub(crate) owner: OwnedUniqueName,
}

impl Service {
    /// Whoever is the Secret Service, started by the bus if need be.
    pub(crate) async fn start(connection: &Connection) -> Result<Self> {
        let owner = match owner(connection).await {
            Err(KeyringError::NoService) => {
                let body = (NAME, 0_u32);
                let start =
                    connection.call_method(Some(BROKER), BROKER_PATH, Some(BROKER), "StartServiceByName", &body);
                start.await.map_err(absent)?;
                owner(connection).await?
            }
            owner => owner?,
        };
        Ok(Self { connection: connection.clone(), owner })
    }

    /// OpenSession: the service's half of the key agreement, and the session.
    pub(crate) async fn open_session(&self, algorithm: &str, public: &[u8]) -> Result<(Vec<u8>, OwnedObjectPath)> {
        let body = (algorithm, Variant::from(public));
        let opened = self.call::<_, (OwnedVariant, OwnedObjectPath)>(PATH, SERVICE, "OpenSession", &body).await;
        let (output, session) = opened.map_err(|error| match error {
            KeyringError::Refused(name) if name == "org.freedesktop.DBus.Error.NotSupported" => {
                KeyringError::NoEncryption
            }
            other => other,
        })?;
        let public = output.try_into().map_err(|_| KeyringError::Nonsense("a public key that is no bytes"))?;
        Ok((public, path(session).ok_or(KeyringError::Nonsense("a session without a path"))?))
    }

    /// Says goodbye to a session, without awaiting anything.
    pub(crate) fn close_session(&self, session: &OwnedObjectPath) {
        self.say(session, SESSION, "Close");
    }

    /// SearchItems, in all collections.
    pub(crate) async fn search(&self, place: &Place) -> Result<Found> {
        let (unlocked, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
            self.call(PATH, SERVICE, "SearchItems", &place.attributes()).await?;
        if unlocked.len().saturating_add(locked.len()) > MAX_ITEMS {
            return Err(KeyringError::Nonsense("more items for one slot than anybody has stored"));
        }
        Ok(Found { unlocked, locked })
    }

    /// Unlock: what could be unlocked at once.
    pub(crate) async fn unlock(&self, objects: &[OwnedObjectPath]) -> Result<Begun<Vec<OwnedObjectPath>>> {
        let (unlocked, prompt) = self.call(PATH, SERVICE, "Unlock", &objects).await?;
        Ok(Begun::new(unlocked, prompt))
    }

    /// The collection that is meant when nobody names one, if there is one.
    pub(crate) async fn default_collection(&self) -> Result<Option<OwnedObjectPath>> {
        self.call(PATH, SERVICE, "ReadAlias", &"default").await.map(path)
    }

    /// CreateItem, in the place of one with the same attributes.
    pub(crate) async fn create(
        &self,
        collection: &ObjectPath<'_>,
        place: &Place,
        label: &str,
        sealed: &Sealed,
    ) -> Result<Begun<Option<OwnedObjectPath>>> {
        let properties = HashMap::from([
            ("org.freedesktop.Secret.Item.Label", Variant::from(label)),
            ("org.freedesktop.Secret.Item.Attributes", Variant::from(place.attributes())),
        ]);
        let (item, prompt) = self.call(collection, COLLECTION, "CreateItem", &(properties, sealed, true)).await?;
        Ok(Begun::new(path(item), prompt))
    }

    /// An item's attributes.
    pub(crate) async fn attributes(&self, item: &ObjectPath<'_>) -> Result<HashMap<String, String>> {
        let attributes = self.property(item, ITEM, "Attributes").await?;
        attributes.try_into().map_err(|_| KeyringError::Nonsense("attributes that are no text"))
    }

    /// Whether an item is locked.
    pub(crate) async fn is_locked(&self, item: &ObjectPath<'_>) -> Result<bool> {
        self.locked(item, ITEM).await
    }

    /// Whether a collection is locked.
    pub(crate) async fn is_locked_collection(&self, collection: &ObjectPath<'_>) -> Result<bool> {
        self.locked(collection, COLLECTION).await
    }

    async fn locked(&self, object: &ObjectPath<'_>, interface: &str) -> Result<bool> {
        let locked = self.property(object, interface, "Locked").await?;
        bool::try_from(locked).map_err(|_| KeyringError::Nonsense("neither locked nor unlocked"))
    }

    /// GetSecret.
    pub(crate) async fn sealed(&self, item: &ObjectPath<'_>, session: &OwnedObjectPath) -> Result<Sealed> {
        self.call::<_, (Sealed,)>(item, ITEM, "GetSecret", session).await.map(|(sealed,)| sealed)
    }

    /// Delete.
    pub(crate) async fn delete(&self, item: &ObjectPath<'_>) -> Result<Begun<()>> {
        self.call(item, ITEM, "Delete", &()).await.map(|prompt| Begun::new((), prompt))
    }

    /// Shows a prompt, of no particular window.
    pub(crate) async fn show(&self, prompt: &ObjectPath<'_>) -> Result<()> {
        self.call(prompt, PROMPT, "Prompt", &"").await
    }

    /// Takes a prompt away again, without awaiting anything.
    pub(crate) fn dismiss(&self, prompt: &OwnedObjectPath) {
        self.say(prompt, PROMPT, "Dismiss");
    }

    async fn property(&self, object: &ObjectPath<'_>, interface: &str, name: &str) -> Result<OwnedVariant> {
        self.call(object, PROPERTIES, "Get", &(interface, name)).await
    }

    async fn call<B, R>(&self, path: &str, interface: &str, method: &str, body: &B) -> Result<R>
    where
        B: Serialize + DynamicType + Sync,
        R: for<'de> Deserialize<'de> + Type,
    {
        let destination = Some(self.owner.as_str());
        let reply = self.connection.call_method(destination, path, Some(interface), method, body);
        read(&reply.await.map_err(KeyringError::of_call)?, self.owner.as_str())
    }

    /// Sends a last word that has no answer. There may be no runtime any more to send it: then the end of the connection
    /// says the same.
    fn say(&self, path: &OwnedObjectPath, interface: &str, method: &str) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let message = Message::method_call(path.as_str(), method)
            .destination(self.owner.as_str())
            .interface(interface)
            .with_flags(Flags::NO_REPLY_EXPECTED)
            .build(&());
        if let Ok(message) = message {
            let connection = self.connection.clone();
            runtime.spawn(async move { connection.send(&message).await });
        }
    }
}

async fn owner(connection: &Connection) -> Result<OwnedUniqueName> {
    let owner = connection.call_method(Some(BROKER), BROKER_PATH, Some(BROKER), "GetNameOwner", &NAME);
    read(&owner.await.map_err(absent)?, BROKER)
}

/// Why the broker names nobody: whatever the reason, no keyring runs.
fn absent(error: zbus::Error) -> KeyringError {
    match KeyringError::of_call(error) {
        KeyringError::Refused(_) => KeyringError::NoService,
        other => other,
    }
}

/// A path that names something.
fn path(path: OwnedObjectPath) -> Option<OwnedObjectPath> {
    (path.as_str() != "/").then_some(path)
}

/// The body of a message, if it is from who was asked and no longer than anything of ours.
pub(crate) fn read<R: for<'de> Deserialize<'de> + Type>(message: &Message, sender: &str) -> Result<R> {
    if message.header().sender().is_none_or(|from| from.as_str() != sender) {
        return Err(KeyringError::Nonsense("somebody else answered"));
    }
    let body = message.body();
    if body.len() > MAX_BODY {
        return Err(KeyringError::Nonsense("more bytes than an answer can have"));
    }
    body.deserialize().map_err(|_| KeyringError::Nonsense("an answer of another type"))
}
