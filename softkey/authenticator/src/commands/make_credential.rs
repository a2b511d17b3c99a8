//! authenticatorMakeCredential (§6.1). Step numbers are those of §6.1.2.
//!
//! There is no built-in user verification, no alwaysUv and no enterprise attestation, so their branches are one refusal
//! each.

use fob_ambient::Millis;
use fob_ctap::attestation::{Packed, Statement};
use fob_ctap::auth_data::{AttestedCredential, AuthenticatorData, Flags};
use fob_ctap::client_pin::Permissions;
use fob_ctap::cose::{Algorithm, PublicKey};
use fob_ctap::entity::{CredentialId, CredentialParameters, CredentialType, Descriptor, RpEntity, UserEntity};
use fob_ctap::extension::{CRED_PROTECT, CredProtect, Extensions};
use fob_ctap::make_credential::{MakeCredential, Options, Reply};
use fob_ctap::{Command, Map, Status};

use super::Pending;
use crate::authenticator::Step;
use crate::identity::{AAGUID, CAPACITY, LONGEST_NAME, MAX_CREDENTIAL_COUNT_IN_LIST};
use crate::state::{Change, Resident};
use crate::user_verification::{Claim, Proof};
use crate::{Authenticator, CredentialKey, Reason};

/// A request that has passed steps 1 to 13.
#[derive(Debug)]
pub(crate) struct Admitted {
    client_data_hash: [u8; 32],
    pub(crate) rp: RpEntity,
    user: UserEntity,
    resident: bool,
    user_verified: bool,
    protection: Option<CredProtect>,
}

impl Authenticator {
    pub(super) fn make_credential(&mut self, request: MakeCredential, now: Millis) -> Result<Step, Status> {
        // Steps 1 and 2.
        let proof = Proof::read(request.pin_uv_auth_param, request.pin_uv_auth_protocol)?;
        if matches!(proof, Proof::Blink) {
            return Ok(self.ask(Reason::MakeCredential, Pending::Blink(request.rp.id), now));
        }
        // Steps 3 and 5.
        supported(&request.pub_key_cred_params)?;
        let resident = resident(request.options, &proof)?;
        // Step 7: makeCredUvNotRqd is true, so only discoverable credentials need the PIN that is set.
        if self.is_protected() && resident && matches!(proof, Proof::None) {
            return Err(Status::PuatRequired);
        }
        // Step 9.
        if request.enterprise_attestation.is_some() {
            return Err(Status::InvalidParameter);
        }
        // Steps 10 and 11.
        let claim = Claim {
            client_data_hash: &request.client_data_hash,
            permission: Permissions::MAKE_CREDENTIAL,
            rp_id: &request.rp.id,
        };
        let user_verified = self.user_verified(&proof, &claim, now)?;
        // Step 12.
        if self.is_excluded(&request.rp, &request.exclude_list, user_verified)? {
            return Ok(match self.touched_with(&proof) {
                true => Step::Reply(Status::CredentialExcluded.encode()),
                false => self.ask(Reason::MakeCredential, Pending::Excluded(request.rp.id), now),
            });
        }
        // Step 14.
        let touched = self.touched_with(&proof);
        let admitted = Admitted {
            client_data_hash: request.client_data_hash,
            rp: request.rp,
            user: request.user,
            resident,
            user_verified,
            protection: protection(&request.extensions)?,
        };
        if touched {
            return self.finish_make_credential(admitted).map(Step::Reply);
        }
        Ok(self.ask(Reason::MakeCredential, Pending::MakeCredential(Box::new(admitted)), now))
    }

    /// Steps 14 (its end) to 19.
    pub(super) fn finish_make_credential(&mut self, admitted: Admitted) -> Result<Vec<u8>, Status> {
        self.pins.spend_tokens();
        let rp_id_hash = admitted.rp.id.hash();
        let key = CredentialKey::generate(&mut *self.rng);
        let protection = admitted.protection.unwrap_or_default();
        let counter = self.state.counter.saturating_add(1);
        let id = match admitted.resident {
            true => self.fresh_id(),
            false => self.state.device_key.seal(&rp_id_hash, &key, protection),
        };
        let data = auth_data(&admitted, &id, &key, counter).encode();
        let signature = self.signed(&key, &data, &admitted.client_data_hash)?;
        let mut changes = vec![Change::Counter(counter)];
        if admitted.resident {
            let Admitted { rp, user, .. } = admitted;
            self.store_resident(
                Resident { id, rp, user: shortened(user), key, protection, created: counter },
                &mut changes,
            )?;
        }
        self.commit(changes)?;
        let packed = Packed { algorithm: Algorithm::ES256, signature, certificates: Vec::new() };
        Ok(MakeCredential::encode_reply(&Reply {
            statement: Statement::Packed(packed),
            auth_data: data,
            ep_att: None,
            large_blob_key: None,
            unsigned_extension_outputs: Map::new(),
        }))
    }

    /// Step 12: whether one of these credentials is here and may be given away as being here.
    fn is_excluded(&self, rp: &RpEntity, list: &[Descriptor], user_verified: bool) -> Result<bool, Status> {
        if list.len() > MAX_CREDENTIAL_COUNT_IN_LIST {
            return Err(Status::LimitExceeded);
        }
        let rp_id_hash = rp.id.hash();
        let ours = list.iter().filter(|entry| entry.credential_type == CredentialType::PublicKey);
        let mut levels = ours.filter_map(|entry| self.protection_of(&rp_id_hash, &entry.id));
        Ok(levels.any(|level| user_verified || level != CredProtect::UserVerificationRequired))
    }

    fn protection_of(&self, rp_id_hash: &[u8; 32], id: &CredentialId) -> Option<CredProtect> {
        match self.state.resident(rp_id_hash, id) {
            Some(resident) => Some(resident.protection),
            None => self.state.device_key.open(rp_id_hash, id).map(|opened| opened.protection),
        }
    }

    /// Step 17: a credential of the same account gives way; a full store refuses.
    fn store_resident(&self, resident: Resident, changes: &mut Vec<Change>) -> Result<(), Status> {
        let rp_id_hash = resident.rp.id.hash();
        let of_account = self.state.residents_of(&rp_id_hash).find(|old| old.user.id == resident.user.id);
        match of_account {
            Some(old) => changes.push(Change::Remove(old.place())),
            None if self.state.residents.len() >= CAPACITY => return Err(Status::KeyStoreFull),
            None => {}
        }
        changes.push(Change::Put(Box::new(resident)));
        Ok(())
    }

    /// The id of a credential that the key keeps: nothing but chance.
    fn fresh_id(&mut self) -> CredentialId {
        let mut id = [0; 32];
        self.rng.fill(&mut id);
        id.as_slice().into()
    }
}

/// Step 3: ES256 has to be among the algorithms.
fn supported(parameters: &[CredentialParameters]) -> Result<(), Status> {
    let ours = CredentialParameters::public_key(Algorithm::ES256);
    if parameters.contains(&ours) { Ok(()) } else { Err(Status::UnsupportedAlgorithm) }
}

/// Step 5: whether a discoverable credential is wanted.
fn resident(options: Options, proof: &Proof) -> Result<bool, Status> {
    // A proof makes "uv" false, whatever it says.
    if options.uv == Some(true) && matches!(proof, Proof::None) {
        return Err(Status::InvalidOption);
    }
    if options.up == Some(false) {
        return Err(Status::InvalidOption);
    }
    Ok(options.rk.unwrap_or(false))
}

/// Step 15: credProtect (§12.1). All other extensions are left out of the answer.
fn protection(extensions: &Extensions) -> Result<Option<CredProtect>, Status> {
    extensions.cred_protect().map_err(|malformed| malformed.status())
}

fn auth_data(admitted: &Admitted, id: &CredentialId, key: &CredentialKey, counter: u32) -> AuthenticatorData {
    let flags = Flags::USER_PRESENT.with(Flags::USER_VERIFIED, admitted.user_verified);
    let public_key = PublicKey::Es256(key.public());
    AuthenticatorData {
        attested_credential: Some(AttestedCredential { aaguid: AAGUID, id: id.clone(), public_key }),
        extensions: admitted.protection.map(|level| [(CRED_PROTECT, level)].into_iter().collect()),
        ..AuthenticatorData::new(&admitted.rp.id, flags, counter)
    }
}

/// Names cut to what the key keeps, at a character's border.
fn shortened(user: UserEntity) -> UserEntity {
    let cut = |name: Option<String>| {
        name.map(|mut name| {
            name.truncate(name.floor_char_boundary(LONGEST_NAME));
            name
        })
    };
    UserEntity { id: user.id, name: cut(user.name), display_name: cut(user.display_name) }
}
