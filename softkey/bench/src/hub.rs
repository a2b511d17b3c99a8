//! All keys of the program and their time: reports, ticks and the control channel's words in, effects out. No socket,
//! no file, no clock of its own.

mod credentials;
mod execute;

use fob_ambient::Millis;
use fob_authenticator::{Ask, Presence};
use fob_ctap::hid::Report;
use fob_softkey_control::{Event, Watch};

use crate::log;
use crate::slot::{Slot, SlotEffect};
use crate::time::Time;

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// These bytes go out on this key's face.
    Send { key: usize, bytes: Vec<u8> },
    /// This key's face closes.
    Unplug(usize),
    /// It opens again.
    Plug(usize),
    /// Somebody has to be asked at the terminal.
    AskTerminal { key: usize, ask: Ask },
    /// Not any more.
    AskOver(usize),
    /// This happened, for who watches that.
    Tell(Watch, Event),
}

/// All keys.
pub(crate) struct Hub {
    slots: Vec<Slot>,
    time: Time,
    /// Whether anybody reads the log.
    logging: bool,
}

impl Hub {
    /// With these keys, all plugged in.
    pub(crate) const fn new(slots: Vec<Slot>) -> Self {
        Self { slots, time: Time::REAL, logging: false }
    }

    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// A key could not be put in: its place is taken.
    pub(crate) fn not_plugged(&mut self, key: usize) {
        if let Some(slot) = self.slots.get_mut(key) {
            slot.unplug();
        }
    }

    /// Whether lines for the log are made.
    pub(crate) const fn set_logging(&mut self, logging: bool) {
        self.logging = logging;
    }

    /// Bench time, when it is `outside` outside.
    pub(crate) const fn now(&self, outside: Millis) -> Millis {
        self.time.now(outside)
    }

    /// How long nothing happens by itself; for ever, if time stands still or nothing is under way.
    pub(crate) fn pause(&self, outside: Millis) -> Option<Millis> {
        match self.time {
            Time::Still(_) => None,
            Time::Running { .. } => self.deadline().map(|deadline| deadline.since(self.now(outside))),
        }
    }

    /// A report came to this key.
    pub(crate) fn on_report(&mut self, key: usize, report: Report, now: Millis) -> Vec<Effect> {
        let Some(slot) = self.slots.get_mut(key) else { return Vec::new() };
        let mut effects = Vec::new();
        if self.logging {
            effects.push(logged(log::to_key(now, slot.name(), &report)));
        }
        let followed = slot.on_report(report, now);
        effects.extend(self.effects(key, followed, now));
        effects
    }

    /// Time has passed.
    pub(crate) fn on_tick(&mut self, now: Millis) -> Vec<Effect> {
        (0..self.slots.len()).flat_map(|key| self.tick(key, now)).collect()
    }

    /// Time has passed for one key.
    pub(crate) fn tick(&mut self, key: usize, now: Millis) -> Vec<Effect> {
        let followed = self.slots.get_mut(key).map(|slot| slot.on_tick(now)).unwrap_or_default();
        self.effects(key, followed, now)
    }

    /// Somebody answered at the terminal. It goes into the log as if the control channel had said it.
    pub(crate) fn answered(&mut self, key: usize, presence: Presence, now: Millis) -> Vec<Effect> {
        let Some(slot) = self.slots.get_mut(key) else { return Vec::new() };
        let op = execute::answer(presence);
        let mut effects: Vec<_> = op.map(|op| logged(log::op(now, slot.name(), &op))).into_iter().collect();
        let followed = slot.presence(presence, now);
        effects.extend(self.effects(key, followed, now));
        effects
    }

    fn deadline(&self) -> Option<Millis> {
        self.slots.iter().filter_map(Slot::deadline).min()
    }

    fn effects(&self, key: usize, followed: Vec<SlotEffect>, now: Millis) -> Vec<Effect> {
        let name = self.slots.get(key).map(Slot::name).unwrap_or_default();
        let mut effects = Vec::with_capacity(followed.len());
        for effect in followed {
            if self.logging
                && let SlotEffect::Send(bytes) = &effect
            {
                effects.push(logged(log::to_host(now, name, bytes)));
            }
            effects.extend(effects_of(key, name, effect));
        }
        effects
    }
}

fn effects_of(key: usize, name: &str, effect: SlotEffect) -> Vec<Effect> {
    let key_name = || name.to_owned();
    match effect {
        SlotEffect::Send(bytes) => vec![Effect::Send { key, bytes }],
        SlotEffect::Ask { ask, terminal } => {
            let event = Event::TouchWanted {
                key: key_name(),
                reason: ask.reason.words().to_owned(),
                rp_id: ask.rp_id.as_ref().map(|rp_id| rp_id.as_str().to_owned()),
            };
            let mut effects = vec![Effect::Tell(Watch::Touch, event)];
            if terminal {
                effects.push(Effect::AskTerminal { key, ask });
            }
            effects
        }
        SlotEffect::AskOver => {
            vec![Effect::AskOver(key), Effect::Tell(Watch::Touch, Event::TouchOver { key: key_name() })]
        }
        SlotEffect::Wink => vec![Effect::Tell(Watch::Wink, Event::Wink { key: key_name() })],
        SlotEffect::Unplug => {
            vec![Effect::Unplug(key), Effect::Tell(Watch::Plug, Event::Unplugged { key: key_name() })]
        }
    }
}

fn logged(line: String) -> Effect {
    Effect::Tell(Watch::Log, Event::Log { line })
}
