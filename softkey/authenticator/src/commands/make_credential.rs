//! authenticatorMakeCredential (§6.1). Step numbers are those of §6.1.2.

use fob_ambient::Millis;
use fob_ctap::auth_data::{AttestedCredential, AuthenticatorData, Flags};
use fob_ctap::client_pin::Permissions;
use fob_ctap::entity::{CredentialId, CredentialParameters, CredentialType, Descriptor, RpEntity, UserEntity};
use fob_ctap::extension::large_blob::LargeBlobSupported;
use fob_ctap::extension::sets::{MakeCredentialInputs, MakeCredentialUnsignedOutputs};
use fob_ctap::extension::{CredProtect, Extensions};
use fob_ctap::make_credential::{MakeCredential, Options, Reply};
use fob_ctap::{Command, Map, Status};

use super::{Pending, Then};
use crate::attestation::Wanted;
use crate::authenticator::Step;
use crate::credential_secrets::large_blob_key;
use crate::identity::LONGEST_NAME;
use crate::sealed_id::Sealed;
use crate::state::{Change, Packed, Resident};
use crate::user_verification::{Claim, Proof, Verified};
use crate::{Authenticator, CredentialKey, KeyKind, Reason};

/// A request that has passed steps 1 to 10.
#[derive(Debug)]
pub(crate) struct Admitted {
    client_data_hash: [u8; 32],
    pub(crate) rp: RpEntity,
    user: UserEntity,
    kind: KeyKind,
    resident: bool,
    exclude_list: Vec<Descriptor>,
    extensions: Extensions,
    attestation: Wanted,
}

impl Authenticator {
    pub(super) fn make_credential(&mut self, request: MakeCredential, now: Millis) -> Result<Step, Status> {
        // Steps 1 and 2.
        let proof = self.proof(request.pin_uv_auth_param, request.pin_uv_auth_protocol)?;
        if matches!(proof, Proof::Blink) {
            return Ok(self.ask(Reason::MakeCredential, Pending::Blink(request.rp.id), now));
        }
        // Steps 3 and 5.
        let kind = self.kind(&request.pub_key_cred_params)?;
        let resident = self.resident(request.options)?;
        let finger = self.finger_wanted(request.options.uv, &proof)?;
        // Steps 6 to 8.
        let finger = self.finger_demanded(finger, &proof)?;
        let needless = self.abilities.make_cred_uv_not_required && !resident;
        if self.is_protected() && !needless && proof.is_none() && !finger {
            return Err(self.token_wanted());
        }
        // Step 9.
        let enterprise = self.enterprise(request.enterprise_attestation, &request.rp.id)?;
        let attestation = Wanted::new(enterprise, &request.attestation_formats_preference);
        // Steps 10 and 11.
        let claim = Claim {
            client_data_hash: &request.client_data_hash,
            permission: Permissions::MAKE_CREDENTIAL,
            rp_id: &request.rp.id,
        };
        let verified = self.judged(&proof, &claim, now)?;
        let admitted = Box::new(Admitted {
            client_data_hash: request.client_data_hash,
            rp: request.rp,
            user: request.user,
            kind,
            resident,
            exclude_list: request.exclude_list,
            extensions: request.extensions,
            attestation,
        });
        match finger {
            true => self.verify(Then::MakeCredential(admitted), now),
            false => self.make_credential_verified(admitted, verified, now),
        }
    }

    /// Steps 12 to 14.
    pub(super) fn make_credential_verified(
        &mut self,
        admitted: Box<Admitted>,
        verified: Verified,
        now: Millis,
    ) -> Result<Step, Status> {
        if self.is_excluded(&admitted.rp, &admitted.exclude_list, verified.user_verified)? {
            return Ok(match verified.touched || self.abilities.excluded_without_touch {
                true => Step::Reply(Status::CredentialExcluded.encode()),
                false => self.ask(Reason::MakeCredential, Pending::Excluded(admitted.rp.id), now),
            });
        }
        // Not one of the standard's steps, but nobody should be asked for a touch that leads nowhere.
        let inputs = self.make_inputs(&admitted.extensions)?;
        Self::check_make_inputs(&inputs, admitted.resident)?;
        if verified.touched {
            return self.finish_make_credential(*admitted, verified).map(Step::Reply);
        }
        Ok(self.ask(Reason::MakeCredential, Pending::MakeCredential(admitted, verified), now))
    }

    /// Steps 14 (its end) to 19.
    pub(super) fn finish_make_credential(&mut self, admitted: Admitted, verified: Verified) -> Result<Vec<u8>, Status> {
        self.pins.spend_tokens();
        let inputs = self.make_inputs(&admitted.extensions)?;
        let salts = inputs.hmac_secret_mc.as_ref().map(|input| self.salts(input)).transpose()?;
        let key = CredentialKey::generate(admitted.kind, &mut *self.rng);
        let answer = salts.map(|salts| salts.answer(&key, verified.user_verified, &mut *self.rng));
        let new = New {
            extras: self.extras(&inputs),
            counter: self.state.counter.saturating_add(1),
            protection: inputs.cred_protect.unwrap_or_default(),
            key,
        };
        let (id, new) = self.named(&admitted, new);
        let kept = Some(&new.extras).filter(|_| admitted.resident);
        let outputs = self.make_outputs(&inputs, &admitted.rp.id, kept, answer);
        let data = AuthenticatorData {
            attested_credential: Some(AttestedCredential {
                aaguid: self.abilities.aaguid,
                id: id.clone(),
                public_key: new.key.cose(),
            }),
            extensions: outputs.as_ref().map(|outputs| Extensions::from(outputs).into_map()),
            ..AuthenticatorData::new(&admitted.rp.id, self.flags(true, verified.user_verified), new.counter)
        };
        let auth_data = data.encode();
        let statement = self.statement(&admitted.attestation, &new.key, &auth_data, &admitted.client_data_hash)?;
        let reply = Reply {
            ep_att: Some(true).filter(|_| admitted.attestation.is_enterprise()),
            large_blob_key: Some(&new.key).filter(|_| new.extras.large_blob_key).map(large_blob_key),
            unsigned_extension_outputs: unsigned(&inputs, admitted.resident),
            statement,
            auth_data,
        };
        let encoded = MakeCredential::encode_reply(&reply);
        self.keep(admitted, id, new)?;
        Ok(encoded)
    }

    /// The id: nothing but chance for a credential that the key keeps, the credential itself for another.
    fn named(&mut self, admitted: &Admitted, new: New) -> (CredentialId, New) {
        if admitted.resident {
            return (self.fresh_id(), new);
        }
        let New { key, counter, protection, extras } = new;
        let sealed = Sealed { key, protection, third_party_payment: extras.third_party_payment };
        let id = self.state.device_key.seal(&admitted.rp.id.hash(), &sealed);
        (id, New { key: sealed.key, counter, protection, extras })
    }

    /// Step 17, and the counter.
    fn keep(&mut self, admitted: Admitted, id: CredentialId, new: New) -> Result<(), Status> {
        let mut changes = vec![Change::Counter(new.counter)];
        if admitted.resident {
            let Admitted { rp, user, .. } = admitted;
            let New { key, counter, protection, extras } = new;
            let user = shortened(user);
            self.store_resident(Resident { id, rp, user, key, protection, created: counter, extras }, &mut changes)?;
        }
        self.commit(changes)
    }

    /// Step 12: whether one of these credentials is here and may be given away as being here.
    fn is_excluded(&self, rp: &RpEntity, list: &[Descriptor], user_verified: bool) -> Result<bool, Status> {
        if list.len() > self.abilities.list_limit() {
            return Err(Status::LimitExceeded);
        }
        let rp_id_hash = rp.id.hash();
        let ours = list.iter().filter(|entry| entry.credential_type == CredentialType::PublicKey);
        let mut levels = ours.filter_map(|entry| self.protection_of(&rp_id_hash, &entry.id));
        Ok(levels.any(|level| user_verified || level != CredProtect::UserVerificationRequired))
    }

    fn protection_of(&self, rp_id_hash: &[u8; 32], id: &CredentialId) -> Option<CredProtect> {
        match self.state.protection_of(rp_id_hash, id) {
            Some(protection) => Some(protection),
            None => self.state.device_key.open(rp_id_hash, id).map(|opened| opened.protection),
        }
    }

    /// Step 17: a credential of the same account gives way; a full store refuses.
    fn store_resident(&self, resident: Resident, changes: &mut Vec<Change>) -> Result<(), Status> {
        let rp_id_hash = resident.rp.id.hash();
        match self.state.place_of_account(&rp_id_hash, &resident.user.id) {
            Some(place) => changes.push(Change::Remove(place)),
            None if self.state.residents.len() >= self.abilities.capacity => return Err(Status::KeyStoreFull),
            None => {}
        }
        changes.push(self.state.next_store_version());
        changes.push(Change::Put(Packed::from(&resident)));
        Ok(())
    }

    /// The id of a credential that the key keeps: nothing but chance.
    fn fresh_id(&mut self) -> CredentialId {
        let mut id = [0; 32];
        self.rng.fill(&mut id);
        id.as_slice().into()
    }

    /// Flags of authenticator data.
    pub(crate) fn flags(&self, user_present: bool, user_verified: bool) -> Flags {
        self.abilities.backup.flags().with(Flags::USER_PRESENT, user_present).with(Flags::USER_VERIFIED, user_verified)
    }

    /// Step 3: the first algorithm that the key has.
    fn kind(&self, parameters: &[CredentialParameters]) -> Result<KeyKind, Status> {
        let ours = parameters.iter().filter(|entry| entry.credential_type == CredentialType::PublicKey);
        let mut kinds = ours.filter_map(|entry| KeyKind::of(entry.algorithm));
        kinds.find(|kind| self.abilities.algorithms.contains(kind)).ok_or(Status::UnsupportedAlgorithm)
    }

    /// Step 5: whether a discoverable credential is wanted.
    fn resident(&self, options: Options) -> Result<bool, Status> {
        let resident = options.rk.unwrap_or(false);
        if resident && self.abilities.capacity == 0 {
            return Err(Status::UnsupportedOption);
        }
        if options.up == Some(false) {
            return Err(Status::InvalidOption);
        }
        Ok(resident)
    }
}

/// A credential that is being made.
#[derive(Debug)]
struct New {
    key: CredentialKey,
    counter: u32,
    protection: CredProtect,
    extras: crate::state::Extras,
}

/// Outputs that are not signed.
fn unsigned(inputs: &MakeCredentialInputs, resident: bool) -> Map {
    let large_blob = inputs.large_blob.map(|_| LargeBlobSupported(resident));
    Extensions::from(&MakeCredentialUnsignedOutputs { large_blob }).into_map()
}

/// Names cut to what the key keeps, at a character's border.
pub(super) fn shortened(user: UserEntity) -> UserEntity {
    let cut = |name: Option<String>| {
        name.map(|mut name| {
            name.truncate(name.floor_char_boundary(LONGEST_NAME));
            name
        })
    };
    UserEntity { id: user.id, name: cut(user.name), display_name: cut(user.display_name) }
}
