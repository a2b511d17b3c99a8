//! authenticatorCredentialManagement (§6.8): the discoverable credentials, looked at and tidied up.

use fob_ambient::Millis;
use fob_ctap::client_pin::Permissions;
use fob_ctap::credential_management::{
    CredentialManagement, CredentialsBegin, CredsMetadata, DeleteCredential, EnumerateCredentialsBegin,
    EnumerateCredentialsNext, EnumerateRpsBegin, EnumerateRpsNext, GetCredsMetadata, RpsBegin, StoredCredential,
    StoredRp, UpdateUserInformation,
};
use fob_ctap::entity::{CredentialId, Descriptor, RpId, UserEntity};
use fob_ctap::subcommand::{Call, Received};
use fob_ctap::{Command, Status};

use super::Sequence;
use super::make_credential::shortened;
use crate::Authenticator;
use crate::authenticator::Caller;
use crate::credential_secrets::large_blob_key;
use crate::state::{Change, Packed, Resident};

/// An enumeration that has begun.
#[derive(Debug)]
pub(crate) struct Enumeration {
    left: Left,
    caller: Caller,
}

/// What is still to be told.
#[derive(Debug)]
enum Left {
    /// RPs after the one with this hash, so many.
    Rps { after: [u8; 32], count: usize },
    /// Credentials of an RP behind the first ones, so many.
    Credentials { rp_id_hash: [u8; 32], told: usize, count: usize },
}

/// Who asks, as far as it matters for what they may see.
struct Reader {
    rp_id: Option<RpId>,
}

const READ: Permissions = Permissions::CREDENTIAL_MANAGEMENT;

impl Authenticator {
    pub(super) fn credential_management(
        &mut self,
        request: Received<CredentialManagement>,
        sequence: Option<Sequence>,
        caller: Caller,
        now: Millis,
    ) -> Result<Vec<u8>, Status> {
        // Continuations take no proof.
        match &request.subcommand {
            Ok(CredentialManagement::EnumerateRpsNext(_)) => return self.next_rp(sequence, caller),
            Ok(CredentialManagement::EnumerateCredentialsNext(_)) => return self.next_credential(sequence, caller),
            _ => {}
        }
        // The proof first, then what it is about.
        if request.pin_uv_auth_param.is_none() {
            return Err(Status::PuatRequired);
        }
        let subcommand = request.subcommand.as_ref().map_err(|malformed| malformed.status())?;
        let reads = !matches!(
            subcommand,
            CredentialManagement::DeleteCredential(_) | CredentialManagement::UpdateUserInformation(_)
        );
        let reader = self.reader(&request, reads, now)?;
        match subcommand {
            CredentialManagement::GetCredsMetadata(_) => {
                reader.sees_all()?;
                Ok(Call::<GetCredsMetadata>::encode_reply(&self.metadata()))
            }
            CredentialManagement::EnumerateRpsBegin(_) => {
                reader.sees_all()?;
                self.first_rp(caller)
            }
            CredentialManagement::EnumerateCredentialsBegin(begin) => {
                reader.sees(&begin.rp_id_hash)?;
                self.first_credential(begin.rp_id_hash, caller)
            }
            CredentialManagement::DeleteCredential(request) => self.delete(&request.credential_id.id, &reader),
            CredentialManagement::UpdateUserInformation(request) => {
                self.update(&request.credential_id.id, &request.user, &reader)
            }
            CredentialManagement::EnumerateRpsNext(_) | CredentialManagement::EnumerateCredentialsNext(_) => {
                Err(Status::NotAllowed)
            }
        }
    }

    /// Whether the proof is good for this: one of an ordinary token with cm, or, to read, of the persistent one.
    fn reader(&mut self, request: &Received<CredentialManagement>, reads: bool, now: Millis) -> Result<Reader, Status> {
        let protocol = self.protocol(request.pin_uv_auth_protocol)?;
        let lasting = self.persistent_token(protocol).filter(|_| reads);
        if lasting.is_some_and(|token| request.is_proven_by(&token)) {
            return Ok(Reader { rp_id: None });
        }
        let proof = request.pin_uv_auth_param.as_deref().unwrap_or_default();
        let token = &mut self.pins.protocol(protocol).token;
        let proven = token.verify(request.message(), proof, now);
        match proven && token.permits(READ) {
            true => Ok(Reader { rp_id: token.rp_id().cloned() }),
            false => Err(Status::PinAuthInvalid),
        }
    }

    /// getCredsMetadata (§6.8.2).
    fn metadata(&self) -> CredsMetadata {
        let existing = self.state.residents.len();
        let remaining = self.abilities.capacity.saturating_sub(existing);
        CredsMetadata { existing: existing as u64, max_possible_remaining: remaining as u64 }
    }

    /// enumerateRPsBegin (§6.8.3).
    fn first_rp(&mut self, caller: Caller) -> Result<Vec<u8>, Status> {
        let first = self.rp_past(None).ok_or(Status::NoCredentials)?;
        let (mut total, mut after) = (1, first.rp_id_hash);
        while let Some(next) = self.state.residents.past_rp(Some(&after)) {
            total += 1;
            after = *next.rp_id_hash();
        }
        let left = Left::Rps { after: first.rp_id_hash, count: total - 1 };
        self.sequence = Some(Sequence::Enumeration(Enumeration { left, caller }));
        let reply = RpsBegin { first: Some(first), total: total as u64 };
        Ok(Call::<EnumerateRpsBegin>::encode_reply(&reply))
    }

    fn next_rp(&mut self, sequence: Option<Sequence>, caller: Caller) -> Result<Vec<u8>, Status> {
        let Some(Sequence::Enumeration(Enumeration { left: Left::Rps { after, count }, caller: theirs })) = sequence
        else {
            return Err(Status::NotAllowed);
        };
        if caller != theirs || count == 0 {
            return Err(Status::NotAllowed);
        }
        let next = self.rp_past(Some(&after)).ok_or(Status::NotAllowed)?;
        let left = Left::Rps { after: next.rp_id_hash, count: count - 1 };
        self.sequence = Some(Sequence::Enumeration(Enumeration { left, caller }));
        Ok(Call::<EnumerateRpsNext>::encode_reply(&next))
    }

    /// The RP after this one, or the first, in the order of the hashes.
    fn rp_past(&self, rp_id_hash: Option<&[u8; 32]>) -> Option<StoredRp> {
        let packed = self.state.residents.past_rp(rp_id_hash)?;
        Some(StoredRp { rp: packed.resident().rp, rp_id_hash: *packed.rp_id_hash() })
    }

    /// enumerateCredentialsBegin (§6.8.4).
    fn first_credential(&mut self, rp_id_hash: [u8; 32], caller: Caller) -> Result<Vec<u8>, Status> {
        let mut theirs = self.state.residents.of_rp(&rp_id_hash);
        let total = theirs.len();
        let first = theirs.next().ok_or(Status::NoCredentials)?;
        let reply = CredentialsBegin { first: self.told_credential(first.resident()), total: total as u64 };
        let left = Left::Credentials { rp_id_hash, told: 1, count: total - 1 };
        self.sequence = Some(Sequence::Enumeration(Enumeration { left, caller }));
        Ok(Call::<EnumerateCredentialsBegin>::encode_reply(&reply))
    }

    fn next_credential(&mut self, sequence: Option<Sequence>, caller: Caller) -> Result<Vec<u8>, Status> {
        let Some(Sequence::Enumeration(Enumeration { left, caller: theirs })) = sequence else {
            return Err(Status::NotAllowed);
        };
        let Left::Credentials { rp_id_hash, told, count } = left else { return Err(Status::NotAllowed) };
        if caller != theirs || count == 0 {
            return Err(Status::NotAllowed);
        }
        let next = self.state.residents.of_rp(&rp_id_hash).nth(told).ok_or(Status::NotAllowed)?;
        let reply = self.told_credential(next.resident());
        let left = Left::Credentials { rp_id_hash, told: told + 1, count: count - 1 };
        self.sequence = Some(Sequence::Enumeration(Enumeration { left, caller }));
        Ok(Call::<EnumerateCredentialsNext>::encode_reply(&reply))
    }

    fn told_credential(&self, resident: Resident) -> StoredCredential {
        let payment = self.abilities.extensions.third_party_payment;
        StoredCredential {
            user: resident.user,
            credential_id: Descriptor::public_key(resident.id),
            public_key: resident.key.cose(),
            cred_protect: Some(resident.protection),
            large_blob_key: resident.extras.large_blob_key.then(|| large_blob_key(&resident.key)),
            third_party_payment: payment.then_some(resident.extras.third_party_payment),
        }
    }

    /// deleteCredential (§6.8.5).
    fn delete(&mut self, id: &CredentialId, reader: &Reader) -> Result<Vec<u8>, Status> {
        let place = self.found(id, reader)?.place();
        self.commit(vec![self.state.next_store_version(), Change::Remove(place)])?;
        Ok(Call::<DeleteCredential>::encode_reply(&()))
    }

    /// updateUserInformation (§6.8.6): the handle stays, names that are absent or empty go.
    fn update(&mut self, id: &CredentialId, user: &UserEntity, reader: &Reader) -> Result<Vec<u8>, Status> {
        let resident = self.found(id, reader)?.resident();
        if resident.user.id != user.id {
            return Err(Status::InvalidParameter);
        }
        let named = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
        let user = UserEntity { id: user.id.clone(), name: named(&user.name), display_name: named(&user.display_name) };
        let resident = resident.with_user(shortened(user));
        self.commit(vec![self.state.next_store_version(), Change::Put(Packed::from(&resident))])?;
        Ok(Call::<UpdateUserInformation>::encode_reply(&()))
    }

    /// A credential, if the token is for its RP.
    fn found(&self, id: &CredentialId, reader: &Reader) -> Result<&Packed, Status> {
        let packed = self.state.residents.find(id.as_bytes()).ok_or(Status::NoCredentials)?;
        reader.sees(packed.rp_id_hash())?;
        Ok(packed)
    }
}

impl Reader {
    /// A token for one RP is not for looking at all of them.
    fn sees_all(&self) -> Result<(), Status> {
        if self.rp_id.is_none() { Ok(()) } else { Err(Status::PinAuthInvalid) }
    }

    fn sees(&self, rp_id_hash: &[u8; 32]) -> Result<(), Status> {
        match &self.rp_id {
            Some(rp_id) if rp_id.hash() != *rp_id_hash => Err(Status::PinAuthInvalid),
            _ => Ok(()),
        }
    }
}
