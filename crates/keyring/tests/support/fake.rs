//! A Secret Service that a test can make lie. Honest, it keeps items in one collection and gives each back as it came:
//! it needs no key for that, so it vouches for nothing but the order of the calls. Real keyrings judge the rest.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use zbus::message::Type as MessageType;
use zbus::{Connection, DynamicType, Message, MessageStream, OwnedObjectPath, Type, Variant};

use super::Bus;

pub(crate) const NAME: &str = "org.freedesktop.secrets";
pub(crate) const ROOT: &str = "/org/freedesktop/secrets";
pub(crate) const COLLECTION: &str = "/org/freedesktop/secrets/collection/login";
pub(crate) const SESSION: &str = "/org/freedesktop/secrets/session/s1";
pub(crate) const PROMPT: &str = "/org/freedesktop/secrets/prompt/p1";

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub(crate) struct Sealed {
    pub(crate) session: OwnedObjectPath,
    pub(crate) parameters: Vec<u8>,
    pub(crate) value: Vec<u8>,
    pub(crate) content_type: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) path: OwnedObjectPath,
    pub(crate) label: String,
    pub(crate) attributes: HashMap<String, String>,
    pub(crate) sealed: Sealed,
}

/// What a test puts in an honest answer's place: messages to send, or none at all.
type Lie = Box<dyn FnMut(&Message) -> Option<Vec<Message>> + Send>;

#[derive(Default)]
pub(crate) struct State {
    pub(crate) items: Vec<Item>,
    pub(crate) locked: bool,
    /// What the next prompt unlocks; it stays open if nobody is there to answer.
    pub(crate) nobody: bool,
    asked: Vec<OwnedObjectPath>,
    lie: Option<Lie>,
    /// Who called last.
    pub(crate) caller: String,
    /// All bodies that came in.
    pub(crate) heard: Vec<u8>,
}

/// The service on its own connection. Clones are the same.
#[derive(Clone)]
pub(crate) struct Fake {
    pub(crate) connection: Connection,
    pub(crate) state: Arc<Mutex<State>>,
    calls: watch::Receiver<Vec<String>>,
}

pub(crate) fn path(path: &str) -> OwnedObjectPath {
    OwnedObjectPath::try_from(path).unwrap()
}

/// An answer to a call.
pub(crate) fn reply<B: Serialize + DynamicType>(call: &Message, body: &B) -> Vec<Message> {
    vec![Message::method_return(&call.header()).build(body).unwrap()]
}

pub(crate) fn refusal(call: &Message, name: &str) -> Vec<Message> {
    vec![Message::error(&call.header(), name).build(&"a text from outside \u{1b}[2J").unwrap()]
}

/// The signal that a prompt is done.
pub(crate) fn completed(dismissed: bool, result: Variant<'_>) -> Message {
    Message::signal(PROMPT, "org.freedesktop.Secret.Prompt", "Completed").build(&(dismissed, result)).unwrap()
}

pub(crate) fn member(call: &Message) -> String {
    call.header().member().map(ToString::to_string).unwrap_or_default()
}

impl Fake {
    pub(crate) async fn start(bus: &Bus) -> Self {
        let connection = bus.connect().await;
        // Before the name: nobody's call is missed.
        let mut stream = MessageStream::from(&connection);
        connection.request_name(NAME).await.unwrap();
        let (log, calls) = watch::channel(Vec::new());
        let fake = Self { connection: connection.clone(), state: Arc::default(), calls };
        let state = fake.state.clone();
        tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                if message.message_type() != MessageType::MethodCall {
                    continue;
                }
                let messages = state.lock().unwrap().answer(&message);
                log.send_modify(|log| log.push(member(&message)));
                for message in messages {
                    connection.send(&message).await.unwrap();
                }
            }
        });
        fake
    }

    /// From now on these calls get this instead of an honest answer.
    pub(crate) fn lie(&self, name: &'static str, mut lie: impl FnMut(&Message) -> Vec<Message> + Send + 'static) {
        self.state.lock().unwrap().lie = Some(Box::new(move |call| (member(call) == name).then(|| lie(call))));
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        self.calls.borrow().clone()
    }

    /// Waits until this was called so often.
    pub(crate) async fn was_called(&self, name: &str, times: usize) {
        let mut calls = self.calls.clone();
        calls.wait_for(|calls| calls.iter().filter(|call| *call == name).count() >= times).await.unwrap();
    }

    pub(crate) async fn signal<B: Serialize + DynamicType>(&self, path: &str, interface: &str, name: &str, body: &B) {
        signal(&self.connection, path, interface, name, body).await;
    }
}

pub(crate) async fn signal<B: Serialize + DynamicType>(
    from: &Connection,
    path: &str,
    interface: &str,
    name: &str,
    body: &B,
) {
    from.send(&Message::signal(path, interface, name).build(body).unwrap()).await.unwrap();
}

impl State {
    fn answer(&mut self, call: &Message) -> Vec<Message> {
        self.heard.extend_from_slice(call.body().data().bytes());
        self.caller = call.header().sender().map(ToString::to_string).unwrap_or_default();
        if let Some(messages) = self.lie.as_mut().and_then(|lie| lie(call)) {
            return messages;
        }
        let body = call.body();
        match member(call).as_str() {
            // Four is two squared: a public key like any other.
            "OpenSession" => reply(call, &(Variant::from(vec![4_u8]), path(SESSION))),
            "ReadAlias" => reply(call, &path(COLLECTION)),
            "SearchItems" => {
                let wanted: HashMap<String, String> = body.deserialize().unwrap();
                let matching =
                    |item: &&Item| wanted.iter().all(|(name, value)| item.attributes.get(name) == Some(value));
                let found: Vec<_> = self.items.iter().filter(matching).map(|item| item.path.clone()).collect();
                reply(call, &if self.locked { (vec![], found) } else { (found, vec![]) })
            }
            "Unlock" => {
                let objects: Vec<OwnedObjectPath> = body.deserialize().unwrap();
                if !self.locked {
                    return reply(call, &(objects, path("/")));
                }
                self.asked = objects;
                reply(call, &(Vec::<OwnedObjectPath>::new(), path(PROMPT)))
            }
            "Prompt" => self.prompted(call),
            "CreateItem" => {
                let (properties, sealed, _): (HashMap<String, Variant<'_>>, Sealed, bool) = body.deserialize().unwrap();
                let attributes = properties["org.freedesktop.Secret.Item.Attributes"].try_clone().unwrap();
                let attributes: HashMap<String, String> = attributes.try_into().unwrap();
                let label = properties["org.freedesktop.Secret.Item.Label"].try_clone().unwrap().try_into().unwrap();
                self.items.retain(|item| item.attributes != attributes);
                let item = path(&format!("{COLLECTION}/{}", self.items.len() + 1));
                self.items.push(Item { path: item.clone(), label, attributes, sealed });
                reply(call, &(item, path("/")))
            }
            "Get" => self.property(call),
            "GetSecret" => reply(call, &(self.called(call).unwrap().sealed.clone(),)),
            "Delete" => {
                let gone = self.called(call).unwrap().path.clone();
                self.items.retain(|item| item.path != gone);
                reply(call, &path("/"))
            }
            _ => reply(call, &()),
        }
    }

    fn called(&self, call: &Message) -> Option<&Item> {
        let header = call.header();
        self.items.iter().find(|item| header.path().is_some_and(|path| path.as_str() == item.path.as_str()))
    }

    fn prompted(&mut self, call: &Message) -> Vec<Message> {
        let mut messages = reply(call, &());
        if !self.nobody {
            self.locked = false;
            messages.push(completed(false, Variant::from(std::mem::take(&mut self.asked))));
        }
        messages
    }

    fn property(&self, call: &Message) -> Vec<Message> {
        let body = call.body();
        let (interface, name): (&str, &str) = body.deserialize().unwrap();
        match (interface, name, self.called(call)) {
            ("org.freedesktop.Secret.Item", "Attributes", Some(item)) => {
                reply(call, &Variant::from(item.attributes.clone()))
            }
            ("org.freedesktop.Secret.Item", "Locked", Some(_)) | ("org.freedesktop.Secret.Collection", "Locked", _) => {
                reply(call, &Variant::from(self.locked))
            }
            _ => refusal(call, "org.freedesktop.DBus.Error.UnknownObject"),
        }
    }
}
