//! What the control channel can have done.

use fob_ambient::Millis;
use fob_authenticator::Presence;
use fob_softkey_control::{ClockMode, ErrorName, Event, Failure, Op, PROTOCOL, Watch};
use serde_json::{Value, json};

use super::{Effect, Hub, logged};
use crate::log;
use crate::person::LONGEST_SCRIPT;
use crate::slot::Slot;
use crate::time::Time;

/// What came of it, and what follows.
pub(crate) type Executed = (Result<Value, Failure>, Vec<Effect>);

/// The words for an answer from elsewhere; none for an end that no person brings about.
pub(super) const fn answer(presence: Presence) -> Option<Op> {
    match presence {
        Presence::Touched => Some(Op::Touch {}),
        Presence::Refused => Some(Op::Refuse {}),
        Presence::Cancelled | Presence::TimedOut => None,
    }
}

impl Hub {
    /// Does one thing; `outside` is the time outside. `watch` is the connection's affair and does nothing here.
    pub(crate) fn execute(&mut self, key: Option<&str>, op: Op, outside: Millis) -> Executed {
        let done = |value: Value| (Ok(value), Vec::new());
        match op {
            Op::Hello {} => done(json!({ "protocol": PROTOCOL, "version": env!("CARGO_PKG_VERSION") })),
            Op::Keys {} => done(self.slots.iter().map(Self::status).collect()),
            Op::Watch { .. } => done(Value::Null),
            Op::Clock { mode: ClockMode::Virtual } => {
                self.time = self.time.stop(outside);
                done(json!({ "now": self.now(outside).0 }))
            }
            Op::Clock { mode: ClockMode::Real } => {
                self.time = self.time.go(outside);
                done(json!({ "now": self.now(outside).0 }))
            }
            Op::Advance { ms } => self.advance(Millis(ms)),
            op => match self.find(key) {
                Ok(key) => self.execute_on(key, op, self.now(outside)),
                Err(failure) => (Err(failure), Vec::new()),
            },
        }
    }

    /// Which key is meant.
    fn find(&self, name: Option<&str>) -> Result<usize, Failure> {
        match (name, self.slots.len()) {
            (None, 1) => Ok(0),
            (None, _) => Err(Failure::new(ErrorName::NoSuchKey, "there are several keys: name one")),
            (Some(name), _) => self
                .slots
                .iter()
                .position(|slot| slot.name() == name)
                .ok_or_else(|| Failure::new(ErrorName::NoSuchKey, format!("there is no key {name:?}"))),
        }
    }

    /// Moves time from deadline to deadline, so that everything happens when it is due.
    fn advance(&mut self, length: Millis) -> Executed {
        let Time::Still(now) = self.time else {
            return refused(ErrorName::NotNow, "the clock is the real one: send clock with mode virtual first");
        };
        if length.0 > Op::LONGEST_ADVANCE {
            return refused(ErrorName::BadRequest, "at most 3600000 ms at once");
        }
        let target = now.plus(length);
        let mut effects = Vec::new();
        while let Some(deadline) = self.deadline().filter(|deadline| *deadline <= target) {
            let now = self.now(Millis(0)).max(deadline);
            self.time = Time::Still(now);
            effects.extend(self.on_tick(now));
        }
        self.time = Time::Still(target);
        (Ok(json!({ "now": target.0 })), effects)
    }

    /// Does something with one key. What changes it goes into the log before it happens.
    pub(crate) fn execute_on(&mut self, key: usize, op: Op, now: Millis) -> Executed {
        let Some(slot) = self.slots.get_mut(key) else {
            return refused(ErrorName::NoSuchKey, "no such key");
        };
        let line = (!op.only_looks()).then(|| logged(log::op(now, slot.name(), &op)));
        let name = slot.name().to_owned();
        let mut effects = Vec::from_iter(line);
        let outcome = match op {
            Op::Touch {} | Op::Refuse {} if slot.person.waits_for().is_none() => {
                return refused(ErrorName::NotNow, "the key does not wait for a touch");
            }
            Op::Touch {} | Op::Refuse {} => {
                let presence = if op == (Op::Touch {}) { Presence::Touched } else { Presence::Refused };
                let followed = slot.presence(presence, now);
                effects.extend(self.effects(key, followed, now));
                Ok(Value::Null)
            }
            Op::PowerCycle {} => {
                slot.power_cycle(now);
                effects.push(Effect::AskOver(key));
                Ok(Value::Null)
            }
            Op::Unplug {} => {
                if !slot.unplug() {
                    return refused(ErrorName::NotNow, "the key is not plugged in");
                }
                effects.extend([Effect::AskOver(key), Effect::Unplug(key)]);
                effects.push(Effect::Tell(Watch::Plug, Event::Unplugged { key: name }));
                Ok(Value::Null)
            }
            Op::Plug {} => {
                if slot.plugged {
                    return refused(ErrorName::NotNow, "the key is plugged in already");
                }
                slot.plug(now);
                effects.push(Effect::Plug(key));
                effects.push(Effect::Tell(Watch::Plug, Event::Plugged { key: name }));
                Ok(Value::Null)
            }
            op => slot.set(op),
        };
        match outcome {
            Ok(value) => (Ok(value), effects),
            // The system's no may have used up a fault; otherwise nothing happened, and the log must not say that it did.
            Err(failure) if failure.name == ErrorName::Failed => (Err(failure), effects),
            Err(failure) => (Err(failure), Vec::new()),
        }
    }
}

impl Slot {
    /// What changes how the key will behave, and what looks into it.
    fn set(&mut self, op: Op) -> Result<Value, Failure> {
        let full = || Failure::new(ErrorName::NotNow, "too many faults are set already");
        let added = |added: bool| if added { Ok(Value::Null) } else { Err(full()) };
        match op {
            Op::Presence { script } if script.len() <= LONGEST_SCRIPT => self.person.play(script),
            Op::Fingers { script } if script.len() <= LONGEST_SCRIPT => {
                self.person.lay(script);
                return Ok(json!({ "sensor": self.key.authenticator().abilities().fingerprints.is_some() }));
            }
            Op::Presence { .. } | Op::Fingers { .. } => {
                return Err(Failure::new(ErrorName::BadRequest, "a script has at most 4096 steps"));
            }
            Op::Seed { seed } => self.chance.begin_anew(&format!("fob-softkey seed {seed} by the control channel")),
            Op::WireFault { fault, after, times } => return added(self.wire.add(fault, after, times)),
            Op::ResponseFault { fault, command, after, times } => {
                return added(self.responses.add(fault, command, after, times));
            }
            Op::StoreFault { fault, after, times } => return added(self.store.add(fault, after, times)),
            Op::ClearFaults {} => self.clear_faults(),
            Op::Credentials {} => return Ok(self.credentials(false)),
            Op::Export {} => return Ok(self.credentials(true)),
            Op::Import { credential } => return self.import(*credential).map(|()| Value::Null),
            Op::Forget { credential_id } => return self.forget(&credential_id).map(|()| Value::Null),
            _ => return Err(Failure::new(ErrorName::BadRequest, "not about one key")),
        }
        Ok(Value::Null)
    }
}

fn refused(name: ErrorName, message: &str) -> Executed {
    (Err(Failure::new(name, message)), Vec::new())
}
