//! A key with its wire and its person, without either's outside: what comes in, what time it is, what follows.

use std::collections::VecDeque;

use fob_ambient::Millis;
use fob_authenticator::{Ask, Presence};
use fob_ctap::hid::Report;

use crate::chance::Chance;
use crate::fault::{ResponseFaults, StoreFaults, WireFaults, WireStep};
use crate::log::KeyLine;
use crate::person::{Decision, Person};
use crate::{Key, Output};

/// What follows, for this key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SlotEffect {
    /// These bytes go to the host.
    Send(Vec<u8>),
    /// The key wants to be touched; `terminal` is whether somebody has to be asked there.
    Ask { ask: Ask, terminal: bool },
    /// Not any more.
    AskOver,
    /// Which key is it? This one.
    Wink,
    /// It is pulled out.
    Unplug,
}

/// Everything about one key.
pub(crate) struct Slot {
    pub(crate) line: KeyLine,
    pub(crate) key: Key,
    pub(crate) person: Person,
    pub(crate) wire: WireFaults,
    pub(crate) responses: ResponseFaults,
    pub(crate) store: StoreFaults,
    pub(crate) chance: Chance,
    pub(crate) plugged: bool,
    /// Where it hangs, for people.
    pub(crate) face: String,
}

impl Slot {
    pub(crate) fn name(&self) -> &str {
        &self.line.name
    }

    /// A report came from the host.
    pub(crate) fn on_report(&mut self, report: Report, now: Millis) -> Vec<SlotEffect> {
        if !self.plugged {
            return Vec::new();
        }
        let steps = self.wire.host_sent(report);
        self.cross(steps, now)
    }

    /// Time has passed.
    pub(crate) fn on_tick(&mut self, now: Millis) -> Vec<SlotEffect> {
        if !self.plugged {
            return Vec::new();
        }
        let mut effects = Vec::new();
        if let Some(presence) = self.person.on_tick(now) {
            effects.extend(self.presence(presence, now));
        }
        let outputs = self.key.on_tick(now);
        effects.extend(self.perform(outputs, now));
        let steps = self.wire.on_tick(now);
        effects.extend(self.cross(steps, now));
        effects
    }

    /// When [`Slot::on_tick`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        if !self.plugged {
            return None;
        }
        [self.key.deadline(), self.person.deadline(), self.wire.deadline()].into_iter().flatten().min()
    }

    /// How waiting for a touch ended. Nothing happens if none is waited for.
    pub(crate) fn presence(&mut self, presence: Presence, now: Millis) -> Vec<SlotEffect> {
        let outputs = self.key.presence(presence, now);
        self.perform(outputs, now)
    }

    /// Whether it was in.
    pub(crate) fn unplug(&mut self) -> bool {
        std::mem::replace(&mut self.plugged, false)
    }

    /// In again: power-cycled, on a wire with nothing on it. Faults that have not happened stay.
    pub(crate) fn plug(&mut self, now: Millis) {
        self.power_cycle(now);
        self.plugged = true;
    }

    pub(crate) fn power_cycle(&mut self, now: Millis) {
        self.key.power_cycle(now);
        self.person.over();
        self.wire.replug();
    }

    pub(crate) fn fault_count(&self) -> usize {
        self.wire.len() + self.responses.len() + self.store.len()
    }

    pub(crate) fn clear_faults(&mut self) {
        self.wire.clear();
        self.responses.clear();
        self.store.clear();
    }

    /// What the wire lets through.
    fn cross(&mut self, steps: Vec<WireStep>, now: Millis) -> Vec<SlotEffect> {
        let mut effects = Vec::new();
        for step in steps {
            match step {
                WireStep::ToHost(bytes) => effects.push(SlotEffect::Send(bytes)),
                WireStep::ToKey(report) => {
                    self.key.race(self.person.beats_cancel());
                    let outputs = self.key.on_report(&report, now);
                    effects.extend(self.perform(outputs, now));
                }
                WireStep::Unplug => {
                    effects.push(SlotEffect::Unplug);
                    self.plugged = false;
                    break;
                }
            }
        }
        effects
    }

    fn perform(&mut self, outputs: Vec<Output>, now: Millis) -> Vec<SlotEffect> {
        let mut effects = Vec::new();
        let mut outputs = VecDeque::from(outputs);
        while let Some(output) = outputs.pop_front() {
            if !self.plugged {
                break;
            }
            match output {
                Output::Send(report) => {
                    let steps = self.wire.key_sent(report, now);
                    effects.extend(self.cross(steps, now));
                }
                Output::TouchOver => {
                    self.person.over();
                    effects.push(SlotEffect::AskOver);
                }
                Output::Wink => effects.push(SlotEffect::Wink),
                Output::AskTouch(ask) => {
                    let decision = self.person.ask(&ask, now);
                    effects.push(SlotEffect::Ask { ask, terminal: decision == Decision::AskTerminal });
                    if let Decision::Now(presence) = decision {
                        outputs.extend(self.key.presence(presence, now));
                    }
                }
            }
        }
        effects
    }
}
