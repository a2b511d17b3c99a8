//! Playing a wire log again: the same key, the same reports at the same moments, and the answers must be the same.
//!
//! Time is the log's. A report from the key that did not follow from one to it must follow from time having passed.

use std::collections::{BTreeMap, VecDeque};

use fob_ambient::Millis;
use fob_authenticator::RamStore;
use fob_softkey_control::Op;

use crate::TouchPolicy;
use crate::fault::{FaultyStore, StoreFaults};
use crate::hub::{Effect, Hub};
use crate::log::{KeyLine, Line};
use crate::setup;

/// What a log held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// Reports to keys.
    pub to_key: usize,
    /// Reports from keys, all of them as recorded.
    pub to_host: usize,
}

/// Why a log does not repeat.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It is no wire log.
    #[error("line {line} is not of a wire log")]
    NoLog {
        /// Which line, from 1.
        line: usize,
    },
    /// The key cannot be made again.
    #[error("key {name} cannot be repeated: it needs a seed, and its state in memory")]
    NotRepeatable {
        /// Which key.
        name: String,
    },
    /// The key cannot be made at all.
    #[error("key {name} cannot be made")]
    Key {
        /// Which key.
        name: String,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A key that was not described.
    #[error("line {line} is about a key that the log does not describe")]
    UnknownKey {
        /// Which line.
        line: usize,
    },
    /// The answer is another.
    #[error("line {line}: the key sent {now} instead of {expected}", now = came.as_deref().unwrap_or("nothing"))]
    Differs {
        /// Which line.
        line: usize,
        /// What was recorded, in hexadecimal.
        expected: String,
        /// What came now.
        came: Option<String>,
    },
    /// The key said more than was recorded.
    #[error("before line {line} the key sent {came}, which was not recorded")]
    Surplus {
        /// Which line, or the one after the last.
        line: usize,
        /// What came, in hexadecimal.
        came: String,
    },
}

/// Plays a log again.
///
/// # Errors
/// The first line at which it is not the same.
pub fn replay(log: &str) -> Result<Replayed, ReplayError> {
    let lines = log.lines().enumerate().map(|(number, text)| {
        let line = number + 1;
        Line::parse(text).map(|parsed| (line, parsed)).map_err(|_| ReplayError::NoLog { line })
    });
    let lines: Vec<_> = lines.collect::<Result<_, _>>()?;
    if !matches!(lines.first(), Some((_, Line::Title))) {
        return Err(ReplayError::NoLog { line: 1 });
    }
    let mut stage = Stage::set(&lines)?;
    let mut replayed = Replayed { to_key: 0, to_host: 0 };
    let mut last = 0;
    for (line, parsed) in lines {
        last = line;
        match parsed {
            Line::Title | Line::Key(_) | Line::Comment => {}
            Line::ToKey { at, key, report } => {
                let key = stage.idle(line, &key)?;
                let effects = stage.hub.on_report(key, *report, at);
                stage.sent(effects);
                replayed.to_key += 1;
            }
            Line::ToHost { at, key, bytes } => {
                stage.expect(line, &key, &bytes, at)?;
                replayed.to_host += 1;
            }
            Line::Op { at, key, op } => stage.operate(line, &key, *op, at)?,
        }
    }
    stage.nothing_left(last + 1).map(|()| replayed)
}

/// The keys, and what they have sent that the log has not confirmed yet.
struct Stage {
    hub: Hub,
    keys: BTreeMap<String, usize>,
    waiting: Vec<VecDeque<Vec<u8>>>,
}

impl Stage {
    fn set(lines: &[(usize, Line)]) -> Result<Self, ReplayError> {
        let mut slots = Vec::new();
        let mut keys = BTreeMap::new();
        for (line, parsed) in lines {
            let Line::Key(described) = parsed else { continue };
            if keys.insert(described.name.clone(), slots.len()).is_some() {
                return Err(ReplayError::NoLog { line: *line });
            }
            slots.push(slot(described)?);
        }
        let waiting = slots.iter().map(|_| VecDeque::new()).collect();
        Ok(Self { hub: Hub::new(slots), keys, waiting })
    }

    fn find(&self, line: usize, key: &str) -> Result<usize, ReplayError> {
        self.keys.get(key).copied().ok_or(ReplayError::UnknownKey { line })
    }

    /// The key, which has nothing to say any more before something is said to it.
    fn idle(&self, line: usize, key: &str) -> Result<usize, ReplayError> {
        let key = self.find(line, key)?;
        match self.waiting.get(key).and_then(VecDeque::front) {
            Some(bytes) => Err(ReplayError::Surplus { line, came: hex(bytes) }),
            None => Ok(key),
        }
    }

    fn sent(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            if let Effect::Send { key, bytes } = effect
                && let Some(waiting) = self.waiting.get_mut(key)
            {
                waiting.push_back(bytes);
            }
        }
    }

    fn expect(&mut self, line: usize, key: &str, expected: &[u8], at: Millis) -> Result<(), ReplayError> {
        let key = self.find(line, key)?;
        if self.waiting.get(key).is_none_or(VecDeque::is_empty) {
            let effects = self.hub.tick(key, at);
            self.sent(effects);
        }
        let came = self.waiting.get_mut(key).and_then(VecDeque::pop_front);
        if came.as_deref() == Some(expected) {
            return Ok(());
        }
        Err(ReplayError::Differs { line, expected: hex(expected), came: came.as_deref().map(hex) })
    }

    /// What the control channel had it do; if that failed then, it fails now.
    fn operate(&mut self, line: usize, key: &str, op: Op, at: Millis) -> Result<(), ReplayError> {
        let key = self.idle(line, key)?;
        let (_, effects) = self.hub.execute_on(key, op, at);
        self.sent(effects);
        Ok(())
    }

    fn nothing_left(&self, line: usize) -> Result<(), ReplayError> {
        match self.waiting.iter().find_map(VecDeque::front) {
            Some(bytes) => Err(ReplayError::Surplus { line, came: hex(bytes) }),
            None => Ok(()),
        }
    }
}

fn slot(described: &KeyLine) -> Result<crate::slot::Slot, ReplayError> {
    let name = || described.name.clone();
    if described.seed.is_none() || described.state != "memory" {
        return Err(ReplayError::NotRepeatable { name: name() });
    }
    let touch = match described.touch.as_str() {
        "allow" => TouchPolicy::Allow,
        "deny" => TouchPolicy::Deny,
        "ask" => TouchPolicy::Ask,
        _ => return Err(ReplayError::NotRepeatable { name: name() }),
    };
    // The log of a key that died has nothing after it.
    let store = FaultyStore::new(Box::new(RamStore), StoreFaults::default(), || {});
    let made = setup::slot(described.clone(), touch, store, Millis(0));
    made.map_err(|source| ReplayError::Key { name: name(), source: source.into() })
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
