//! Signing in (§6.2.1, the platform's steps), with all accounts that the key has for the site (§6.3).

use fob_ambient::Millis;
use fob_ctap::client_pin::Permissions;
use fob_ctap::entity::{Descriptor, RpId};
use fob_ctap::extension::Extensions;
use fob_ctap::get_assertion::{GetAssertion, GetNextAssertion, Reply};
use fob_ctap::make_credential::Options;
use fob_ctap::{Command, Malformed, Status};

use super::flow::{Flow, Proof};
use super::preflight::{named, probe};
use super::verification::{Plan, Purpose, plan};
use super::{CeremonyError, Need, Person, lists};
use crate::{CancelToken, KeyError, Session};

/// Most assertions that are read for one touch. Keys have room for some hundred credentials in all.
const MOST_ASSERTIONS: u64 = 512;

/// What a relying party asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Get {
    /// SHA-256 of the client data.
    pub client_data_hash: [u8; 32],
    /// For whom.
    pub rp_id: RpId,
    /// Credentials that will do, any number of them. Empty: whatever the key has for this RP.
    pub allow: Vec<Descriptor>,
    /// Inputs of extensions, in CTAP's form.
    pub extensions: Extensions,
    /// Whether the person shall be verified.
    pub user_verification: Need,
}

/// Signs in with this key. Every assertion names its credential; without an allow list there may be several, latest
/// credential first. `deadline` is a moment on the session's clock.
///
/// # Errors
/// Why there is none, by cause.
pub fn get_assertion(
    session: &mut Session,
    request: &Get,
    person: &mut dyn Person,
    cancel: &CancelToken,
    deadline: Millis,
) -> Result<Vec<Reply>, CeremonyError> {
    let first = plan(session.info(), request.user_verification, Purpose::Get)?;
    let mut flow = Flow::new(session, person, cancel, deadline);
    match attempt(&mut flow, request, first) {
        // The key knows a reason that it does not tell in getInfo.
        Err(CeremonyError::Key(KeyError::Refused(Status::PuatRequired))) if first == Plan::Nothing => {
            let second = plan(flow.session.info(), Need::Required, Purpose::Get)?;
            attempt(&mut flow, request, second)
        }
        other => other,
    }
}

fn attempt(flow: &mut Flow<'_>, request: &Get, plan: Plan) -> Result<Vec<Reply>, CeremonyError> {
    let fitting = lists::fitting(flow.session.info(), &request.allow);
    if fitting.is_empty() && !request.allow.is_empty() {
        return Err(CeremonyError::NoCredential);
    }
    let proof = flow.prove(plan, Permissions::GET_ASSERTION, &request.rp_id)?;
    let mut command = command(request, &proof);
    if !fitting.is_empty() {
        command.allow_list = allow_list(flow, fitting, &command, &proof)?;
    }
    let first = flow.call(&command)?;
    Ok(rest(flow, first, &command.allow_list)?)
}

fn command(request: &Get, proof: &Proof) -> GetAssertion {
    let (uv, pin_uv_auth_param, pin_uv_auth_protocol) = proof.members(&request.client_data_hash);
    GetAssertion {
        rp_id: request.rp_id.clone(),
        client_data_hash: request.client_data_hash,
        allow_list: Vec::new(),
        extensions: request.extensions.clone(),
        options: Options { rk: None, up: None, uv },
        pin_uv_auth_param,
        pin_uv_auth_protocol,
    }
}

/// The whole list if the key takes it, else the one credential that it has. Never empty: that would let any do.
fn allow_list(
    flow: &mut Flow<'_>,
    fitting: Vec<Descriptor>,
    command: &GetAssertion,
    proof: &Proof,
) -> Result<Vec<Descriptor>, CeremonyError> {
    let room = flow.session.longest_message().saturating_sub(command.encode().len());
    let mut pieces = lists::pieces(flow.session.info(), room, fitting);
    if pieces.len() <= 1 {
        return pieces.pop().ok_or(CeremonyError::NoCredential);
    }
    let list = pieces.into_iter().flatten().collect();
    let known = flow.watched(|session, watch| probe(session, &command.rp_id, list, proof.token(), watch))?;
    let known = known.ok_or(CeremonyError::NoCredential)?;
    Ok(vec![Descriptor::public_key(known.id)])
}

/// Fetches the other assertions, which need no touch of their own.
fn rest(flow: &mut Flow<'_>, first: Reply, allow_list: &[Descriptor]) -> Result<Vec<Reply>, KeyError> {
    let count = first.number_of_credentials.unwrap_or(1);
    if count > MOST_ASSERTIONS {
        return Err(KeyError::Malformed(Malformed::Value("numberOfCredentials")));
    }
    let mut assertions = vec![name(first, allow_list)?];
    for _ in 1..count {
        let next = flow.watched(|session, watch| session.quick(&GetNextAssertion, watch))?;
        assertions.push(name(next, allow_list)?);
    }
    Ok(assertions)
}

fn name(mut reply: Reply, allow_list: &[Descriptor]) -> Result<Reply, KeyError> {
    reply.credential = Some(named(reply.credential.take(), allow_list)?);
    Ok(reply)
}
