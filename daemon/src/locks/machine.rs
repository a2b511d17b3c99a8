//! What follows from what happens: events in, actions out. No bus, no clock, no vault in here.
//!
//! The order of actions is part of the answer. Before a sleep requests are ended and the vault is barred and locked; the
//! delay inhibitors are let go only when the last secret is wiped, which is an event of its own and comes after that.

use std::fmt;

use super::switches::{Switch, Switches};

#[cfg(test)]
mod tests;

/// What is in memory of the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vault {
    /// Nothing.
    Closed,
    /// The key, behind a short PIN.
    Soft,
    /// All of it.
    Open,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// There are secrets in memory from now on, or no more: an open vault, an unlock under way, a PIN.
    Secrets(bool),
    /// The vault was opened or locked.
    Vault(Vault),
    /// logind is there; what held the inhibitors of an earlier one is of no use.
    LogindThere,
    /// logind is gone.
    LogindGone,
    /// The system bus is gone: from now on nothing is heard of suspend and shutdown.
    Deaf,
    /// The machine is about to sleep (`PrepareForSleep` true), or is awake again.
    Sleep(bool),
    /// The machine is about to go down (`PrepareForShutdown` true), or stays after all.
    Shutdown(bool),
    /// A session of this person is locked.
    SessionLocked,
    /// So many sessions of this person are there.
    Sessions(usize),
    /// The screen saver started.
    ScreenSaver,
    /// The screen went off.
    ScreenOff,
    /// logind did not give these inhibitors.
    Refused(Delays),
}

/// What is to be done, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// End every request, so that no key is in the middle of something.
    EndRequests,
    /// Let nobody open the vault.
    Bar,
    /// Let it be opened again.
    Unbar,
    /// Lock, whether it is open or an unlock is under way.
    Lock(Cause),
    /// Lock softly.
    SoftLock(Cause),
    /// Hold exactly these delay inhibitors.
    Hold(Delays),
    /// Ask once more for these, which were refused.
    AskAgain(Delays),
}

/// Why it is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Suspend,
    Shutdown,
    SessionLock,
    LastSession,
    ScreenSaver,
    ScreenOff,
    Deaf,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Suspend => "the machine is about to sleep",
            Self::Shutdown => "the machine is about to shut down",
            Self::SessionLock => "the session is locked",
            Self::LastSession => "the last session is gone",
            Self::ScreenSaver => "the screen saver started",
            Self::ScreenOff => "the screen went off",
            Self::Deaf => "the system bus is gone, and a suspend would not be heard of",
        })
    }
}

/// What logind is asked to wait for us with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Delays {
    /// Suspend and hibernation.
    pub(crate) sleep: bool,
    /// Shutdown and restart.
    pub(crate) shutdown: bool,
}

impl Delays {
    const NONE: Self = Self { sleep: false, shutdown: false };

    const fn with(self, other: Self) -> Self {
        Self { sleep: self.sleep || other.sleep, shutdown: self.shutdown || other.shutdown }
    }

    const fn within(self, other: Self) -> Self {
        Self { sleep: self.sleep && other.sleep, shutdown: self.shutdown && other.shutdown }
    }

    const fn without(self, other: Self) -> Self {
        Self { sleep: self.sleep && !other.sleep, shutdown: self.shutdown && !other.shutdown }
    }
}

/// The rules.
#[derive(Debug)]
pub(crate) struct Machine {
    switches: Switches,
    logind: bool,
    secrets: bool,
    vault: Vault,
    sleeping: bool,
    ending: bool,
    barred: bool,
    sessions: usize,
    /// What logind was asked for.
    held: Delays,
    /// Of these, what it did not give.
    refused: Delays,
    /// Of these, what it was asked for a second time.
    asked_again: Delays,
}

impl Machine {
    /// Nothing has happened yet.
    pub(crate) const fn new(switches: Switches) -> Self {
        Self {
            switches,
            logind: false,
            secrets: false,
            vault: Vault::Closed,
            sleeping: false,
            ending: false,
            barred: false,
            sessions: 0,
            held: Delays::NONE,
            refused: Delays::NONE,
            asked_again: Delays::NONE,
        }
    }

    /// What follows from this.
    pub(crate) fn on(&mut self, event: Event) -> Vec<Action> {
        let mut actions = match event {
            Event::Secrets(held) => {
                self.secrets = held;
                Vec::new()
            }
            Event::Vault(vault) => self.vault_is(vault),
            Event::LogindThere => {
                self.logind = true;
                Vec::new()
            }
            Event::LogindGone => self.without_logind(),
            Event::Deaf => self.deaf(),
            Event::Sleep(true) => self.before_sleep(),
            Event::Sleep(false) => {
                self.sleeping = false;
                self.stay()
            }
            Event::Shutdown(true) => self.before_shutdown(),
            Event::Shutdown(false) => {
                self.ending = false;
                self.stay()
            }
            Event::SessionLocked => self.lock_by(self.switches.session_lock, Cause::SessionLock),
            Event::Sessions(now) => self.sessions_left(now),
            Event::ScreenSaver => self.lock_by(self.switches.screen_saver, Cause::ScreenSaver),
            Event::ScreenOff => self.lock_by(self.switches.screen_off, Cause::ScreenOff),
            Event::Refused(which) => {
                self.refused = self.refused.with(which);
                // Once is often no more than bad luck: a logind that starts again, a queue that is full.
                self.ask_again(which.without(self.asked_again))
            }
        };
        actions.extend(self.inhibitors());
        actions
    }

    /// It is softly locked by hand, too.
    fn vault_is(&mut self, vault: Vault) -> Vec<Action> {
        self.vault = vault;
        if vault == Vault::Soft && self.sleeping { vec![Action::Lock(Cause::Suspend)] } else { Vec::new() }
    }

    /// A key in the middle of a transaction would not survive the sleep, whatever the vault does.
    fn before_sleep(&mut self) -> Vec<Action> {
        self.sleeping = true;
        if self.switches.suspend {
            return self.depart(Cause::Suspend);
        }
        let mut actions = vec![Action::EndRequests];
        // A soft lock never outlives a suspend (DESIGN section 6).
        if self.vault == Vault::Soft {
            actions.push(Action::Lock(Cause::Suspend));
        }
        actions
    }

    fn before_shutdown(&mut self) -> Vec<Action> {
        self.ending = true;
        if self.switches.shutdown { self.depart(Cause::Shutdown) } else { Vec::new() }
    }

    fn depart(&mut self, cause: Cause) -> Vec<Action> {
        self.barred = true;
        vec![Action::EndRequests, Action::Bar, Action::Lock(cause)]
    }

    /// The machine goes on. What logind refused because the sleep had begun it may give now.
    fn stay(&mut self) -> Vec<Action> {
        let mut actions = self.unbar();
        actions.extend(self.ask_again(self.refused));
        actions
    }

    fn ask_again(&mut self, which: Delays) -> Vec<Action> {
        let which = which.within(self.held);
        if which == Delays::NONE || self.departing() {
            return Vec::new();
        }
        self.refused = self.refused.without(which);
        self.asked_again = self.asked_again.with(which);
        vec![Action::AskAgain(which)]
    }

    const fn departing(&self) -> bool {
        self.sleeping || self.ending
    }

    /// Barred stays whoever has one more reason to be.
    fn unbar(&mut self) -> Vec<Action> {
        let departs = self.sleeping && self.switches.suspend || self.ending && self.switches.shutdown;
        if departs || !std::mem::take(&mut self.barred) { Vec::new() } else { vec![Action::Unbar] }
    }

    /// Nobody will say that the machine is awake again, so nothing may wait for that.
    fn without_logind(&mut self) -> Vec<Action> {
        self.logind = false;
        (self.sleeping, self.ending) = (false, false);
        self.unbar()
    }

    fn deaf(&mut self) -> Vec<Action> {
        let mut actions = self.without_logind();
        if self.switches.suspend || self.vault == Vault::Soft {
            actions.push(Action::Lock(Cause::Deaf));
        }
        actions
    }

    /// Only the way from one session to none locks: who opened the vault without any session wanted it so.
    fn sessions_left(&mut self, now: usize) -> Vec<Action> {
        let before = std::mem::replace(&mut self.sessions, now);
        let last = before > 0 && now == 0 && self.switches.last_session;
        if last { vec![Action::Lock(Cause::LastSession)] } else { Vec::new() }
    }

    fn lock_by(&self, switch: Switch, cause: Cause) -> Vec<Action> {
        match switch {
            Switch::Off => Vec::new(),
            // There is nothing to lock softly, but perhaps an unlock to throw away.
            Switch::Soft if self.vault == Vault::Closed => vec![Action::Lock(cause)],
            // A desktop locks its session when the lid is closed. Nobody is there to type a PIN, and no soft lock
            // outlives a suspend.
            Switch::Soft if self.departing() => vec![Action::Lock(cause)],
            Switch::Soft => vec![Action::SoftLock(cause)],
            Switch::Full => vec![Action::Lock(cause)],
        }
    }

    /// Inhibitors are held while there are secrets, and by nobody else's leave: logind gives none out once the sleep
    /// has begun.
    fn inhibitors(&mut self) -> Option<Action> {
        let wanted = if self.logind && self.secrets {
            let sleep = self.switches.suspend || self.vault == Vault::Soft;
            Delays { sleep, shutdown: self.switches.shutdown }
        } else {
            Delays::NONE
        };
        if wanted == self.held || self.departing() && wanted != Delays::NONE {
            return None;
        }
        self.held = wanted;
        self.refused = self.refused.within(wanted);
        self.asked_again = self.asked_again.within(wanted);
        Some(Action::Hold(wanted))
    }
}
