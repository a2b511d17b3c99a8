//! authenticatorGetAssertion (§6.2). Step numbers are those of §6.2.2. There is no display, so its branches are absent.

use fob_ambient::{Millis, Rng};
use fob_ctap::auth_data::{AuthenticatorData, Flags};
use fob_ctap::client_pin::Permissions;
use fob_ctap::entity::{CredentialId, CredentialType, Descriptor, RpId, UserEntity};
use fob_ctap::extension::large_blob::{LargeBlobRequest, LargeBlobResult};
use fob_ctap::extension::sets::{GetAssertionInputs, GetAssertionUnsignedOutputs};
use fob_ctap::extension::{CredProtect, Extensions};
use fob_ctap::get_assertion::{GetAssertion, Reply};
use fob_ctap::make_credential::Options;
use fob_ctap::{Command, Map, Status};

use super::get_next_assertion::Continuation;
use super::{Pending, Sequence, Then};
use crate::authenticator::{Caller, Step};
use crate::credential_secrets::large_blob_key;
use crate::extensions::{Salts, get_outputs};
use crate::sealed_id::Sealed;
use crate::state::{Change, Extras, Packed};
use crate::user_verification::{Claim, Proof, Verified};
use crate::{Authenticator, CredentialKey, Edition, Reason};

/// A credential that may sign.
#[derive(Debug)]
pub(crate) enum Candidate {
    /// Kept by the key.
    Resident(CredentialId),
    /// Taken out of an id of the allow list.
    Sealed(CredentialId, Sealed),
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
    /// Whether the platform named the credential. A large blob is written for no other (§12.4).
    listed: bool,
    inputs: GetAssertionInputs,
    salts: Option<Salts>,
}

/// A request that has passed steps 1 to 5.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) rp_id: RpId,
    client_data_hash: [u8; 32],
    allow_list: Vec<Descriptor>,
    extensions: Extensions,
    user_present: bool,
    caller: Caller,
}

/// A request that has passed steps 1 to 8.
#[derive(Debug)]
pub(crate) struct Located {
    pub(crate) rp_id: RpId,
    client_data_hash: [u8; 32],
    rp_id_hash: [u8; 32],
    user_present: bool,
    user_verified: bool,
    listed: bool,
    inputs: GetAssertionInputs,
    candidates: Vec<Candidate>,
    caller: Caller,
}

impl Authenticator {
    pub(super) fn get_assertion(&mut self, request: GetAssertion, caller: Caller, now: Millis) -> Result<Step, Status> {
        // Steps 1 and 2.
        let proof = self.proof(request.pin_uv_auth_param, request.pin_uv_auth_protocol)?;
        if matches!(proof, Proof::Blink) {
            return Ok(self.ask(Reason::GetAssertion, Pending::Blink(request.rp_id), now));
        }
        // Step 4.
        let finger = self.finger_wanted(request.options.uv, &proof)?;
        let user_present = presence_wanted(request.options)?;
        // Step 5: a silent look is no sign-in.
        let finger = if user_present { self.finger_demanded(finger, &proof)? } else { finger };
        // Step 6.
        let claim = Claim {
            client_data_hash: &request.client_data_hash,
            permission: Permissions::GET_ASSERTION,
            rp_id: &request.rp_id,
        };
        let verified = self.judged(&proof, &claim, now)?;
        let prepared = Prepared {
            rp_id: request.rp_id,
            client_data_hash: request.client_data_hash,
            allow_list: request.allow_list,
            extensions: request.extensions,
            user_present,
            caller,
        };
        match finger {
            true => self.verify(Then::GetAssertion(Box::new(prepared)), now),
            false => self.get_assertion_verified(prepared, verified, now),
        }
    }

    /// Steps 7 to 9.
    pub(super) fn get_assertion_verified(
        &mut self,
        prepared: Prepared,
        verified: Verified,
        now: Millis,
    ) -> Result<Step, Status> {
        let Prepared { rp_id, client_data_hash, allow_list, extensions, user_present, caller } = prepared;
        let rp_id_hash = rp_id.hash();
        let candidates = self.locate(&rp_id_hash, &allow_list, verified.user_verified)?;
        let inputs = self.get_inputs(&extensions)?;
        check_inputs(&inputs, user_present)?;
        let located = Located {
            rp_id,
            client_data_hash,
            rp_id_hash,
            user_present,
            user_verified: verified.user_verified,
            listed: !allow_list.is_empty(),
            inputs,
            candidates,
            caller,
        };
        // Step 9.
        if !user_present || verified.touched {
            return self.finish_get_assertion(located, now).map(Step::Reply);
        }
        Ok(self.ask(Reason::GetAssertion, Pending::GetAssertion(Box::new(located)), now))
    }

    /// Steps 9 (its end) to 13.
    pub(super) fn finish_get_assertion(&mut self, located: Located, now: Millis) -> Result<Vec<u8>, Status> {
        let salts = located.inputs.hmac_secret.as_ref().map(|input| self.salts(input)).transpose()?;
        let ground = Ground {
            client_data_hash: located.client_data_hash,
            rp_id_hash: located.rp_id_hash,
            user_present: located.user_present,
            user_verified: located.user_verified,
            names: located.user_verified && located.candidates.len() > 1,
            listed: located.listed,
            inputs: located.inputs,
            salts,
        };
        if ground.user_present {
            self.pins.spend_tokens();
        }
        let count = located.candidates.len() as u64;
        let mut candidates = located.candidates.into_iter();
        let first = candidates.next().ok_or(Status::NoCredentials)?;
        let mut reply = self.assertion(&ground, first)?;
        // Step 12: the rest is kept for getNextAssertion.
        if count > 1 {
            reply.number_of_credentials = Some(count);
            self.sequence =
                Some(Sequence::Assertions(Box::new(Continuation::new(ground, candidates, located.caller, now))));
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
        if list.len() > self.abilities.list_limit() {
            return Err(Status::LimitExceeded);
        }
        let candidates = match list {
            [] => self.discoverable(rp_id_hash, user_verified),
            list => self.of_list(rp_id_hash, list, user_verified).take(self.most_of_list()).collect(),
        };
        if candidates.is_empty() { Err(Status::NoCredentials) } else { Ok(candidates) }
    }

    /// Steps 7 and 12: discoverable ones, the newest first.
    fn discoverable(&self, rp_id_hash: &[u8; 32], user_verified: bool) -> Vec<Candidate> {
        let open = |level| user_verified || level == CredProtect::UserVerificationOptional;
        let theirs = self.state.residents.of_rp(rp_id_hash).map(Packed::read);
        let mut found: Vec<_> = theirs.filter(|one| open(one.protection)).collect();
        found.sort_by_key(|one| std::cmp::Reverse(one.created));
        found.into_iter().map(|one| Candidate::Resident(one.id.into())).collect()
    }

    /// Step 11: how many credentials of a list sign. In CTAP 2.0 all of them did, one after the other.
    fn most_of_list(&self) -> usize {
        if self.abilities.edition == Edition::Ctap20 { usize::MAX } else { 1 }
    }

    /// Step 7: the credentials of the list that are here, in its order.
    fn of_list(
        &self,
        rp_id_hash: &[u8; 32],
        list: &[Descriptor],
        user_verified: bool,
    ) -> impl Iterator<Item = Candidate> {
        let open = move |level| user_verified || level != CredProtect::UserVerificationRequired;
        let ours = list.iter().filter(|entry| entry.credential_type == CredentialType::PublicKey);
        ours.map(|entry| &entry.id).filter_map(move |id| {
            if let Some(protection) = self.state.protection_of(rp_id_hash, id) {
                return open(protection).then(|| Candidate::Resident(id.clone()));
            }
            let opened = self.state.device_key.open(rp_id_hash, id)?;
            open(opened.protection).then(|| Candidate::Sealed(id.clone(), opened))
        })
    }

    /// Step 13, for the first assertion and each further one. The counter is durable before the signature leaves.
    pub(super) fn assertion(&mut self, ground: &Ground, candidate: Candidate) -> Result<Reply, Status> {
        let counter = self.state.counter.saturating_add(1);
        let mut changes = vec![Change::Counter(counter)];
        let unsigned = self.large_blob(ground, &candidate, &mut changes);
        self.commit(changes)?;
        let base = self.flags(ground.user_present, ground.user_verified);
        let reply = match candidate {
            Candidate::Sealed(id, sealed) => {
                let extras = Extras { third_party_payment: sealed.third_party_payment, ..Extras::default() };
                let extensions = outputs(ground, &sealed.key, &extras, &mut *self.rng);
                let auth_data = asserted(ground, base, counter, extensions);
                let signature = self.signed(&sealed.key, &auth_data, &ground.client_data_hash)?;
                reply(id, auth_data, signature)
            }
            Candidate::Resident(id) => {
                let resident = self.state.resident(&ground.rp_id_hash, &id).ok_or(Status::NoCredentials)?;
                let extensions = outputs(ground, &resident.key, &resident.extras, &mut *self.rng);
                let auth_data = asserted(ground, base, counter, extensions);
                let signature = self.signed(&resident.key, &auth_data, &ground.client_data_hash)?;
                let blob_key = ground.inputs.large_blob_key == Some(true) && resident.extras.large_blob_key;
                Reply {
                    user: Some(told(&resident.user, ground.names)),
                    large_blob_key: blob_key.then(|| large_blob_key(&resident.key)),
                    ..reply(id, auth_data, signature)
                }
            }
        };
        Ok(Reply { unsigned_extension_outputs: unsigned, ..reply })
    }

    /// largeBlob (§12.4): read, or written beside the counter.
    fn large_blob(&self, ground: &Ground, candidate: &Candidate, changes: &mut Vec<Change>) -> Map {
        let Candidate::Resident(id) = candidate else { return Map::new() };
        let resident = self.state.resident(&ground.rp_id_hash, id);
        let Some((request, resident)) = ground.inputs.large_blob.as_ref().zip(resident) else {
            return Map::new();
        };
        let large_blob = match request {
            LargeBlobRequest::Read => resident.extras.large_blob.map(LargeBlobResult::Blob),
            LargeBlobRequest::Write(blob) => {
                let room = self.abilities.large_blobs.per_credential().unwrap_or(0);
                let written = blob.packed.len() <= room && ground.user_present && ground.listed;
                if written {
                    changes.push(Change::Put(Packed::from(&resident.with_large_blob(blob.clone()))));
                }
                Some(LargeBlobResult::Written(written))
            }
        };
        Extensions::from(&GetAssertionUnsignedOutputs { large_blob }).into_map()
    }

    /// The signature over authenticator data ‖ client data hash.
    pub(crate) fn signed(&self, key: &CredentialKey, auth_data: &[u8], hash: &[u8; 32]) -> Result<Vec<u8>, Status> {
        let message = [auth_data, hash].concat();
        self.signer.sign(key, &message).map_err(|_| Status::Other)
    }
}

/// What extensions cannot do here. hmac-secret wants a touch (§12.7).
fn check_inputs(inputs: &GetAssertionInputs, user_present: bool) -> Result<(), Status> {
    if inputs.large_blob_key == Some(false) {
        return Err(Status::InvalidOption);
    }
    if inputs.hmac_secret.is_some() && !user_present {
        return Err(Status::UnsupportedOption);
    }
    Ok(())
}

/// Outputs of extensions that are signed.
fn outputs(ground: &Ground, key: &CredentialKey, extras: &Extras, rng: &mut dyn Rng) -> Option<Map> {
    let answer = ground.salts.as_ref().map(|salts| salts.answer(key, ground.user_verified, rng));
    let outputs = get_outputs(&ground.inputs, extras, answer)?;
    Some(Extensions::from(&outputs).into_map())
}

/// Authenticator data of an assertion.
fn asserted(ground: &Ground, flags: Flags, counter: u32, extensions: Option<Map>) -> Vec<u8> {
    let rp_id_hash = ground.rp_id_hash;
    AuthenticatorData { rp_id_hash, flags, counter, attested_credential: None, extensions }.encode()
}

fn reply(id: CredentialId, auth_data: Vec<u8>, signature: Vec<u8>) -> Reply {
    Reply {
        credential: Some(Descriptor::public_key(id)),
        auth_data,
        signature,
        user: None,
        number_of_credentials: None,
        user_selected: None,
        large_blob_key: None,
        unsigned_extension_outputs: Map::new(),
    }
}

/// Step 4: whether the person has to be there.
fn presence_wanted(options: Options) -> Result<bool, Status> {
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
