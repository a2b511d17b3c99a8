//! What locks the vault besides a person and an idle quarter of an hour: suspend, shutdown, a locked session, the end of the
//! last one, the screen saver, a dark screen (DESIGN section 5).
//!
//! `machine` decides what follows from an event, `logind` and `desktop` hear them on the two buses, `watch` brings the
//! two together and acts, `switches` says what is on. Nothing here ticks: everything waits for a signal.
//!
//! [`Locks`] is what the others may know about it: which locks are armed, and what a person should be told. The idle
//! lock's timer belongs to the vault (`vault`, `idle`).

mod desktop;
mod logind;
mod machine;
mod switches;
mod watch;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use switches::IdleLock;
pub(crate) use switches::{Switch, Switches};
pub(crate) use watch::Watch;

/// Which locks there are, and whether what they depend on is there.
#[derive(Debug)]
pub(crate) struct Locks {
    switches: Switches,
    reach: Mutex<Reach>,
}

/// Who is heard.
#[derive(Debug, Clone, Default)]
struct Reach {
    logind: bool,
    saver: bool,
    screen: bool,
    /// Why logind does not wait for us, in its own words.
    refused: Option<String>,
    /// The system bus was there and is gone.
    deaf: bool,
}

impl Locks {
    /// These switches; nobody is heard yet.
    pub(crate) fn new(switches: Switches) -> Self {
        Self { switches, reach: Mutex::default() }
    }

    /// The switches.
    pub(crate) const fn switches(&self) -> &Switches {
        &self.switches
    }

    /// The locks that are switched on and whose cause would be heard of, by their names in the settings file.
    pub(crate) fn armed(&self) -> Vec<&'static str> {
        let Reach { logind, saver, screen, .. } = *self.reach();
        let Switches { suspend, shutdown, session_lock, last_session, screen_saver, screen_off, idle } = self.switches;
        let locks = [
            ("idle", idle != IdleLock::Never),
            ("suspend", suspend && logind),
            ("shutdown", shutdown && logind),
            ("session-lock", session_lock != Switch::Off && logind),
            ("last-session", last_session && logind),
            ("screen-saver", screen_saver != Switch::Off && saver),
            ("screen-off", screen_off != Switch::Off && screen),
        ];
        locks.into_iter().filter_map(|(name, armed)| armed.then_some(name)).collect()
    }

    /// What a person should know, as sentences: a lock that is later than it should be, or one that was asked for and
    /// cannot be had. That there is no logind is none: containers and bare servers have none, and `armed` says it.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let Reach { saver, screen, refused, deaf, .. } = self.reach().clone();
        let mut warnings = Vec::new();
        if let Some(why) = refused {
            warnings.push(format!(
                "the machine does not wait for the vault to be locked before it sleeps: logind gives no inhibitor ({why})"
            ));
        }
        if deaf {
            warnings.push("the system bus is gone: a suspend does not lock the vault".to_owned());
        }
        if self.switches.screen_saver != Switch::Off && !saver {
            warnings.push("screen-saver is on in fobd.toml, and no screen saver is here that tells".to_owned());
        }
        if self.switches.screen_off != Switch::Off && !screen {
            warnings.push(
                "screen-off is on in fobd.toml, and this desktop does not tell when the screen goes off".to_owned(),
            );
        }
        warnings
    }

    fn reach(&self) -> MutexGuard<'_, Reach> {
        self.reach.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn armed_is_what_is_on_and_can_be_heard() {
        let all = Switches { screen_saver: Switch::Soft, screen_off: Switch::Full, ..Switches::default() };
        let locks = Locks::new(all);
        assert_eq!(locks.armed(), ["idle"]);
        *locks.reach() = Reach { logind: true, saver: true, screen: true, ..Reach::default() };
        let names = ["idle", "suspend", "shutdown", "session-lock", "last-session", "screen-saver", "screen-off"];
        assert_eq!(locks.armed(), names);
        assert_eq!(locks.warnings(), Vec::<String>::new());
        let off = Switches { suspend: false, session_lock: Switch::Off, idle: IdleLock::Never, ..Switches::default() };
        let locks = Locks::new(off);
        locks.reach().logind = true;
        assert_eq!(locks.armed(), ["shutdown", "last-session"]);
    }

    #[test]
    fn a_lock_that_was_asked_for_and_cannot_be_had_is_told() {
        let wanted = Switches { screen_saver: Switch::Full, screen_off: Switch::Full, ..Switches::default() };
        for (switches, reach, count) in [
            (Switches::default(), Reach::default(), 0),
            (Switches::default(), Reach { refused: Some("Access denied".into()), ..Reach::default() }, 1),
            (Switches::default(), Reach { deaf: true, ..Reach::default() }, 1),
            (wanted, Reach::default(), 2),
        ] {
            let locks = Locks::new(switches);
            *locks.reach() = reach;
            assert_eq!(locks.warnings().len(), count, "{locks:?}");
        }
    }
}
