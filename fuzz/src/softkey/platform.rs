//! A platform with a key in it, that holds every answer to what all answers have in common.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use fob_ambient::{Millis, SeededRng};
use fob_authenticator::{
    Abilities, Authenticator, Caller, FingerSample, Parts, Presence, Sensor, Step, SystemSigner, TOUCH_LIMIT,
};
use fob_cbor::{Limits, decode, encode_into};
use fob_ctap::client_pin::{
    ChangePin, GetKeyAgreement, GetPinToken, GetPinTokenWithPermissions, GetUvToken, Permissions, SetPin, Token,
};
use fob_ctap::cose::KeyAgreementKey;
use fob_ctap::entity::RpId;
use fob_ctap::get_info::GetInfo;
use fob_ctap::make_credential::MakeCredential;
use fob_ctap::pin::{Pin, PinUvAuthToken, Protocol, SharedSecret, encapsulate};
use fob_ctap::{Command, Map, Strictness, Value};

use super::proof::prove;
use super::{Known, Mirror, Model, prepared};

/// A command that was answered: its code, its subcommand, and the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Done {
    /// The command byte.
    pub code: u8,
    /// The subcommand; 0 where there is none. Of large blobs, 1 reads and 2 writes.
    pub subcommand: u8,
    /// The status of the answer.
    pub status: u8,
}

/// What the person does next, touch by touch and finger by finger; a touch, and finger number 1, when it is empty.
#[derive(Debug, Clone, Default)]
pub(crate) struct Person {
    pub(crate) touches: VecDeque<Presence>,
    fingers: Rc<RefCell<VecDeque<FingerSample>>>,
}

impl Person {
    pub(crate) fn lay(&self, sample: FingerSample) {
        self.fingers.borrow_mut().push_back(sample);
    }
}

impl Sensor for Person {
    fn sample(&mut self) -> FingerSample {
        self.fingers.borrow_mut().pop_front().unwrap_or(FingerSample::Good { finger: 1 })
    }
}

pub(crate) struct Platform {
    pub(crate) key: Authenticator,
    pub(crate) mirror: Mirror,
    pub(crate) person: Person,
    pub(crate) caller: Caller,
    pub(crate) now: Millis,
    pub(crate) known: Known,
    pub(crate) done: Vec<Done>,
    pub(super) rng: SeededRng,
    abilities: Abilities,
    token: Option<PinUvAuthToken>,
    pin: Option<Pin>,
}

impl Platform {
    /// A key of this model: fresh, or with everything that was prepared.
    pub(crate) fn new(model: Model) -> Self {
        let (mirror, known) = match model {
            Model::Fresh => (Mirror::default(), Known::default()),
            _ => (Mirror::holding(&prepared().state), prepared().known.clone()),
        };
        let person = Person::default();
        let abilities = model.abilities();
        Self {
            key: powered(&mirror, &person, &abilities, 1, Millis(0)),
            mirror,
            person,
            caller: Caller(1),
            now: Millis(0),
            known,
            done: Vec::new(),
            rng: SeededRng::new(2),
            abilities,
            token: None,
            pin: (model != Model::Fresh).then(|| pin("1234")).flatten(),
        }
    }

    /// Another process takes the key up where this one left it.
    pub(crate) fn restart(&mut self) {
        let seed = 100 + self.mirror.commits() as u64;
        self.key = powered(&self.mirror, &self.person, &self.abilities, seed, self.now);
    }

    /// Sends a request as it is, lets the person answer, gives the reply.
    pub(crate) fn send(&mut self, request: &[u8]) -> Vec<u8> {
        let (commits, counter) = (self.mirror.commits(), self.key.state().counter());
        let mut step = self.key.request(request, self.caller, self.now);
        // Nobody is asked for more than five fingers.
        for _ in 0..6 {
            match step {
                Step::Reply(reply) => {
                    self.judge(request, &reply, commits, counter);
                    return reply;
                }
                Step::AskPresence(ask) => {
                    // At once, where a platform gives a finger no time (timeoutMilliseconds of 0).
                    assert!(ask.deadline >= self.now && ask.deadline <= self.now.plus(TOUCH_LIMIT));
                    let outcome = self.person.touches.pop_front().unwrap_or(Presence::Touched);
                    step = self.key.presence(outcome, self.now);
                }
            }
        }
        panic!("the key never stops asking");
    }

    /// Sends a request with everything in its place, and a proof if wanted. What is no request is sent as it is.
    pub(crate) fn send_filled(&mut self, request: &[u8], proven: bool) -> Vec<u8> {
        let Some((&code, rest)) = request.split_first() else { return self.send(request) };
        let Ok(Value::Map(map)) = decode(rest, Limits::CTAP_LENIENT) else { return self.send(request) };
        let mut map = self.fill(&map);
        if let Some(token) = self.token.as_ref().filter(|_| proven) {
            prove(code, &mut map, token);
        }
        let mut bytes = vec![code];
        encode_into(&Value::Map(map), &mut bytes);
        self.send(&bytes)
    }

    /// What holds for every answer.
    fn judge(&mut self, request: &[u8], reply: &[u8], commits: usize, counter: u32) {
        let (&status, rest) = reply.split_first().expect("every reply has a status");
        assert!(reply.len() <= self.abilities.max_message, "{} bytes", reply.len());
        let code = request.first().copied().unwrap_or_default();
        if status != 0 {
            assert!(rest.is_empty(), "a refusal says why and no more");
        } else if !rest.is_empty() {
            assert!(matches!(decode(rest, Limits::CTAP), Ok(Value::Map(_))), "an answer is a canonical map");
        }
        // INVALID_COMMAND, CBOR_UNEXPECTED_TYPE, INVALID_CBOR: what cannot be read changes nothing.
        if matches!(status, 0x01 | 0x11 | 0x12) {
            assert_eq!(self.mirror.commits(), commits, "status {status:#04x}");
        }
        let state = self.key.state();
        assert!(state.resident_count() <= self.abilities.capacity.max(prepared_count()));
        assert!(state.counter() >= counter || (code, status) == (0x07, 0), "the counter went back");
        self.note(code, request.get(1..).unwrap_or_default(), status, reply);
    }

    fn note(&mut self, code: u8, parameters: &[u8], status: u8, reply: &[u8]) {
        let map = match decode(parameters, Limits::CTAP_LENIENT) {
            Ok(Value::Map(map)) => map,
            _ => Map::new(),
        };
        let number = |key| map.get_int(key).and_then(Value::as_u64).and_then(|number| u8::try_from(number).ok());
        let subcommand = match code {
            0x06 | 0x09 | 0x40 => number(2),
            0x0a | 0x0d | 0x41 => number(1),
            0x0c => Some(if map.get_int(1).is_some() { 1 } else { 2 }),
            _ => None,
        };
        self.done.push(Done { code, subcommand: subcommand.unwrap_or_default(), status });
        if status != 0 {
            return;
        }
        match code {
            0x01 => self.learn_credential(&map, reply),
            0x09 | 0x40 if subcommand == Some(1) => self.learn_template(reply),
            _ => {}
        }
    }

    fn learn_credential(&mut self, request: &Map, reply: &[u8]) {
        let made = MakeCredential::decode_reply(reply, Strictness::Canonical).expect("the answer can be read");
        let data = made.authenticator_data(Strictness::Canonical).expect("and so can its data");
        let rp = request.get_int(2).and_then(Value::as_map).and_then(|rp| rp.get_text("id")).and_then(Value::as_text);
        assert_eq!(rp.map(|id| RpId::new(id).hash()), Some(data.rp_id_hash), "it was made for whom it was asked for");
        let attested = data.attested_credential.expect("a new credential is attested");
        self.known.credentials.push(attested.id.into_bytes());
    }

    fn learn_template(&mut self, reply: &[u8]) {
        let Ok(Value::Map(map)) = decode(reply.get(1..).unwrap_or_default(), Limits::CTAP) else { return };
        self.known.templates.extend(map.get_int(4).and_then(Value::as_bytes).map(<[u8]>::to_vec));
    }

    fn command<C: Command>(&mut self, command: &C) -> Option<C::Reply> {
        let reply = self.send(&command.encode());
        C::decode_reply(&reply, Strictness::Canonical).ok()
    }

    /// A fresh agreement; none where the key has not this protocol.
    pub(super) fn agree(&mut self, protocol: Protocol) -> Option<(KeyAgreementKey, SharedSecret)> {
        let theirs = self.command(&GetKeyAgreement { protocol })?.key;
        encapsulate(protocol, &theirs, &mut self.rng).ok()
    }

    /// A token by the right PIN, or by a wrong one.
    pub(crate) fn token(&mut self, protocol: Protocol, permissions: Option<u8>, rp: &str, wrong: bool) {
        let Some((key_agreement, shared)) = self.agree(protocol) else { return };
        let right = self.pin.as_ref().filter(|_| !wrong).map(Pin::hash);
        let hash = right.or_else(|| pin("wrong PIN").map(|pin| pin.hash())).expect("it is long enough");
        let pin_hash_enc = shared.encrypt_pin_hash(&hash, &mut self.rng);
        let reply = match permissions {
            Some(permissions) => self.command(&GetPinTokenWithPermissions {
                key_agreement,
                pin_hash_enc,
                permissions: Permissions(permissions.into()),
                rp_id: rp_id(permissions, rp),
                protocol,
            }),
            None => {
                self.command(&GetPinToken { key_agreement, pin_hash_enc, permissions: None, rp_id: None, protocol })
            }
        };
        self.keep(&shared, reply);
    }

    /// A token by finger.
    pub(crate) fn finger_token(&mut self, protocol: Protocol, permissions: u8, rp: &str) {
        let Some((key_agreement, shared)) = self.agree(protocol) else { return };
        let rp_id = rp_id(permissions, rp);
        let permissions = Permissions(permissions.into());
        let reply = self.command(&GetUvToken { key_agreement, permissions, rp_id, protocol });
        self.keep(&shared, reply);
    }

    fn keep(&mut self, shared: &SharedSecret, reply: Option<Token>) {
        let Some(reply) = reply else { return };
        let token = shared.decrypt_token(&reply.pin_uv_auth_token);
        self.token = Some(token.expect("a token was encrypted under the agreement"));
    }

    /// Sets a PIN, or changes it if there is one. The bytes are what stands in front of the padding.
    pub(crate) fn new_pin(&mut self, protocol: Protocol, bytes: &[u8]) {
        let Some((key_agreement, shared)) = self.agree(protocol) else { return };
        let mut padded = bytes.to_vec();
        padded.resize(64, 0);
        let new_pin_enc = shared.encrypt(&padded, &mut self.rng);
        let done = match &self.pin {
            None => {
                let pin_uv_auth_param = shared.authenticate(&new_pin_enc);
                self.command(&SetPin { key_agreement, new_pin_enc, pin_uv_auth_param, protocol })
            }
            Some(old) => {
                let pin_hash_enc = shared.encrypt_pin_hash(&old.hash(), &mut self.rng);
                let pin_uv_auth_param = shared.authenticate(&[new_pin_enc.as_slice(), &pin_hash_enc].concat());
                self.command(&ChangePin { key_agreement, pin_hash_enc, new_pin_enc, pin_uv_auth_param, protocol })
            }
        };
        if done.is_some() {
            self.pin = Some(Pin::from_padded(&padded).expect("the key took it as a PIN"));
        }
    }

    /// The store has what the key has, and the key still is one.
    pub(crate) fn finish(mut self) -> Vec<Done> {
        assert!(self.mirror.agrees_with(self.key.state()), "what is kept is not what is");
        self.restart();
        assert!(self.mirror.agrees_with(self.key.state()), "what was read is not what was kept");
        if self.abilities.ctap2 {
            self.command(&GetInfo).expect("a key says what it is, whatever happened to it");
        }
        self.done
    }
}

/// Which permissions are for an RP alone (§6.5.5.7).
fn rp_id(permissions: u8, rp: &str) -> Option<RpId> {
    (permissions & 0x03 != 0).then(|| RpId::new(rp))
}

fn pin(text: &str) -> Option<Pin> {
    Pin::new(text.to_owned()).ok()
}

/// A key may have been given more by another model.
const fn prepared_count() -> usize {
    super::prepared::RESIDENTS
}

fn powered(mirror: &Mirror, person: &Person, abilities: &Abilities, seed: u64, now: Millis) -> Authenticator {
    let parts = Parts {
        store: Box::new(mirror.clone()),
        rng: Box::new(SeededRng::new(seed)),
        signer: Box::new(SystemSigner::new()),
        strictness: Strictness::Canonical,
    };
    let mut key = Authenticator::power_up_as(parts, abilities.clone(), now).expect("the mirror never fails");
    key.set_sensor(Box::new(person.clone()));
    key
}
