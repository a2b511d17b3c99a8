//! The desktop on the session bus: screen savers, and whether the screen is on.
//!
//! Each desktop has its own name for the same signal. GNOME's shell says it under another name than it is asked by, KDE
//! on two paths: so the interface is what counts, not who speaks. Any program of this person could say the same; it
//! could as well ask fobd to lock.
//!
//! That the screen is off only GNOME, Budgie and Cinnamon tell: the window manager has `PowerSaveMode`. KDE, Xfce, MATE
//! and the compositors without a desktop (sway, Hyprland …) have no signal for it on the bus; there the screen saver or
//! the session's lock has to do.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use futures_util::StreamExt;
use zbus::connection::Builder;
use zbus::fdo::DBusProxy;
use zbus::message::Type;
use zbus::names::BusName;
use zbus::{Connection, MatchRule, Message, MessageStream, Variant};

use super::machine::Event;
use super::switches::{Switch, Switches};

/// Names and interfaces with `ActiveChanged(b)`.
const SAVERS: [&str; 5] = [
    "org.freedesktop.ScreenSaver",
    "org.gnome.ScreenSaver",
    "org.cinnamon.ScreenSaver",
    "org.mate.ScreenSaver",
    "org.xfce.ScreenSaver",
];
/// Names and interfaces with the property `PowerSaveMode`: 0 is on, 1 to 3 are standby, suspend and off.
const SCREENS: [&str; 2] = ["org.gnome.Mutter.DisplayConfig", "org.cinnamon.Muffin.DisplayConfig"];
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const BROKER: &str = "org.freedesktop.DBus";
/// How long the broker may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The connection to the session bus that listens. The one that serves is another: that one has names and callers.
pub(super) struct Desktop {
    _connection: Connection,
    messages: MessageStream,
    present: BTreeSet<&'static str>,
}

/// What came.
pub(super) enum Heard {
    /// A message, to be looked at with [`Desktop::understand`].
    Message(Message),
    /// The bus is gone.
    Gone,
}

/// What a message means.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Event(Event),
    /// Somebody has this name from now on, or nobody.
    Name(&'static str, bool),
}

impl Desktop {
    /// Listens to what is switched on.
    ///
    /// # Errors
    /// No bus.
    pub(super) async fn listen(bus: Builder<'_>, switches: &Switches) -> zbus::Result<Self> {
        let connection = bus.method_timeout(PATIENCE).build().await?;
        // Before the first rule, so that nothing that matches one is missed.
        let messages = MessageStream::from(&connection);
        let broker = DBusProxy::new(&connection).await?;
        let signal = || MatchRule::builder().msg_type(Type::Signal);
        let mut wanted = Vec::new();
        if switches.screen_saver != Switch::Off {
            wanted.extend(SAVERS.map(|name| (name, signal().interface(name).member("ActiveChanged"))));
        }
        if switches.screen_off != Switch::Off {
            let changed = || signal().interface(PROPERTIES).member("PropertiesChanged");
            wanted.extend(SCREENS.map(|name| (name, changed().add_arg(name))));
        }
        let mut present = BTreeSet::new();
        for (name, rule) in wanted {
            broker.add_match_rule(rule.build()?).await?;
            let comes = signal().sender(BROKER).interface(BROKER).member("NameOwnerChanged").add_arg(name);
            broker.add_match_rule(comes.build()?).await?;
            if broker.name_has_owner(BusName::try_from(name)?).await? {
                present.insert(name);
            }
        }
        Ok(Self { _connection: connection, messages, present })
    }

    /// The next thing that comes. May be dropped at any await.
    pub(super) async fn next(&mut self) -> Heard {
        match self.messages.next().await {
            Some(Ok(message)) => Heard::Message(message),
            Some(Err(_)) | None => Heard::Gone,
        }
    }

    /// What a message means for the vault, if anything.
    pub(super) fn understand(&mut self, message: &Message) -> Option<Event> {
        match read(message)? {
            Said::Event(event) => Some(event),
            Said::Name(name, true) => {
                self.present.insert(name);
                None
            }
            Said::Name(name, false) => {
                self.present.remove(name);
                None
            }
        }
    }

    /// Whether anybody here has a screen saver.
    pub(super) fn has_saver(&self) -> bool {
        SAVERS.iter().any(|name| self.present.contains(name))
    }

    /// Whether anybody here tells that the screen goes off.
    pub(super) fn has_screen(&self) -> bool {
        SCREENS.iter().any(|name| self.present.contains(name))
    }
}

fn read(message: &Message) -> Option<Said> {
    let header = message.header();
    if header.message_type() != Type::Signal {
        return None;
    }
    let (interface, member, body) = (header.interface()?.as_str(), header.member()?.as_str(), message.body());
    if (interface, member) == (BROKER, "NameOwnerChanged") {
        let (name, _, owner): (&str, &str, &str) = body.deserialize().ok()?;
        let name = SAVERS.into_iter().chain(SCREENS).find(|known| *known == name)?;
        return Some(Said::Name(name, !owner.is_empty()));
    }
    if SAVERS.contains(&interface) && member == "ActiveChanged" {
        return body.deserialize::<bool>().ok()?.then_some(Said::Event(Event::ScreenSaver));
    }
    if (interface, member) == (PROPERTIES, "PropertiesChanged") {
        let (of, changed, _): (&str, HashMap<&str, Variant<'_>>, Vec<&str>) = body.deserialize().ok()?;
        let off = SCREENS.contains(&of) && matches!(changed.get("PowerSaveMode"), Some(Variant::I32(1..=3)));
        return off.then_some(Said::Event(Event::ScreenOff));
    }
    None
}

#[cfg(test)]
mod tests {
    use zbus::DynamicType;

    use super::*;

    fn signal<B>(interface: &str, member: &str, body: &B) -> Message
    where
        B: serde::Serialize + DynamicType,
    {
        Message::signal("/a", interface, member).sender(":1.5").build(body).unwrap()
    }

    #[test]
    fn a_screen_saver_counts_when_it_starts() {
        for (interface, member, active, counts) in [
            ("org.freedesktop.ScreenSaver", "ActiveChanged", true, true),
            ("org.gnome.ScreenSaver", "ActiveChanged", true, true),
            ("org.mate.ScreenSaver", "ActiveChanged", false, false),
            ("org.gnome.ScreenSaver", "WakeUpScreen", true, false),
            ("org.example.ScreenSaver", "ActiveChanged", true, false),
        ] {
            let expected = counts.then_some(Said::Event(Event::ScreenSaver));
            assert_eq!(read(&signal(interface, member, &active)), expected, "{interface} {member}");
        }
        assert_eq!(read(&signal("org.gnome.ScreenSaver", "ActiveChanged", &1_u32)), None);
    }

    #[test]
    fn a_screen_counts_when_it_goes_off() {
        for (of, property, mode, counts) in [
            ("org.gnome.Mutter.DisplayConfig", "PowerSaveMode", Variant::from(3), true),
            ("org.gnome.Mutter.DisplayConfig", "PowerSaveMode", Variant::from(1), true),
            ("org.cinnamon.Muffin.DisplayConfig", "PowerSaveMode", Variant::from(2), true),
            ("org.gnome.Mutter.DisplayConfig", "PowerSaveMode", Variant::from(0), false),
            ("org.gnome.Mutter.DisplayConfig", "PowerSaveMode", Variant::from(-1), false),
            ("org.gnome.Mutter.DisplayConfig", "PowerSaveMode", Variant::from("off"), false),
            ("org.gnome.Mutter.DisplayConfig", "NightLightSupported", Variant::from(3), false),
            ("org.example", "PowerSaveMode", Variant::from(3), false),
        ] {
            let body = (of, HashMap::from([(property, &mode)]), Vec::<&str>::new());
            let expected = counts.then_some(Said::Event(Event::ScreenOff));
            assert_eq!(read(&signal(PROPERTIES, "PropertiesChanged", &body)), expected, "{of} {property} {mode:?}");
        }
    }

    #[test]
    fn it_is_known_who_could_tell() {
        for (name, owner, expected) in [
            ("org.gnome.ScreenSaver", ":1.8", Some(Said::Name("org.gnome.ScreenSaver", true))),
            ("org.gnome.ScreenSaver", "", Some(Said::Name("org.gnome.ScreenSaver", false))),
            ("org.example", ":1.8", None),
        ] {
            assert_eq!(read(&signal(BROKER, "NameOwnerChanged", &(name, "", owner))), expected, "{name} {owner}");
        }
    }
}
