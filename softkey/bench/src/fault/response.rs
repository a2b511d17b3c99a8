//! Answers that are wrong, between the authenticator and the framing.
//!
//! What stands in authenticator data is signed. So that a wrong flag is no wrong signature too, the same change is made
//! twice: where the authenticator has it signed ([`ResponseFaults::alter`], from the bench's signer), and in the answer.

use std::cell::RefCell;
use std::rc::Rc;

use fob_cbor::{Limits, Strictness, decode};
use fob_ctap::{Map, Value, sha256};
use fob_softkey_control::ResponseFault;

use super::sloppy::sloppy;
use super::{Countdown, MOST_FAULTS};

const MAKE_CREDENTIAL: u8 = 0x01;
const GET_ASSERTION: u8 = 0x02;
const GET_INFO: u8 = 0x04;
const GET_NEXT_ASSERTION: u8 = 0x08;

/// Offsets in authenticator data (WebAuthn Level 3 §6.1).
const FLAGS: usize = 32;
const COUNTER: std::ops::Range<usize> = 33..37;
const AAGUID: std::ops::Range<usize> = 37..53;
/// The flag that says that an AAGUID follows.
const ATTESTED: u8 = 1 << 6;

/// The faults of a key's answers; a handle, shared by the key and its signer.
#[derive(Debug, Clone, Default)]
pub(crate) struct ResponseFaults(Rc<RefCell<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    rules: Vec<Rule>,
    /// What happens to the answer of the request under way.
    chosen: Vec<ResponseFault>,
    command: u8,
    /// Of the model that the key pretends to be.
    aaguid: Option<[u8; 16]>,
}

#[derive(Debug)]
struct Rule {
    fault: ResponseFault,
    command: Option<u8>,
    countdown: Countdown,
}

impl ResponseFaults {
    /// Answers come from a model with this AAGUID.
    pub(crate) fn pretend(&self, aaguid: Option<[u8; 16]>) {
        self.0.borrow_mut().aaguid = aaguid;
    }

    /// Adds a fault; false if there are too many already.
    pub(crate) fn add(&self, fault: ResponseFault, command: Option<u8>, after: u32, times: Option<u32>) -> bool {
        let rules = &mut self.0.borrow_mut().rules;
        if rules.len() >= MOST_FAULTS {
            return false;
        }
        rules.push(Rule { fault, command, countdown: Countdown::new(after, times.unwrap_or(1)) });
        true
    }

    /// Takes all back.
    pub(crate) fn clear(&self) {
        let mut inner = self.0.borrow_mut();
        inner.rules.clear();
        inner.chosen.clear();
    }

    /// How many are left.
    pub(crate) fn len(&self) -> usize {
        self.0.borrow().rules.len()
    }

    /// A request comes: which faults its answer will have, and the status to answer with instead of doing it.
    pub(crate) fn begin(&self, command: u8) -> Option<u8> {
        let mut inner = self.0.borrow_mut();
        inner.command = command;
        let mut chosen = Vec::new();
        for rule in &mut inner.rules {
            if rule.is_about(command) && rule.countdown.fires() {
                chosen.push(rule.fault.clone());
            }
        }
        inner.rules.retain(|rule| !rule.countdown.is_spent());
        let status = chosen.iter().find_map(|fault| match fault {
            ResponseFault::Status { code } => Some(*code),
            _ => None,
        });
        inner.chosen = chosen;
        status
    }

    /// A request comes that no fault can be about.
    pub(crate) fn pass(&self) {
        let mut inner = self.0.borrow_mut();
        inner.command = 0;
        inner.chosen.clear();
    }

    /// Changes authenticator data as the answer will have it.
    pub(crate) fn alter(&self, auth_data: &mut [u8]) {
        let inner = self.0.borrow();
        if !signs(inner.command) {
            return;
        }
        if let Some(aaguid) = inner.aaguid
            && auth_data.get(FLAGS).is_some_and(|flags| flags & ATTESTED != 0)
            && let Some(place) = auth_data.get_mut(AAGUID)
        {
            place.copy_from_slice(&aaguid);
        }
        inner.chosen.iter().for_each(|fault| alter(fault, auth_data));
    }

    /// The answer as it leaves.
    pub(crate) fn reply(&self, reply: Vec<u8>) -> Vec<u8> {
        let (command, untouched) = {
            let inner = self.0.borrow();
            (inner.command, inner.chosen.is_empty() && (inner.aaguid.is_none() || !signs(inner.command)))
        };
        if untouched {
            return reply;
        }
        let Some((0, body)) = reply.split_first() else { return reply };
        let Some(mut map) = as_map(body) else { return reply };
        if signs(command)
            && let Some(Value::Bytes(auth_data)) = map.get_int(2)
        {
            let mut auth_data = auth_data.clone();
            self.alter(&mut auth_data);
            map.insert(2, auth_data);
        }
        let inner = self.0.borrow();
        let mut how = None;
        for fault in &inner.chosen {
            match fault {
                ResponseFault::BogusSignature {} => spoil_signature(&mut map, command),
                ResponseFault::UnknownMembers {} => add_unknown(&mut map),
                ResponseFault::Cbor { how: form } => how = Some(*form),
                _ => {}
            }
        }
        let body = match how {
            Some(how) => sloppy(&map, how),
            None => fob_cbor::encode(&Value::Map(map)),
        };
        [&[0][..], &body].concat()
    }
}

impl Rule {
    fn is_about(&self, command: u8) -> bool {
        let possible = match &self.fault {
            ResponseFault::BogusSignature {}
            | ResponseFault::Flags { .. }
            | ResponseFault::Counter { .. }
            | ResponseFault::CounterBack { .. }
            | ResponseFault::WrongRpIdHash {} => signs(command),
            ResponseFault::UnknownMembers {} => command == GET_INFO,
            ResponseFault::Cbor { .. } | ResponseFault::Status { .. } => true,
        };
        possible && self.command.is_none_or(|wanted| wanted == command)
    }
}

/// Whether answers to this command have authenticator data and a signature.
const fn signs(command: u8) -> bool {
    matches!(command, MAKE_CREDENTIAL | GET_ASSERTION | GET_NEXT_ASSERTION)
}

fn alter(fault: &ResponseFault, auth_data: &mut [u8]) {
    match fault {
        ResponseFault::Flags { flip } => {
            if let Some(flags) = auth_data.get_mut(FLAGS) {
                flip.iter().for_each(|flag| *flags ^= flag.bit());
            }
        }
        ResponseFault::Counter { value } => set_counter(auth_data, |_| *value),
        ResponseFault::CounterBack { by } => set_counter(auth_data, |counter| counter.saturating_sub(*by)),
        ResponseFault::WrongRpIdHash {} => {
            if let Some(hash) = auth_data.get_mut(..FLAGS) {
                hash.copy_from_slice(&sha256(b"another.example"));
            }
        }
        _ => {}
    }
}

fn set_counter(auth_data: &mut [u8], change: impl Fn(u32) -> u32) {
    if let Some(place) = auth_data.get_mut(COUNTER)
        && let Some(counter) = place.first_chunk::<4>()
    {
        let counter = change(u32::from_be_bytes(*counter));
        place.copy_from_slice(&counter.to_be_bytes());
    }
}

/// Its last bit: the encoding stays well-formed, the number is another.
fn spoil_signature(map: &mut Map, command: u8) {
    let spoil = |signature: &Value| {
        let mut bytes = signature.as_bytes()?.to_vec();
        *bytes.last_mut()? ^= 1;
        Some(bytes)
    };
    if command == MAKE_CREDENTIAL {
        let statement = map.get_int(3).and_then(Value::as_map).cloned();
        if let Some(mut statement) = statement
            && let Some(signature) = statement.get_text("sig").and_then(spoil)
        {
            statement.insert("sig", signature);
            map.insert(3, statement);
        }
    } else if let Some(signature) = map.get_int(3).and_then(spoil) {
        map.insert(3, signature);
    }
}

/// What a newer edition or another maker might say (§6.4: platforms skip what they do not know).
fn add_unknown(map: &mut Map) {
    map.insert(0x7f, "fob");
    map.insert(0x80, vec![Value::from(1_u8), Value::Null]);
    for key in [0x01, 0x02] {
        let mut names = map.get_int(key).and_then(Value::as_array).unwrap_or_default().to_vec();
        names.push(Value::from("FOB_99"));
        map.insert(Value::int(key), names);
    }
    let mut options = map.get_int(4).and_then(Value::as_map).cloned().unwrap_or_default();
    options.insert("fobUnheardOf", true);
    map.insert(4, options);
    let mut algorithms = map.get_int(0x0a).and_then(Value::as_array).unwrap_or_default().to_vec();
    algorithms
        .push(Value::Map([("alg", Value::int(-65_000)), ("type", Value::from("public-key"))].into_iter().collect()));
    map.insert(0x0a, algorithms);
}

fn as_map(body: &[u8]) -> Option<Map> {
    match decode(body, Limits { depth: 8, strictness: Strictness::Lenient }).ok()? {
        Value::Map(map) => Some(map),
        _ => None,
    }
}
