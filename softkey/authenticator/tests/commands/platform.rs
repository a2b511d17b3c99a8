//! A platform with a key in it: requests are encoded and replies decoded, touches answered, time and storage steered.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use fob_ambient::{Millis, SeededRng};
use fob_authenticator::{
    Abilities, Authenticator, Caller, Changes, FingerSample, Parts, Presence, RepeatableSigner, Sensor, State, Step,
    Store, StoreError,
};
use fob_ctap::client_pin::{
    ChangePin, GetKeyAgreement, GetPinRetries, GetPinTokenWithPermissions, GetUvToken, Permissions, PinRetries, SetPin,
};
use fob_ctap::cose::{Algorithm, KeyAgreementKey, PublicKey};
use fob_ctap::entity::{CredentialParameters, Descriptor, RpEntity, RpId, UserEntity, UserHandle};
use fob_ctap::extension::Extensions;
use fob_ctap::get_assertion::{self, GetAssertion};
use fob_ctap::get_info::{GetInfo, Info};
use fob_ctap::make_credential::{self, MakeCredential, Options};
use fob_ctap::pin::{Pin, PinUvAuthToken, Protocol, SharedSecret, encapsulate};
use fob_ctap::subcommand::{Call, Subcommand};
use fob_ctap::{Command, ReplyError, Status, Strictness};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

pub(crate) const RP: &str = "site.example";
pub(crate) const PIN: &str = "1234";
pub(crate) const HASH: [u8; 32] = [7; 32];
pub(crate) const ALL: Permissions = Permissions(Permissions::MAKE_CREDENTIAL.0 | Permissions::GET_ASSERTION.0);

/// A disk that remembers bytes, counts writes and fails on demand.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tape(Arc<Mutex<Reel>>);

#[derive(Debug, Default)]
struct Reel {
    kept: Option<Vec<u8>>,
    writes: usize,
    cut: Option<(usize, Cut)>,
}

/// When the power goes: before the new state is in place, or after it but before anybody hears of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    Before,
    After,
}

impl Tape {
    /// How often something was written.
    pub(crate) fn writes(&self) -> usize {
        self.0.lock().unwrap().writes
    }

    /// The `nth` write from now on, and all after it, fail like this.
    pub(crate) fn cut_at(&self, nth: usize, cut: Cut) {
        let mut reel = self.0.lock().unwrap();
        reel.cut = Some((reel.writes + nth, cut));
    }

    /// Writes succeed again.
    pub(crate) fn mend(&self) {
        self.0.lock().unwrap().cut = None;
    }
}

impl Tape {
    fn write(&self, bytes: impl FnOnce(Option<&[u8]>) -> Vec<u8>) -> Result<(), StoreError> {
        let mut reel = self.0.lock().unwrap();
        let number = reel.writes;
        reel.writes += 1;
        let cut = reel.cut.filter(|(at, _)| number >= *at);
        // Only the first write that fails may still have reached the disk.
        let lost = cut.is_some_and(|(at, cut)| cut == Cut::Before || number > at);
        if !lost {
            reel.kept = Some(bytes(reel.kept.as_deref()));
        }
        if cut.is_some() {
            let source = std::io::Error::other("power cut");
            return Err(StoreError::Io { doing: "write", path: "tape".into(), source });
        }
        Ok(())
    }
}

impl Store for Tape {
    fn load(&mut self) -> Result<Option<State>, StoreError> {
        Ok(self.0.lock().unwrap().kept.as_deref().map(|bytes| State::decode(bytes).unwrap()))
    }

    fn create(&mut self, state: &State) -> Result<(), StoreError> {
        self.write(|_| state.encode().to_vec())
    }

    fn commit(&mut self, _: &State, changes: &Changes) -> Result<(), StoreError> {
        self.write(|kept| {
            let mut state = State::decode(kept.unwrap()).unwrap();
            state.apply(Changes::decode(&changes.encode()).unwrap());
            state.encode().to_vec()
        })
    }
}

/// A platform, its person, and the key between them.
pub(crate) struct Platform {
    pub(crate) key: Authenticator,
    pub(crate) tape: Tape,
    pub(crate) now: Millis,
    /// What the person does when asked.
    pub(crate) person: Presence,
    /// How often they were asked.
    pub(crate) asked: usize,
    pub(crate) caller: Caller,
    /// What lies on the sensor next; finger 1 when there is nothing more.
    pub(crate) fingers: Fingers,
    abilities: Abilities,
    rng: SeededRng,
}

/// A sensor that follows a script.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fingers(Arc<Mutex<VecDeque<FingerSample>>>);

impl Fingers {
    pub(crate) fn script(&self, samples: impl IntoIterator<Item = FingerSample>) {
        self.0.lock().unwrap().extend(samples);
    }
}

impl Sensor for Fingers {
    fn sample(&mut self) -> FingerSample {
        self.0.lock().unwrap().pop_front().unwrap_or(FingerSample::Good { finger: 1 })
    }
}

impl Platform {
    /// A new key.
    pub(crate) fn new() -> Self {
        Self::seeded(1)
    }

    pub(crate) fn seeded(seed: u64) -> Self {
        Self::able(seed, Abilities::default())
    }

    /// A new key that can do this.
    pub(crate) fn with(abilities: Abilities) -> Self {
        Self::able(1, abilities)
    }

    fn able(seed: u64, abilities: Abilities) -> Self {
        let (tape, fingers) = (Tape::default(), Fingers::default());
        Self {
            key: powered(&tape, seed, Millis(0), &abilities, &fingers),
            tape,
            fingers,
            abilities,
            now: Millis(0),
            person: Presence::Touched,
            asked: 0,
            caller: Caller(1),
            rng: SeededRng::new(99),
        }
    }

    /// A new key with a PIN.
    pub(crate) fn with_pin() -> Self {
        let mut platform = Self::new();
        platform.set_pin(Protocol::Two, PIN).unwrap();
        platform
    }

    /// The process dies and another one starts with what the tape has.
    pub(crate) fn restart(&mut self) {
        self.tape.mend();
        let seed = 1000 + self.tape.writes() as u64;
        self.key = powered(&self.tape, seed, self.now, &self.abilities, &self.fingers);
    }

    pub(crate) fn wait(&mut self, length: u64) {
        self.now = self.now.plus(Millis(length));
    }

    /// Sends bytes, lets the person answer, gives the reply's bytes.
    pub(crate) fn raw(&mut self, request: &[u8]) -> Vec<u8> {
        let mut step = self.key.request(request, self.caller, self.now);
        // Nobody is asked for more than five fingers.
        for _ in 0..6 {
            match step {
                Step::Reply(reply) => return reply,
                Step::AskPresence(ask) => {
                    assert!(ask.deadline <= self.now.plus(Millis(30_000)));
                    self.asked += 1;
                    step = self.key.presence(self.person, self.now);
                }
            }
        }
        panic!("the key never stops asking");
    }

    pub(crate) fn send<C: Command>(&mut self, command: &C) -> Result<C::Reply, Status> {
        let reply = self.raw(&command.encode());
        C::decode_reply(&reply, Strictness::Canonical).map_err(|error| match error {
            ReplyError::Status(status) => status,
            ReplyError::Malformed(malformed) => panic!("the key answered nonsense: {malformed}"),
        })
    }

    /// A key agreement: our half, the secret.
    pub(crate) fn agree(&mut self, protocol: Protocol) -> (KeyAgreementKey, SharedSecret) {
        let theirs = self.send(&GetKeyAgreement { protocol }).unwrap().key;
        encapsulate(protocol, &theirs, &mut self.rng).unwrap()
    }

    pub(crate) fn set_pin(&mut self, protocol: Protocol, pin: &str) -> Result<(), Status> {
        let mut padded = pin.as_bytes().to_vec();
        padded.resize(64, 0);
        self.set_padded_pin(protocol, &padded)
    }

    pub(crate) fn set_padded_pin(&mut self, protocol: Protocol, padded: &[u8]) -> Result<(), Status> {
        let (key_agreement, shared) = self.agree(protocol);
        let new_pin_enc = shared.encrypt(padded, &mut self.rng);
        let pin_uv_auth_param = shared.authenticate(&new_pin_enc);
        self.send(&SetPin { key_agreement, new_pin_enc, pin_uv_auth_param, protocol })
    }

    pub(crate) fn change_pin(&mut self, protocol: Protocol, old: &str, new: &str) -> Result<(), Status> {
        let (key_agreement, shared) = self.agree(protocol);
        let mut padded = new.as_bytes().to_vec();
        padded.resize(64, 0);
        let new_pin_enc = shared.encrypt(&padded, &mut self.rng);
        let pin_hash_enc = shared.encrypt_pin_hash(&pin(old).hash(), &mut self.rng);
        let pin_uv_auth_param = shared.authenticate(&[new_pin_enc.as_slice(), &pin_hash_enc].concat());
        self.send(&ChangePin { key_agreement, pin_hash_enc, new_pin_enc, pin_uv_auth_param, protocol })
    }

    pub(crate) fn token(
        &mut self,
        protocol: Protocol,
        with: &str,
        permissions: Permissions,
        rp_id: Option<&str>,
    ) -> Result<PinUvAuthToken, Status> {
        let (key_agreement, shared) = self.agree(protocol);
        let pin_hash_enc = shared.encrypt_pin_hash(&pin(with).hash(), &mut self.rng);
        let rp_id = rp_id.map(RpId::new);
        let command = GetPinTokenWithPermissions { key_agreement, pin_hash_enc, permissions, rp_id, protocol };
        let reply = self.send(&command)?;
        Ok(shared.decrypt_token(&reply.pin_uv_auth_token).unwrap())
    }

    /// `pinHashEnc` under a fresh agreement, for commands that a test puts together itself.
    pub(crate) fn pin_hash(&mut self, protocol: Protocol, with: &str) -> (KeyAgreementKey, Vec<u8>, SharedSecret) {
        let (key_agreement, shared) = self.agree(protocol);
        let pin_hash_enc = shared.encrypt_pin_hash(&pin(with).hash(), &mut self.rng);
        (key_agreement, pin_hash_enc, shared)
    }

    pub(crate) fn retries(&mut self) -> PinRetries {
        self.send(&GetPinRetries { protocol: None }).unwrap()
    }

    /// A command with the proof of this token.
    pub(crate) fn call<S: Subcommand>(&mut self, subcommand: S, token: &PinUvAuthToken) -> Result<S::Reply, Status> {
        self.send(&Call::proven(subcommand, token))
    }

    /// A command without a proof.
    pub(crate) fn bare<S: Subcommand>(&mut self, subcommand: S) -> Result<S::Reply, Status> {
        self.send(&Call::bare(subcommand))
    }

    /// A token by finger.
    pub(crate) fn uv_token(&mut self, permissions: Permissions, rp_id: Option<&str>) -> Result<PinUvAuthToken, Status> {
        let protocol = Protocol::Two;
        let (key_agreement, shared) = self.agree(protocol);
        let command = GetUvToken { key_agreement, permissions, rp_id: rp_id.map(RpId::new), protocol };
        let reply = self.send(&command)?;
        Ok(shared.decrypt_token(&reply.pin_uv_auth_token).unwrap())
    }

    /// What the key says of itself.
    pub(crate) fn info(&mut self) -> Info {
        self.send(&GetInfo).unwrap()
    }

    /// Registers, with a fresh token if the key has a PIN, and checks the self attestation.
    pub(crate) fn register(&mut self, mut request: MakeCredential, uv: bool) -> Result<Credential, Status> {
        if uv {
            let rp_id = request.rp.id.as_str().to_owned();
            let token = self.token(Protocol::Two, PIN, ALL, Some(&rp_id))?;
            prove(&mut request.pin_uv_auth_param, &mut request.pin_uv_auth_protocol, &token);
        }
        let reply = self.send(&request)?;
        Ok(Credential::checked(&reply))
    }

    pub(crate) fn sign_in(&mut self, mut request: GetAssertion, uv: bool) -> Result<get_assertion::Reply, Status> {
        if uv {
            let rp_id = request.rp_id.as_str().to_owned();
            let token = self.token(Protocol::Two, PIN, ALL, Some(&rp_id))?;
            prove(&mut request.pin_uv_auth_param, &mut request.pin_uv_auth_protocol, &token);
        }
        self.send(&request)
    }
}

/// A credential as its relying party knows it.
#[derive(Debug, Clone)]
pub(crate) struct Credential {
    pub(crate) descriptor: Descriptor,
    pub(crate) public_key: Vec<u8>,
    pub(crate) counter: u32,
    pub(crate) auth_data: Vec<u8>,
}

impl Credential {
    pub(crate) fn checked(reply: &make_credential::Reply) -> Self {
        let data = reply.authenticator_data(Strictness::Canonical).unwrap();
        let attested = data.attested_credential.unwrap();
        let PublicKey::Es256(point) = attested.public_key else { panic!("not ES256") };
        let fob_ctap::attestation::Statement::Packed(packed) = &reply.statement else { panic!("not packed") };
        assert!(packed.certificates.is_empty());
        assert_eq!(packed.algorithm, Algorithm::ES256);
        let credential = Self {
            descriptor: Descriptor::public_key(attested.id),
            public_key: point.to_sec1().to_vec(),
            counter: data.counter,
            auth_data: reply.auth_data.clone(),
        };
        credential.verify(&reply.auth_data, &packed.signature);
        credential
    }

    /// ring says whether the signature is this credential's.
    pub(crate) fn verify(&self, auth_data: &[u8], signature: &[u8]) {
        let message = [auth_data, &HASH].concat();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.public_key).verify(&message, signature).unwrap();
    }
}

pub(crate) fn registration() -> MakeCredential {
    MakeCredential {
        client_data_hash: HASH,
        rp: RpEntity { id: RpId::new(RP), name: None },
        user: user(1),
        pub_key_cred_params: vec![CredentialParameters::public_key(Algorithm::ES256)],
        exclude_list: Vec::new(),
        extensions: Extensions::default(),
        options: Options::default(),
        pin_uv_auth_param: None,
        pin_uv_auth_protocol: None,
        enterprise_attestation: None,
        attestation_formats_preference: Vec::new(),
    }
}

pub(crate) fn resident(number: u8) -> MakeCredential {
    let options = Options { rk: Some(true), ..Options::default() };
    MakeCredential { user: user(number), options, ..registration() }
}

pub(crate) fn assertion(allowed: &[&Credential]) -> GetAssertion {
    GetAssertion {
        rp_id: RpId::new(RP),
        client_data_hash: HASH,
        allow_list: allowed.iter().map(|credential| credential.descriptor.clone()).collect(),
        extensions: Extensions::default(),
        options: Options::default(),
        pin_uv_auth_param: None,
        pin_uv_auth_protocol: None,
    }
}

pub(crate) fn user(number: u8) -> UserEntity {
    let name = |what: &str| Some(format!("{what} {number}"));
    UserEntity { id: UserHandle::new([number]).unwrap(), name: name("account"), display_name: name("Person") }
}

pub(crate) fn pin(text: &str) -> Pin {
    Pin::new(text.to_owned()).unwrap()
}

/// Puts a token's proof over [`HASH`] into a request.
pub(crate) fn prove(param: &mut Option<Vec<u8>>, protocol: &mut Option<u64>, token: &PinUvAuthToken) {
    *param = Some(token.authenticate(&HASH));
    *protocol = Some(token.protocol().number());
}

fn powered(tape: &Tape, seed: u64, now: Millis, abilities: &Abilities, fingers: &Fingers) -> Authenticator {
    let parts = Parts {
        store: Box::new(tape.clone()),
        rng: Box::new(SeededRng::new(seed)),
        signer: Box::new(RepeatableSigner),
        strictness: Strictness::Canonical,
    };
    let mut key = Authenticator::power_up_as(parts, abilities.clone(), now).unwrap();
    key.set_sensor(Box::new(fingers.clone()));
    key
}
