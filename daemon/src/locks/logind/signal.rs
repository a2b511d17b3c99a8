//! What a message from the system bus means. Nothing is believed but the broker and the owner of logind's name.

use std::collections::HashMap;

use zbus::message::Type;
use zbus::names::{OwnedUniqueName, UniqueName};
use zbus::{Message, OwnedObjectPath, Variant};

use super::{BROKER, MANAGER, NAME, PROPERTIES, SESSION};

/// A signal that matters.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// logind's name has this owner from now on.
    Owner(Option<OwnedUniqueName>),
    /// `PrepareForSleep`.
    Sleep(bool),
    /// `PrepareForShutdown`.
    Shutdown(bool),
    /// A session of anybody came or went.
    SessionsChanged,
    /// The last of somebody's sessions went, and his manager.
    UserGone(u32),
    /// This session is asked to lock itself.
    Locked(OwnedObjectPath),
    /// Something about this session is not as it was; whether it says that it is locked now.
    SessionChanged(OwnedObjectPath, bool),
}

/// Reads a message; `None` when it is no signal of interest, not from `logind`, or not in its form.
pub(super) fn read(message: &Message, logind: Option<&UniqueName<'_>>) -> Option<Signal> {
    let header = message.header();
    if header.message_type() != Type::Signal {
        return None;
    }
    let (interface, member) = (header.interface()?.as_str(), header.member()?.as_str());
    let (sender, body) = (header.sender()?, message.body());
    if sender.as_str() == BROKER {
        let (name, _, owner): (&str, &str, &str) = body.deserialize().ok()?;
        let ours = (interface, member, name) == (BROKER, "NameOwnerChanged", NAME);
        return ours.then(|| Signal::Owner(OwnedUniqueName::try_from(owner).ok()));
    }
    if logind != Some(sender) {
        return None;
    }
    let path = || header.path().map(|path| OwnedObjectPath::from(path.to_owned()));
    Some(match (interface, member) {
        (MANAGER, "PrepareForSleep") => Signal::Sleep(body.deserialize().ok()?),
        (MANAGER, "PrepareForShutdown") => Signal::Shutdown(body.deserialize().ok()?),
        (MANAGER, "SessionNew" | "SessionRemoved") => Signal::SessionsChanged,
        (MANAGER, "UserRemoved") => Signal::UserGone(body.deserialize::<(u32, OwnedObjectPath)>().ok()?.0),
        (SESSION, "Lock") => Signal::Locked(path()?),
        (PROPERTIES, "PropertiesChanged") => {
            let (of, changed, _): (&str, HashMap<&str, Variant<'_>>, Vec<&str>) = body.deserialize().ok()?;
            let locked = matches!(changed.get("LockedHint"), Some(Variant::Bool(true)));
            return (of == SESSION).then_some(Signal::SessionChanged(path()?, locked));
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use zbus::DynamicType;

    use super::super::ROOT;
    use super::*;

    const LOGIND: &str = ":1.7";
    const OURS: &str = "/org/freedesktop/login1/session/_31";

    fn signal<B>(sender: &str, path: &str, interface: &str, member: &str, body: &B) -> Message
    where
        B: serde::Serialize + DynamicType,
    {
        Message::signal(path, interface, member).sender(sender).build(body).unwrap()
    }

    fn heard(message: &Message) -> Option<Signal> {
        read(message, Some(&UniqueName::try_from(LOGIND).unwrap()))
    }

    fn session() -> OwnedObjectPath {
        OwnedObjectPath::try_from(OURS).unwrap()
    }

    #[test]
    fn what_logind_says_is_understood() {
        let user = OwnedObjectPath::try_from("/org/freedesktop/login1/user/_1000").unwrap();
        let manager = |member, body: bool| signal(LOGIND, ROOT, MANAGER, member, &body);
        for (message, expected) in [
            (manager("PrepareForSleep", true), Signal::Sleep(true)),
            (manager("PrepareForSleep", false), Signal::Sleep(false)),
            (manager("PrepareForShutdown", true), Signal::Shutdown(true)),
            (signal(LOGIND, ROOT, MANAGER, "SessionNew", &("1", session())), Signal::SessionsChanged),
            (signal(LOGIND, ROOT, MANAGER, "SessionRemoved", &("1", session())), Signal::SessionsChanged),
            (signal(LOGIND, ROOT, MANAGER, "UserRemoved", &(1000_u32, user)), Signal::UserGone(1000)),
            (signal(LOGIND, OURS, SESSION, "Lock", &()), Signal::Locked(session())),
        ] {
            assert_eq!(heard(&message), Some(expected), "{message}");
        }
        assert_eq!(heard(&signal(LOGIND, OURS, SESSION, "Unlock", &())), None);
        assert_eq!(heard(&manager("SomethingNew", true)), None);
    }

    #[test]
    fn a_session_says_when_it_is_locked() {
        for (of, property, value, expected) in [
            (SESSION, "LockedHint", Variant::from(true), Some(true)),
            (SESSION, "LockedHint", Variant::from(false), Some(false)),
            (SESSION, "LockedHint", Variant::from("yes"), Some(false)),
            (SESSION, "Active", Variant::from(true), Some(false)),
            ("org.freedesktop.login1.User", "LockedHint", Variant::from(true), None),
        ] {
            let body = (of, HashMap::from([(property, value)]), Vec::<&str>::new());
            let message = signal(LOGIND, OURS, PROPERTIES, "PropertiesChanged", &body);
            let expected = expected.map(|locked| Signal::SessionChanged(session(), locked));
            assert_eq!(heard(&message), expected, "{of} {property}");
        }
    }

    #[test]
    fn logind_comes_and_goes() {
        for (name, owner, expected) in [
            (NAME, ":1.9", Some(Signal::Owner(Some(OwnedUniqueName::try_from(":1.9").unwrap())))),
            (NAME, "", Some(Signal::Owner(None))),
            ("org.freedesktop.timedate1", ":1.9", None),
        ] {
            let message = signal(BROKER, "/org/freedesktop/DBus", BROKER, "NameOwnerChanged", &(name, LOGIND, owner));
            assert_eq!(heard(&message), expected, "{name} {owner}");
        }
    }

    /// Any user of the machine may send any signal to anybody on the system bus.
    #[test]
    fn nobody_but_logind_is_believed() {
        let forged = [
            signal(":1.66", ROOT, MANAGER, "PrepareForSleep", &false),
            signal(":1.66", OURS, SESSION, "Lock", &()),
            signal(":1.66", "/org/freedesktop/DBus", BROKER, "NameOwnerChanged", &(NAME, LOGIND, ":1.66")),
            signal(LOGIND, ROOT, BROKER, "NameOwnerChanged", &(NAME, LOGIND, ":1.66")),
        ];
        for message in &forged {
            assert_eq!(heard(message), None, "{message}");
            assert_eq!(read(message, None), None, "{message}");
        }
        let nameless = Message::signal(ROOT, MANAGER, "PrepareForSleep").build(&true).unwrap();
        assert_eq!(heard(&nameless), None);
    }

    #[test]
    fn what_has_another_form_is_nothing() {
        for message in [
            signal(LOGIND, ROOT, MANAGER, "PrepareForSleep", &"true"),
            signal(LOGIND, ROOT, MANAGER, "PrepareForShutdown", &()),
            signal(LOGIND, ROOT, MANAGER, "UserRemoved", &"1000"),
            signal(LOGIND, OURS, PROPERTIES, "PropertiesChanged", &SESSION),
            signal(BROKER, ROOT, BROKER, "NameOwnerChanged", &NAME),
        ] {
            assert_eq!(heard(&message), None, "{message}");
        }
    }
}
