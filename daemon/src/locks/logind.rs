//! logind on the system bus: what it says, and the delay inhibitors it gives.
//!
//! Signals count only from the owner of the name: on the system bus any user may send anybody a signal of any name. Only
//! those of this person's sessions matter. When logind is started again everything is asked anew.
//!
//! It listens over one connection and asks over another. A connection whose messages nobody takes reads no further after
//! some dozens (zbus), so that an answer behind them would never come: whoever sends many signals while something is asked
//! would make it deaf for as long as a call may take.
//!
//! What it cannot say: that a session has ended whose processes linger (`KillUserProcesses=no` and a tmux, say). Such a
//! session is "closing" and is not counted; it is noticed with the next thing that happens to any session.

mod inhibitors;
mod signal;

use std::collections::HashSet;
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use zbus::connection::Builder;
use zbus::fdo::{DBusProxy, PropertiesProxy};
use zbus::message::Type;
use zbus::names::{BusName, OwnedUniqueName};
use zbus::{Connection, MatchRule, Message, MessageStream, OwnedObjectPath, match_rule};

use super::machine::{Delays, Event};
pub(super) use inhibitors::Granted;
use inhibitors::Inhibitors;
use signal::{Signal, read};

const NAME: &str = "org.freedesktop.login1";
const ROOT: &str = "/org/freedesktop/login1";
const SESSIONS: &str = "/org/freedesktop/login1/session";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SESSION: &str = "org.freedesktop.login1.Session";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const BROKER: &str = "org.freedesktop.DBus";
/// How long logind may take to answer. It answers within milliseconds or hangs.
const PATIENCE: Duration = Duration::from_secs(5);

/// The way to it.
pub(super) struct Logind {
    /// What it says.
    messages: MessageStream,
    /// Where it is asked: nothing is waited for on the connection of `messages`.
    line: Connection,
    uid: u32,
    /// Whose signals count.
    owner: Option<OwnedUniqueName>,
    /// This person's sessions, whose signals count.
    sessions: HashSet<OwnedObjectPath>,
    inhibitors: Inhibitors,
}

/// What came.
pub(super) enum Heard {
    /// A message, to be looked at with [`Logind::understand`].
    Message(Message),
    /// The answer to a request for an inhibitor.
    Inhibitor(Granted),
    /// The bus is gone.
    Gone,
}

impl Logind {
    /// Listens on this bus, whether logind is there yet or not; and what is known from the start.
    ///
    /// # Errors
    /// No bus.
    pub(super) async fn listen(bus: fn() -> Builder<'static>) -> zbus::Result<(Self, Vec<Event>)> {
        let (listening, line) = (connect(bus()).await?, connect(bus()).await?);
        // Before the first rule, so that nothing that matches one is missed.
        let mut messages = MessageStream::from(&listening);
        let broker = DBusProxy::new(&listening).await?;
        // Everything is asked for below, so what comes before that is of no interest.
        while_taking(&mut messages, add_rules(&broker)).await?;
        let uid = rustix::process::geteuid().as_raw();
        let (sessions, inhibitors) = (HashSet::new(), Inhibitors::default());
        let mut logind = Self { messages, line, uid, owner: None, sessions, inhibitors };
        let owner = DBusProxy::new(&logind.line).await?.get_name_owner(BusName::try_from(NAME)?).await.ok();
        let events = logind.owned_by(owner).await;
        Ok((logind, events))
    }

    /// The next thing that comes. May be dropped at any await.
    pub(super) async fn next(&mut self) -> Heard {
        tokio::select! {
            message = self.messages.next() => match message {
                Some(Ok(message)) => Heard::Message(message),
                Some(Err(_)) | None => Heard::Gone,
            },
            granted = self.inhibitors.granted() => Heard::Inhibitor(granted),
            // Without a way to ask, a session that comes would not be known.
            () = self.line.closed() => Heard::Gone,
        }
    }

    /// What a message means. Asks logind where the message alone does not say it.
    pub(super) async fn understand(&mut self, message: &Message) -> Vec<Event> {
        let Some(signal) = read(message, self.owner.as_deref()) else { return Vec::new() };
        match signal {
            Signal::Owner(owner) => {
                let mut events = vec![Event::LogindGone];
                events.extend(self.owned_by(owner).await);
                events
            }
            Signal::Sleep(begins) => vec![Event::Sleep(begins)],
            Signal::Shutdown(begins) => vec![Event::Shutdown(begins)],
            Signal::SessionsChanged => self.count().await,
            Signal::UserGone(uid) if uid == self.uid => vec![Event::Sessions(0)],
            Signal::Locked(session) if self.sessions.contains(&session) => vec![Event::SessionLocked],
            Signal::SessionChanged(session, locked) if self.sessions.contains(&session) => {
                let mut events = self.count().await;
                if locked {
                    events.insert(0, Event::SessionLocked);
                }
                events
            }
            Signal::UserGone(_) | Signal::Locked(_) | Signal::SessionChanged(..) => Vec::new(),
        }
    }

    /// Holds exactly these inhibitors.
    pub(super) fn hold(&mut self, delays: Delays) {
        self.inhibitors.hold(delays, &self.line, self.owner.as_ref());
    }

    /// Asks once more for these, which were refused.
    pub(super) fn ask_again(&mut self, delays: Delays) {
        self.inhibitors.ask_again(delays, &self.line, self.owner.as_ref());
    }

    /// Takes in the answer to a request for an inhibitor; which one was refused.
    pub(super) fn take_in(&mut self, granted: Granted) -> Option<Delays> {
        self.inhibitors.take_in(granted)
    }

    /// Why an inhibitor was not given, in logind's own words.
    pub(super) fn refused(&self) -> Option<&str> {
        self.inhibitors.refused()
    }

    /// logind has this name on the bus from now on, or is not there.
    async fn owned_by(&mut self, owner: Option<OwnedUniqueName>) -> Vec<Event> {
        self.owner = owner;
        if self.owner.is_none() {
            return Vec::new();
        }
        let mut events = vec![Event::LogindThere];
        // Asked after the rules were set: a change that is too late for the answer comes as a signal.
        for (property, event) in [
            ("PreparingForSleep", Event::Sleep as fn(bool) -> Event),
            ("PreparingForShutdown", Event::Shutdown as fn(bool) -> Event),
        ] {
            if self.property::<bool>(ROOT, MANAGER, property).await == Some(true) {
                events.push(event(true));
            }
        }
        events.extend(self.count().await);
        events
    }

    /// Counts this person's sessions.
    async fn count(&mut self) -> Vec<Event> {
        let Some(sessions) = self.own_sessions().await else { return Vec::new() };
        self.sessions = sessions.into_iter().collect();
        let mut living = 0;
        for session in &self.sessions {
            let class = self.property::<String>(session.as_str(), SESSION, "Class").await;
            let state = self.property::<String>(session.as_str(), SESSION, "State").await;
            living += usize::from(is_somebody(class.as_deref(), state.as_deref()));
        }
        vec![Event::Sessions(living)]
    }

    /// `None` when logind does not answer.
    async fn own_sessions(&self) -> Option<Vec<OwnedObjectPath>> {
        // By the unique name: a call must not start a logind where there is none.
        let owner = self.owner.as_ref()?;
        let reply = self.line.call_method(Some(owner), ROOT, Some(MANAGER), "ListSessions", &()).await;
        let reply = reply.inspect_err(|error| tracing::warn!(%error, "logind does not say who is logged in")).ok()?;
        let sessions: Vec<(String, u32, String, String, OwnedObjectPath)> = reply.body().deserialize().ok()?;
        Some(sessions.into_iter().filter(|session| session.1 == self.uid).map(|session| session.4).collect())
    }

    /// A property, if the object is there and has it.
    async fn property<T>(&self, path: &str, interface: &str, property: &str) -> Option<T>
    where
        T: TryFrom<zbus::OwnedVariant>,
    {
        let properties = PropertiesProxy::builder(&self.line)
            .destination(self.owner.clone()?)
            .path(path)
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build()
            .await
            .ok()?;
        properties.get(interface.try_into().ok()?, property).await.ok()?.try_into().ok()
    }
}

/// Whether a session is one of a person who is there: not the user manager's own (`manager`, since systemd 256), no cron
/// job, no greeter; and not one whose person has logged out.
fn is_somebody(class: Option<&str>, state: Option<&str>) -> bool {
    class.is_some_and(|class| class.starts_with("user")) && state != Some("closing")
}

async fn connect(bus: Builder<'_>) -> zbus::Result<Connection> {
    bus.method_timeout(PATIENCE).build().await
}

async fn add_rules(broker: &DBusProxy<'_>) -> zbus::Result<()> {
    for rule in rules()? {
        broker.add_match_rule(rule).await?;
    }
    Ok(())
}

/// Waits for something on the connection of these messages, which are taken from it meanwhile and dropped.
async fn while_taking<T>(messages: &mut MessageStream, awaited: impl Future<Output = T>) -> T {
    let mut awaited = pin!(awaited);
    loop {
        tokio::select! {
            biased;
            done = &mut awaited => return done,
            Some(_) = messages.next() => {}
        }
    }
}

/// All that is listened for. The signals of every session come, and those of this person's are looked at: a rule for each
/// of them would have to be set when it has come already.
fn rules() -> zbus::Result<[MatchRule<'static>; 4]> {
    let of_broker = MatchRule::builder().msg_type(Type::Signal).sender(BROKER).interface(BROKER);
    let of_session = || from_logind().path_namespace(SESSIONS);
    Ok([
        of_broker.member("NameOwnerChanged").add_arg(NAME).build()?,
        from_logind().path(ROOT).interface(MANAGER).build()?,
        of_session().interface(SESSION).member("Lock").build()?,
        of_session().interface(PROPERTIES).member("PropertiesChanged").add_arg(SESSION).build()?,
    ])
}

fn from_logind() -> match_rule::Builder<'static> {
    MatchRule::builder().msg_type(Type::Signal).sender(NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_counts_while_its_person_is_there() {
        for (class, state, counts) in [
            (Some("user"), Some("active"), true),
            (Some("user"), Some("online"), true),
            (Some("user-early"), Some("opening"), true),
            (Some("user"), None, true),
            (Some("user"), Some("closing"), false),
            (Some("manager"), Some("active"), false),
            (Some("greeter"), Some("active"), false),
            (Some("background"), Some("active"), false),
            (None, None, false),
        ] {
            assert_eq!(is_somebody(class, state), counts, "{class:?} {state:?}");
        }
    }
}
