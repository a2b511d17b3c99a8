//! Signals, from whom they claim to be: the service's, and the broker's word that the service has left.
//!
//! A stream that nobody polls stops the whole connection once its queue is full (zbus' queues push back), and a service
//! may send as many signals as it likes. So streams live only while something awaits them, and never beside an
//! awaited call without being polled too.

use futures_util::StreamExt;
use zbus::message::Type;
use zbus::names::OwnedUniqueName;
use zbus::{Connection, MatchRule, Message, MessageStream, ObjectPath};

use crate::KeyringError;

/// The broker, as the sender of its own signals.
const BROKER: &str = "org.freedesktop.DBus";

/// Most bytes of a body that are looked into: every signal here has a path or two.
pub(crate) const MAX_BODY: usize = 64 * 1024;

/// Signals of one sender.
pub(crate) struct Signals {
    stream: MessageStream,
    sender: String,
}

impl Signals {
    /// The service's own, about this object and what lies below it.
    pub(crate) async fn below(
        connection: &Connection,
        sender: &OwnedUniqueName,
        path: &ObjectPath<'_>,
    ) -> Result<Self, KeyringError> {
        let rule =
            MatchRule::builder().msg_type(Type::Signal).sender(sender.as_str()).path_namespace(path.as_str()).build();
        Self::subscribe(connection, sender.as_str(), rule).await
    }

    async fn subscribe(
        connection: &Connection,
        sender: &str,
        rule: zbus::Result<MatchRule<'_>>,
    ) -> Result<Self, KeyringError> {
        let rule = rule.map_err(KeyringError::Bus)?.to_owned();
        let stream = MessageStream::for_match_rule(rule, connection, None).await.map_err(KeyringError::of_call)?;
        Ok(Self { stream, sender: sender.to_owned() })
    }

    /// The next one; none once the connection is gone.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        loop {
            let message = self.stream.next().await?.ok()?;
            if message.header().sender().is_some_and(|sender| sender.as_str() == self.sender) {
                return Some(message);
            }
        }
    }
}

/// Word from the broker that a connection has gone.
pub(crate) struct Departure {
    signals: Signals,
    who: OwnedUniqueName,
}

impl Departure {
    pub(crate) async fn of(connection: &Connection, who: &OwnedUniqueName) -> Result<Self, KeyringError> {
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(BROKER)
            .interface(BROKER)
            .member("NameOwnerChanged")
            .add_arg(who.as_str())
            .build();
        Ok(Self { signals: Signals::subscribe(connection, BROKER, rule).await?, who: who.clone() })
    }

    /// Ends when it is gone, or our own connection is.
    pub(crate) async fn happens(&mut self) {
        while let Some(message) = self.signals.next().await {
            let body = message.body();
            // A unique name has one owner in its life, so any change is its end.
            if body.len() <= MAX_BODY
                && body.deserialize::<(&str, &str, &str)>().is_ok_and(|(name, ..)| name == self.who.as_str())
            {
                return;
            }
        }
    }
}
