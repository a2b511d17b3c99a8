//! authenticatorGetAssertion (§6.2). Step numbers are those of §6.2.2.
//!
//! There is no built-in user verification, no alwaysUv and no display, so their branches are absent or one refusal.

use fob_ambient::Millis;
use fob_ctap::auth_data::{AuthenticatorData, Flags};
use fob_ctap::client_pin::Permissions;
use fob_ctap::entity::{CredentialId, CredentialType, Descriptor, RpId, UserEntity};
use fob_ctap::extension::CredProtect;
use fob_ctap::get_assertion::{GetAssertion, Reply};
use fob_ctap::make_credential::Options;
use fob_ctap::{Command, Map, Status};

use super::{Continuation, Pending};
use crate::authenticator::{Caller, Step};
use crate::identity::MAX_CREDENTIAL_COUNT_IN_LIST;
use crate::state::Change;
use crate::user_verification::{Claim, Proof};
use crate::{Authenticator, CredentialKey, Reason};

/// A credential that may sign.
#[derive(Debug)]
pub(crate) enum Candidate {
    /// Kept by the key.
    Resident(CredentialId),
    /// Taken out of an id of the allow list.
    Sealed(CredentialId, CredentialKey),
}

/// What every assertion of one request has in common.
#[derive(Debug)]
pub(crate) struct Ground {
    client_data_hash: [u8; 32],
    rp_id_hash: [u8; 32],
    user_present: bool,
    user_verified: bool,
    /// Names of accounts are told only where the platform has to let the person choose, and only to a verified person.
    names: bool,
}

/// A request that has passed steps 1 to 8.
#[derive(Debug)]
pub(crate) struct Located {
    pub(crate) rp_id: RpId,
    ground: Ground,
    candidates: Vec<Candidate>,
    caller: Caller,
}

impl Authenticator {
    pub(super) fn get_assertion(&mut self, request: GetAssertion, caller: Caller, now: Millis) -> Result<Step, Status> {
        // Steps 1 and 2.
        let proof = Proof::read(request.pin_uv_auth_param, request.pin_uv_auth_protocol)?;
        if matches!(proof, Proof::Blink) {
            return Ok(self.ask(Reason::GetAssertion, Pending::Blink(request.rp_id), now));
        }
        // Step 4.
        let user_present = presence_wanted(request.options, &proof)?;
        // Step 6.
        let claim = Claim {
            client_data_hash: &request.client_data_hash,
            permission: Permissions::GET_ASSERTION,
            rp_id: &request.rp_id,
        };
        let user_verified = self.user_verified(&proof, &claim, now)?;
        // Step 7.
        let rp_id_hash = request.rp_id.hash();
        let candidates = self.locate(&rp_id_hash, &request.allow_list, user_verified)?;
        let ground = Ground {
            client_data_hash: request.client_data_hash,
            rp_id_hash,
            user_present,
            user_verified,
            names: user_verified && candidates.len() > 1,
        };
        let located = Located { rp_id: request.rp_id, ground, candidates, caller };
        // Step 9.
        if !user_present || self.touched_with(&proof) {
            return self.finish_get_assertion(located, now).map(Step::Reply);
        }
        Ok(self.ask(Reason::GetAssertion, Pending::GetAssertion(Box::new(located)), now))
    }

    /// Steps 9 (its end) to 13.
    pub(super) fn finish_get_assertion(&mut self, located: Located, now: Millis) -> Result<Vec<u8>, Status> {
        let Located { ground, candidates, caller, .. } = located;
        if ground.user_present {
            self.pins.spend_tokens();
        }
        let count = candidates.len() as u64;
        let mut candidates = candidates.into_iter();
        let first = candidates.next().ok_or(Status::NoCredentials)?;
        let mut reply = self.assertion(&ground, first)?;
        // Step 12: the rest is kept for getNextAssertion.
        if count > 1 {
            reply.number_of_credentials = Some(count);
            self.continuation = Some(Continuation::new(ground, candidates, caller, now));
        }
        Ok(GetAssertion::encode_reply(&reply))
    }

    /// Step 7: the credentials that may sign, best first; with an allow list, one (step 11).
    fn locate(
        &self,
        rp_id_hash: &[u8; 32],
        list: &[Descriptor],
        user_verified: bool,
    ) -> Result<Vec<Candidate>, Status> {
        if list.len() > MAX_CREDENTIAL_COUNT_IN_LIST {
            return Err(Status::LimitExceeded);
        }
        let candidates = match list {
            [] => self.discoverable(rp_id_hash, user_verified),
            list => self.first_of(rp_id_hash, list, user_verified).into_iter().collect(),
        };
        if candidates.is_empty() { Err(Status::NoCredentials) } else { Ok(candidates) }
    }

    /// Steps 7 and 12: discoverable ones, the newest first.
    fn discoverable(&self, rp_id_hash: &[u8; 32], user_verified: bool) -> Vec<Candidate> {
        let open = |level| user_verified || level == CredProtect::UserVerificationOptional;
        let mut found: Vec<_> = self.state.residents_of(rp_id_hash).filter(|one| open(one.protection)).collect();
        found.sort_by_key(|resident| std::cmp::Reverse(resident.created));
        found.into_iter().map(|resident| Candidate::Resident(resident.id.clone())).collect()
    }

    /// Steps 7 and 11: the first credential of the list that is here.
    fn first_of(&self, rp_id_hash: &[u8; 32], list: &[Descriptor], user_verified: bool) -> Option<Candidate> {
        let open = |level| user_verified || level != CredProtect::UserVerificationRequired;
        let ours = list.iter().filter(|entry| entry.credential_type == CredentialType::PublicKey);
        ours.map(|entry| &entry.id).find_map(|id| {
            if let Some(resident) = self.state.resident(rp_id_hash, id) {
                return open(resident.protection).then(|| Candidate::Resident(id.clone()));
            }
            let opened = self.state.device_key.open(rp_id_hash, id)?;
            open(opened.protection).then(|| Candidate::Sealed(id.clone(), opened.key))
        })
    }

    /// Step 13, for the first assertion and each further one. The counter is durable before the signature leaves.
    pub(super) fn assertion(&mut self, ground: &Ground, candidate: Candidate) -> Result<Reply, Status> {
        let counter = self.state.counter.saturating_add(1);
        self.commit(vec![Change::Counter(counter)])?;
        let flags =
            Flags::NONE.with(Flags::USER_PRESENT, ground.user_present).with(Flags::USER_VERIFIED, ground.user_verified);
        let data = AuthenticatorData {
            rp_id_hash: ground.rp_id_hash,
            flags,
            counter,
            attested_credential: None,
            extensions: None,
        };
        let auth_data = data.encode();
        let (id, signature, user) = match candidate {
            Candidate::Sealed(id, key) => (id, self.signed(&key, &auth_data, &ground.client_data_hash)?, None),
            Candidate::Resident(id) => {
                let resident = self.state.resident(&ground.rp_id_hash, &id).ok_or(Status::NoCredentials)?;
                let signature = self.signed(&resident.key, &auth_data, &ground.client_data_hash)?;
                let user = told(&resident.user, ground.names);
                (id, signature, Some(user))
            }
        };
        Ok(Reply {
            credential: Some(Descriptor::public_key(id)),
            auth_data,
            signature,
            user,
            number_of_credentials: None,
            user_selected: None,
            large_blob_key: None,
            unsigned_extension_outputs: Map::new(),
        })
    }

    /// The signature over authenticator data ‖ client data hash.
    pub(super) fn signed(&self, key: &CredentialKey, auth_data: &[u8], hash: &[u8; 32]) -> Result<Vec<u8>, Status> {
        let message = [auth_data, hash].concat();
        self.signer.sign(key, &message).map_err(|_| Status::Other)
    }
}

/// Step 4: whether the person has to be there.
fn presence_wanted(options: Options, proof: &Proof) -> Result<bool, Status> {
    // A proof makes "uv" false, whatever it says.
    if options.uv == Some(true) && matches!(proof, Proof::None) {
        return Err(Status::InvalidOption);
    }
    if options.rk.is_some() {
        return Err(Status::UnsupportedOption);
    }
    Ok(options.up.unwrap_or(true))
}

/// Step 12: of an account, its handle always, its names only where they may be told.
fn told(user: &UserEntity, names: bool) -> UserEntity {
    match names {
        true => user.clone(),
        false => UserEntity { id: user.id.clone(), name: None, display_name: None },
    }
}
