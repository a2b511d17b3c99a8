//! The transaction itself: WebAuthn's plan for this key, the key's ceremony, WebAuthn's answer.

use fob_ambient::Millis;
use fob_client::ceremony::{self, Get, Make, Need};
use fob_client::{CancelToken, Session};
use fob_otp::printable;
use fob_webauthn::{Assertion, Creation, KeyAssertion, KeyCreation, Requirement, Signed};

use super::{Failure, Prompted};

/// What a ceremony brought.
pub(crate) struct Done {
    pub(super) json: String,
    /// What the person should know about it.
    pub(super) remark: Option<String>,
}

/// Registers. Blocks.
pub(super) fn create(
    creation: &Creation,
    session: &mut Session,
    person: &mut Prompted,
    cancel: &CancelToken,
    deadline: Millis,
) -> Result<Done, Failure> {
    let plan = creation.for_key(session.info()).map_err(Failure::unfit)?;
    let reply = ceremony::make_credential(session, &make(&plan), person, cancel, deadline);
    let reply = reply.map_err(|error| person.cause(&error))?;
    let response = creation.finish(&plan, &reply).map_err(Failure::reply)?;
    Ok(Done { json: response.to_json(), remark: None })
}

/// Signs in. Blocks.
pub(super) fn get(
    assertion: &Assertion,
    session: &mut Session,
    person: &mut Prompted,
    cancel: &CancelToken,
    deadline: Millis,
) -> Result<Done, Failure> {
    let plan = assertion.for_key(session.info()).map_err(Failure::unfit)?;
    let replies = ceremony::get_assertion(session, &question(&plan), person, cancel, deadline);
    let replies = replies.map_err(|error| person.cause(&error))?;
    let signed = assertion.finish_all(&plan, &replies).map_err(Failure::reply)?;
    first(&signed)
}

/// The first account: the one whose passkey is newest (CTAP 2.3 §6.2.2). Said aloud when there were others, since
/// nobody is asked yet.
fn first(signed: &[Signed]) -> Result<Done, Failure> {
    let first = signed.first().ok_or(Failure::reply(fob_webauthn::ReplyError::OtherCredential))?;
    let remark = (signed.len() > 1).then(|| {
        let name = first.account.as_ref().and_then(|account| account.name.as_deref()).unwrap_or_default();
        let name = printable(name);
        format!("the key has {} passkeys for this site; the newest one was used, of the account {name}", signed.len())
    });
    Ok(Done { json: first.response.to_json(), remark })
}

fn make(plan: &KeyCreation) -> Make {
    Make {
        client_data_hash: plan.client_data_hash,
        rp: plan.rp.clone(),
        user: plan.user.clone(),
        pub_key_cred_params: plan.parameters.clone(),
        exclude: plan.exclude.clone(),
        extensions: plan.extensions.clone(),
        resident_key: if plan.passkey { Need::Required } else { Need::Discouraged },
        user_verification: need(plan.user_verification),
        enterprise_attestation: None,
        attestation_formats: plan.attestation_formats.clone(),
    }
}

fn question(plan: &KeyAssertion) -> Get {
    Get {
        client_data_hash: plan.client_data_hash,
        rp_id: plan.rp_id.clone(),
        allow: plan.allow.clone(),
        extensions: plan.extensions.clone(),
        user_verification: need(plan.user_verification),
    }
}

const fn need(requirement: Requirement) -> Need {
    match requirement {
        Requirement::Discouraged => Need::Discouraged,
        Requirement::Preferred => Need::Preferred,
        Requirement::Required => Need::Required,
    }
}
