//! A small key with a PIN and credentials, as far as the flows need one. It signs nothing: what a signature says is
//! the relying party's business.

use std::sync::{Arc, Mutex};

use fob_ambient::SeededRng;
use fob_ctap::attestation::Statement;
use fob_ctap::auth_data::{AuthenticatorData, Flags};
use fob_ctap::client_pin::{ChangePin, GetKeyAgreement, GetPinRetries, GetPinToken, GetPinTokenWithPermissions};
use fob_ctap::client_pin::{ClientPin, KeyAgreement, Permissions, PinRetries, Token};
use fob_ctap::cose::KeyAgreementKey;
use fob_ctap::entity::{Descriptor, RpId};
use fob_ctap::extension::hmac_secret::HmacValues;
use fob_ctap::extension::sets::GetAssertionOutputs;
use fob_ctap::extension::{Extensions, HmacSecretInput};
use fob_ctap::get_assertion::{self, GetAssertion, GetNextAssertion};
use fob_ctap::get_info::{GetInfo, Info};
use fob_ctap::make_credential::{self, MakeCredential};
use fob_ctap::pin::{KeyAgreementSecret, Pin, PinUvAuthToken, Protocol, SharedSecret};
use fob_ctap::{Command, Map, Request, Status, Strictness};

use super::wire::{Brain, CBOR, KEEPALIVE, OURS, Timed, message, now};

/// What the test sets up and looks at afterwards.
pub(super) struct State {
    pub(super) info: Info,
    pub(super) pin: Option<String>,
    pub(super) retries: u8,
    /// Wrong ones since power came.
    pub(super) in_a_row: u8,
    pub(super) credentials: Vec<Vec<u8>>,
    /// What the assertions say about their number, if not the truth.
    pub(super) claimed: Option<u64>,
    /// Answered to makeCredential and getAssertion without proof.
    pub(super) without_proof: Option<Status>,
    /// New PINs that the key finds too simple.
    pub(super) too_simple: Vec<String>,
    /// What it computes secrets from, and how it answers with them.
    pub(super) secret: Option<([u8; 32], Answer)>,
    /// Requests in order.
    pub(super) requests: Vec<Request>,
}

/// How a key answers a question for a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// As it should.
    Honest,
    /// Without one.
    Nothing,
    /// With another one each time.
    Unsteady,
    /// With two, though one was asked for.
    Two,
    /// With bytes that no encrypting gives.
    Odd,
    /// For another RP.
    ForAnother,
    /// As if it had verified somebody, or had not.
    OtherFlag,
}

pub(super) type Shared = Arc<Mutex<State>>;

/// A key that knows PINs by both protocols and tokens with permissions.
pub(super) fn modern(pin: Option<&str>) -> State {
    let options = [("rk", true), ("clientPin", pin.is_some()), ("pinUvAuthToken", true)];
    State {
        info: Info {
            versions: vec!["FIDO_2_0".into(), "FIDO_2_1".into()],
            options: options.into_iter().collect(),
            pin_uv_auth_protocols: vec![2, 1],
            max_credential_count_in_list: Some(4),
            ..Info::default()
        },
        pin: pin.map(str::to_owned),
        retries: 8,
        in_a_row: 0,
        credentials: Vec::new(),
        claimed: None,
        without_proof: None,
        too_simple: Vec::new(),
        secret: None,
        requests: Vec::new(),
    }
}

/// A key of CTAP 2.0: protocol one, which it does not even say, no permissions, no limits.
pub(super) fn old(pin: Option<&str>) -> State {
    let mut state = modern(pin);
    state.info = Info {
        versions: vec!["FIDO_2_0".into()],
        options: [("clientPin", pin.is_some())].into_iter().collect(),
        ..Info::default()
    };
    state
}

pub(super) fn shared(state: State) -> Shared {
    Arc::new(Mutex::new(state))
}

/// The key itself, for as long as it has power.
pub(super) struct Authenticator {
    state: Shared,
    rng: SeededRng,
    agreement: KeyAgreementSecret,
    token: Option<(PinUvAuthToken, Option<Permissions>)>,
    more: Vec<Descriptor>,
}

impl Authenticator {
    pub(super) fn new(state: &Shared) -> Self {
        let mut rng = SeededRng::new(1);
        let agreement = KeyAgreementSecret::generate(&mut rng);
        Self { state: Arc::clone(state), rng, agreement, token: None, more: Vec::new() }
    }

    fn answer(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Status> {
        let request = Request::decode(bytes, Strictness::Canonical).map_err(|malformed| malformed.status())?;
        let state = Arc::clone(&self.state);
        let mut state = state.lock().unwrap();
        state.requests.push(request.clone());
        match request {
            Request::GetInfo => {
                let pin_set = state.pin.is_some();
                if state.info.options.is_known("clientPin") {
                    state.info.options.set("clientPin", pin_set);
                }
                Ok(GetInfo::encode_reply(&state.info))
            }
            Request::ClientPin(request) => self.client_pin(&mut state, request),
            Request::MakeCredential(request) => self.make(&state, &request),
            Request::GetAssertion(request) => self.get(&state, &request),
            Request::GetNextAssertion => match self.more.pop() {
                Some(credential) => Ok(GetNextAssertion::encode_reply(&assertion(Some(credential), None))),
                None => Err(Status::NotAllowed),
            },
            Request::Selection if state.info.versions.iter().any(|version| version == "FIDO_2_1") => Ok(vec![0]),
            _ => Err(Status::InvalidCommand),
        }
    }

    fn client_pin(&mut self, state: &mut State, request: ClientPin) -> Result<Vec<u8>, Status> {
        match request {
            ClientPin::GetPinRetries(_) => {
                let power_cycle_state = Some(state.in_a_row >= 3);
                Ok(GetPinRetries::encode_reply(&PinRetries { retries: state.retries, power_cycle_state }))
            }
            ClientPin::GetKeyAgreement(_) => {
                Ok(GetKeyAgreement::encode_reply(&KeyAgreement { key: self.agreement.public() }))
            }
            ClientPin::SetPin(request) => {
                let shared = self.shared(request.protocol, &request.key_agreement);
                assert!(shared.verify(&request.new_pin_enc, &request.pin_uv_auth_param));
                assert!(state.pin.is_none());
                keep(state, &shared.decrypt_pin(&request.new_pin_enc).unwrap())
            }
            ClientPin::ChangePin(ChangePin {
                key_agreement,
                pin_hash_enc,
                new_pin_enc,
                pin_uv_auth_param,
                protocol,
            }) => {
                let shared = self.shared(protocol, &key_agreement);
                assert!(shared.verify(&[new_pin_enc.as_slice(), &pin_hash_enc].concat(), &pin_uv_auth_param));
                self.check(state, &shared, &pin_hash_enc)?;
                keep(state, &shared.decrypt_pin(&new_pin_enc).unwrap())
            }
            ClientPin::GetPinToken(GetPinToken { key_agreement, pin_hash_enc, permissions, rp_id, protocol }) => {
                assert_eq!((permissions, rp_id), (None, None));
                assert!(!state.info.options.is_on("pinUvAuthToken"));
                self.give(state, protocol, &key_agreement, &pin_hash_enc, None)
            }
            ClientPin::GetPinTokenWithPermissions(request) => {
                let GetPinTokenWithPermissions { key_agreement, pin_hash_enc, permissions, rp_id, protocol } = request;
                assert!(rp_id.is_some() && state.info.options.is_on("pinUvAuthToken"));
                self.give(state, protocol, &key_agreement, &pin_hash_enc, Some(permissions))
            }
            ClientPin::GetUvToken(_) | ClientPin::GetUvRetries(_) => Err(Status::InvalidSubcommand),
        }
    }

    fn give(
        &mut self,
        state: &mut State,
        protocol: Protocol,
        key: &KeyAgreementKey,
        pin_hash_enc: &[u8],
        permissions: Option<Permissions>,
    ) -> Result<Vec<u8>, Status> {
        let shared = self.shared(protocol, key);
        self.check(state, &shared, pin_hash_enc)?;
        let token = PinUvAuthToken::generate(protocol, &mut self.rng);
        let pin_uv_auth_token = shared.encrypt_token(&token, &mut self.rng);
        self.token = Some((token, permissions));
        Ok(GetPinToken::encode_reply(&Token { pin_uv_auth_token }))
    }

    fn shared(&self, protocol: Protocol, key: &KeyAgreementKey) -> SharedSecret {
        self.agreement.shared_secret(protocol, key).unwrap()
    }

    /// The order of §6.5.5.7.1: blocked, power cycle, one try less, compare.
    fn check(&mut self, state: &mut State, shared: &SharedSecret, pin_hash_enc: &[u8]) -> Result<(), Status> {
        if state.retries == 0 {
            return Err(Status::PinBlocked);
        }
        if state.in_a_row >= 3 {
            return Err(Status::PinAuthBlocked);
        }
        let pin = Pin::new(state.pin.clone().ok_or(Status::PinNotSet)?).unwrap();
        state.retries -= 1;
        if shared.decrypt_pin_hash(pin_hash_enc).unwrap().matches(&pin.hash()) {
            (state.retries, state.in_a_row) = (8, 0);
            return Ok(());
        }
        self.agreement = KeyAgreementSecret::generate(&mut self.rng);
        state.in_a_row += 1;
        Err(match (state.retries, state.in_a_row) {
            (0, _) => Status::PinBlocked,
            (_, 3..) => Status::PinAuthBlocked,
            _ => Status::PinInvalid,
        })
    }

    fn is_proven(&self, wanted: Permissions, hash: &[u8], param: Option<&[u8]>, protocol: Option<u64>) -> bool {
        let (Some(param), Some((token, permissions))) = (param, &self.token) else { return false };
        assert_eq!(protocol, Some(token.protocol().number()));
        assert!(permissions.is_none_or(|permissions| permissions.contains(wanted)));
        assert!(token.verify(hash, param));
        true
    }

    fn make(&self, state: &State, request: &MakeCredential) -> Result<Vec<u8>, Status> {
        if request.pin_uv_auth_param.as_deref() == Some(&[]) {
            return Err(if state.pin.is_some() { Status::PinInvalid } else { Status::PinNotSet });
        }
        let (param, protocol) = (request.pin_uv_auth_param.as_deref(), request.pin_uv_auth_protocol);
        let proven = self.is_proven(Permissions::MAKE_CREDENTIAL, &request.client_data_hash, param, protocol);
        if let (false, Some(status)) = (proven, state.without_proof) {
            return Err(status);
        }
        let excluded = self.listed(state, &request.exclude_list)?;
        if !excluded.is_empty() {
            return Err(Status::CredentialExcluded);
        }
        Ok(MakeCredential::encode_reply(&make_credential::Reply {
            statement: Statement::None,
            auth_data: vec![u8::from(proven)],
            ep_att: None,
            large_blob_key: None,
            unsigned_extension_outputs: Map::new(),
        }))
    }

    fn get(&mut self, state: &State, request: &GetAssertion) -> Result<Vec<u8>, Status> {
        let (param, protocol) = (request.pin_uv_auth_param.as_deref(), request.pin_uv_auth_protocol);
        let proven = self.is_proven(Permissions::GET_ASSERTION, &request.client_data_hash, param, protocol);
        if let (false, Some(status), None) = (proven, state.without_proof, request.options.up) {
            return Err(status);
        }
        let mut found = if request.allow_list.is_empty() {
            state.credentials.iter().map(|id| Descriptor::public_key(id.clone())).collect()
        } else {
            self.listed(state, &request.allow_list)?.into_iter().take(1).collect::<Vec<_>>()
        };
        let first = found.pop().ok_or(Status::NoCredentials)?;
        let count = state.claimed.or((!found.is_empty()).then_some(found.len() as u64 + 1));
        self.more = found;
        // CTAP 2.0 lets a key leave the name out where there is only one.
        let credential = (request.allow_list.len() != 1).then_some(first);
        let mut reply = assertion(credential, count);
        if let Some(input) = request.extensions.hmac_secret().unwrap() {
            let by_finger = state.info.options.is_on("uv") && request.options.uv == Some(true);
            reply.auth_data = self.secret(state, request, &input, proven || by_finger);
        }
        Ok(GetAssertion::encode_reply(&reply))
    }

    /// Authenticator data with what was computed (§12.7).
    fn secret(&mut self, state: &State, request: &GetAssertion, input: &HmacSecretInput, verified: bool) -> Vec<u8> {
        let (cred_random, answer) = state.secret.unwrap();
        let number = input.pin_uv_auth_protocol.unwrap_or(1);
        let protocol = [Protocol::One, Protocol::Two].into_iter().find(|protocol| protocol.number() == number).unwrap();
        let shared = self.shared(protocol, &input.key_agreement);
        let salts = input.open(&shared).unwrap();
        assert!(salts.second().is_none());
        let salts = match answer {
            Answer::Two => HmacValues::new(salts.first(), Some(salts.first())),
            Answer::Unsteady => HmacValues::new(&fob_ambient::Rng::bytes(&mut self.rng), None),
            _ => salts,
        };
        let mut sealed = salts.answer(&cred_random).seal(&shared, &mut self.rng);
        if answer == Answer::Odd {
            sealed.pop();
        }
        let rp_id = if answer == Answer::ForAnother { RpId::new("other.example") } else { request.rp_id.clone() };
        let flags = Flags::USER_PRESENT.with(Flags::USER_VERIFIED, verified != (answer == Answer::OtherFlag));
        let mut data = AuthenticatorData::new(&rp_id, flags, 1);
        if answer != Answer::Nothing {
            let outputs = GetAssertionOutputs { hmac_secret: Some(sealed), ..GetAssertionOutputs::default() };
            data.extensions = Some(Extensions::from(&outputs).into_map());
        }
        data.encode()
    }

    /// Those of the list that this key has. Longer lists than it takes are refused.
    #[allow(clippy::unused_self, reason = "reads like the key's own")]
    fn listed(&self, state: &State, list: &[Descriptor]) -> Result<Vec<Descriptor>, Status> {
        let most = state.info.max_credential_count_in_list.unwrap_or(1);
        if list.len() as u64 > most {
            return Err(Status::LimitExceeded);
        }
        assert!(list.iter().all(|descriptor| descriptor.transports.is_empty()), "some keys choke on hints");
        let known = |descriptor: &&Descriptor| state.credentials.iter().any(|id| id == descriptor.id.as_bytes());
        Ok(list.iter().filter(known).cloned().collect())
    }
}

fn keep(state: &mut State, pin: &Pin) -> Result<Vec<u8>, Status> {
    if state.too_simple.iter().any(|simple| simple == pin.expose()) {
        return Err(Status::PinPolicyViolation);
    }
    state.pin = Some(pin.expose().to_owned());
    state.info.force_pin_change = None;
    Ok(vec![0])
}

fn assertion(credential: Option<Descriptor>, number_of_credentials: Option<u64>) -> get_assertion::Reply {
    get_assertion::Reply {
        credential,
        auth_data: vec![0; 37],
        signature: vec![1],
        user: None,
        number_of_credentials,
        user_selected: None,
        large_blob_key: None,
        unsigned_extension_outputs: Map::new(),
    }
}

impl Brain for Authenticator {
    fn cbor(&mut self, request: &[u8]) -> Vec<Timed> {
        let needs_touch = matches!(request, [0x01 | 0x02 | 0x0b, ..]);
        let answer = self.answer(request).unwrap_or_else(Status::encode);
        let mut reports = Vec::new();
        if needs_touch {
            reports.extend(message(OURS, KEEPALIVE, &[2]).into_iter().map(|report| (50, report)));
        }
        reports.extend(now(message(OURS, CBOR, &answer)));
        reports
    }
}
