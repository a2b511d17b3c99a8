//! CTAP2's requests in U2F's words, and U2F's answers in CTAP2's (§10.2, §10.3): how a platform uses a key of old.

use super::messages::{Authenticate, Authentication, Control, KeyHandle, Register, Registration};
use crate::Map;
use crate::attestation::Statement;
use crate::auth_data::{Aaguid, AttestedCredential, AuthenticatorData, Flags};
use crate::cose::{Algorithm, PublicKey};
use crate::entity::{CredentialType, Descriptor, RpId};
use crate::get_assertion::{self, GetAssertion};
use crate::make_credential::{self, MakeCredential};

/// Why a U2F key cannot do what is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unbridgeable {
    /// The relying party does not take ES256.
    #[error("a U2F key signs with ES256 only")]
    Algorithm,
    /// The credential has to be discoverable.
    #[error("a U2F key keeps no discoverable credentials")]
    ResidentKey,
    /// The person has to be verified.
    #[error("a U2F key verifies nobody")]
    UserVerification,
    /// There is no allow list.
    #[error("a U2F key has to be told which credential")]
    NoAllowList,
}

/// A registration (§10.2). Excluded credentials are looked for first, with [`authenticate`] and
/// [`Control::CheckOnly`].
///
/// # Errors
/// [`Unbridgeable`].
pub fn register(request: &MakeCredential) -> Result<Register, Unbridgeable> {
    let es256 = |wanted: &crate::entity::CredentialParameters| {
        wanted.credential_type == CredentialType::PublicKey && wanted.algorithm == Algorithm::ES256
    };
    if !request.pub_key_cred_params.iter().any(es256) {
        return Err(Unbridgeable::Algorithm);
    }
    if request.options.rk == Some(true) {
        return Err(Unbridgeable::ResidentKey);
    }
    if request.options.uv == Some(true) {
        return Err(Unbridgeable::UserVerification);
    }
    Ok(Register { challenge: request.client_data_hash, application: request.rp.id.hash() })
}

/// The answer to a registration, as a key of CTAP2 would give it.
#[must_use]
pub fn registered(rp_id: &RpId, registration: Registration) -> make_credential::Reply {
    let credential = AttestedCredential {
        aaguid: Aaguid::default(),
        id: registration.key_handle.as_bytes().into(),
        public_key: PublicKey::Es256(registration.public_key),
    };
    let auth_data = AuthenticatorData {
        attested_credential: Some(credential),
        ..AuthenticatorData::new(rp_id, Flags::USER_PRESENT, 0)
    };
    make_credential::Reply {
        statement: Statement::FidoU2f { signature: registration.signature, certificate: registration.certificate },
        auth_data: auth_data.encode(),
        ep_att: None,
        large_blob_key: None,
        unsigned_extension_outputs: Map::new(),
    }
}

/// The sign-ins to try, one for each credential of the allow list that could be a U2F key's (§10.3). With
/// `up: false`, nothing is signed: [`Control::CheckOnly`].
///
/// # Errors
/// [`Unbridgeable`].
pub fn sign_ins(request: &GetAssertion) -> Result<Vec<(Authenticate, Descriptor)>, Unbridgeable> {
    if request.options.uv == Some(true) {
        return Err(Unbridgeable::UserVerification);
    }
    if request.allow_list.is_empty() {
        return Err(Unbridgeable::NoAllowList);
    }
    let control = match request.options.up {
        Some(false) => Control::CheckOnly,
        _ => Control::EnforceUserPresence,
    };
    let attempt = |credential: &Descriptor| {
        let authenticate = authenticate(&request.rp_id, &request.client_data_hash, credential, control)?;
        Some((authenticate, credential.clone()))
    };
    Ok(request.allow_list.iter().filter_map(attempt).collect())
}

/// One question about one credential; none if it cannot be a U2F key's.
#[must_use]
pub fn authenticate(
    rp_id: &RpId,
    client_data_hash: &[u8; 32],
    credential: &Descriptor,
    control: Control,
) -> Option<Authenticate> {
    if credential.credential_type != CredentialType::PublicKey {
        return None;
    }
    let key_handle = KeyHandle::new(credential.id.as_bytes())?;
    Some(Authenticate { control, challenge: *client_data_hash, application: rp_id.hash(), key_handle })
}

/// The answer to a sign-in, as a key of CTAP2 would give it. Authentication and counter are what the key signed.
#[must_use]
pub fn signed_in(rp_id: &RpId, credential: Descriptor, answer: Authentication) -> get_assertion::Reply {
    let flags = Flags::from_u2f_presence(answer.user_presence);
    get_assertion::Reply {
        credential: Some(Descriptor { transports: Vec::new(), ..credential }),
        auth_data: AuthenticatorData::new(rp_id, flags, answer.counter).encode(),
        signature: answer.signature,
        user: None,
        number_of_credentials: None,
        user_selected: None,
        large_blob_key: None,
        unsigned_extension_outputs: Map::new(),
    }
}
