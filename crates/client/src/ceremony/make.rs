//! Making a credential (§6.1.1, the platform's steps).

use fob_ambient::Millis;
use fob_ctap::client_pin::Permissions;
use fob_ctap::entity::{CredentialParameters, Descriptor, RpEntity, UserEntity};
use fob_ctap::extension::Extensions;
use fob_ctap::get_info::{Info, option};
use fob_ctap::make_credential::{MakeCredential, Options, Reply};
use fob_ctap::{Command, Status};

use super::flow::{Flow, Proof};
use super::preflight::probe;
use super::verification::{Plan, Purpose, plan};
use super::{CeremonyError, Need, Person, lists};
use crate::{CancelToken, KeyError, Session};

/// What a relying party asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Make {
    /// SHA-256 of the client data.
    pub client_data_hash: [u8; 32],
    /// For whom.
    pub rp: RpEntity,
    /// For which account.
    pub user: UserEntity,
    /// Algorithms, best first.
    pub pub_key_cred_params: Vec<CredentialParameters>,
    /// Credentials whose key is not wanted again; any number of them.
    pub exclude: Vec<Descriptor>,
    /// Inputs of extensions, in CTAP's form.
    pub extensions: Extensions,
    /// Whether the credential shall be discoverable.
    pub resident_key: Need,
    /// Whether the person shall be verified.
    pub user_verification: Need,
    /// 1 vendor-facilitated, 2 platform-managed (§7.1).
    pub enterprise_attestation: Option<u64>,
    /// Attestation formats, best first.
    pub attestation_formats: Vec<String>,
}

/// Whether this key can hold discoverable credentials.
#[must_use]
pub fn can_hold(info: &Info) -> bool {
    info.options.is_on(option::RK)
}

/// Makes a credential on this key. `deadline` is a moment on the session's clock.
///
/// # Errors
/// Why there is none, by cause.
pub fn make_credential(
    session: &mut Session,
    request: &Make,
    person: &mut dyn Person,
    cancel: &CancelToken,
    deadline: Millis,
) -> Result<Reply, CeremonyError> {
    with(&mut Flow::new(session, person, cancel, deadline), request)
}

/// The same in a flow that goes on.
pub(super) fn with(flow: &mut Flow<'_>, request: &Make) -> Result<Reply, CeremonyError> {
    let info = flow.session.info();
    let discoverable = match request.resident_key {
        Need::Required if !can_hold(info) => return Err(CeremonyError::CannotHold),
        Need::Required => true,
        Need::Preferred => can_hold(info),
        Need::Discouraged => false,
    };
    let purpose = Purpose::Make { discoverable };
    let first = plan(info, request.user_verification, purpose)?;
    match attempt(flow, request, discoverable, first) {
        // The key knows a reason that it does not tell in getInfo.
        Err(CeremonyError::Key(KeyError::Refused(Status::PuatRequired))) if first == Plan::Nothing => {
            let second = plan(flow.session.info(), Need::Required, purpose)?;
            attempt(flow, request, discoverable, second)
        }
        other => other,
    }
}

fn attempt(flow: &mut Flow<'_>, request: &Make, discoverable: bool, plan: Plan) -> Result<Reply, CeremonyError> {
    // The ga permission is for the silent look through a long exclude list.
    let permissions = Permissions::MAKE_CREDENTIAL | Permissions::GET_ASSERTION;
    let proof = flow.prove(plan, permissions, &request.rp.id)?;
    let mut command = command(request, discoverable, &proof);
    command.exclude_list = exclude_list(flow, request, &command, &proof)?;
    Ok(flow.call(&command)?)
}

fn command(request: &Make, discoverable: bool, proof: &Proof) -> MakeCredential {
    let (uv, pin_uv_auth_param, pin_uv_auth_protocol) = proof.members(&request.client_data_hash);
    MakeCredential {
        client_data_hash: request.client_data_hash,
        rp: request.rp.clone(),
        user: request.user.clone(),
        pub_key_cred_params: request.pub_key_cred_params.clone(),
        exclude_list: Vec::new(),
        extensions: request.extensions.clone(),
        options: Options { rk: discoverable.then_some(true), up: None, uv },
        pin_uv_auth_param,
        pin_uv_auth_protocol,
        enterprise_attestation: request.enterprise_attestation,
        attestation_formats_preference: request.attestation_formats.clone(),
    }
}

/// The whole list if the key takes it. Else the one credential that it has, so that it asks for a touch before it says
/// so, or none.
fn exclude_list(
    flow: &mut Flow<'_>,
    request: &Make,
    command: &MakeCredential,
    proof: &Proof,
) -> Result<Vec<Descriptor>, KeyError> {
    let fitting = lists::fitting(flow.session.info(), &request.exclude);
    let room = flow.session.longest_message().saturating_sub(command.encode().len());
    let mut pieces = lists::pieces(flow.session.info(), room, fitting);
    if pieces.len() <= 1 {
        return Ok(pieces.pop().unwrap_or_default());
    }
    let list = pieces.into_iter().flatten().collect();
    let known = flow.watched(|session, watch| probe(session, &request.rp.id, list, proof.token(), watch))?;
    Ok(known.map(|known| Descriptor::public_key(known.id)).into_iter().collect())
}
