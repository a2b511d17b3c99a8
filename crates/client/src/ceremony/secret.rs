//! Secrets that a key computes (hmac-secret, §12.7): a credential is made for one, then the same question gets the same
//! 32 bytes for as long as the credential lives.
//!
//! With and without verification a key computes two different secrets, so the question and the enrolment must agree
//! about that, and a key that verifies although nobody asked it to is refused rather than believed. Which slot hangs on
//! which secret is for the layers above.

use fob_ambient::{Millis, Rng};
use fob_ctap::auth_data::Flags;
use fob_ctap::client_pin::Permissions;
use fob_ctap::cose::Algorithm;
use fob_ctap::entity::{CredentialParameters, Descriptor, RpEntity, RpId, UserEntity};
use fob_ctap::extension::hmac_secret::HmacValues;
use fob_ctap::extension::sets::{GetAssertionInputs, GetAssertionOutputs, MakeCredentialInputs, MakeCredentialOutputs};
use fob_ctap::extension::{CRED_PROTECT, CredProtect, Extensions, HMAC_SECRET, HmacSecretInput};
use fob_ctap::get_assertion::{GetAssertion, Reply};
use fob_ctap::get_info::Info;
use fob_ctap::make_credential::{self, Options};
use fob_ctap::pin::SharedSecret;
use fob_ctap::{Malformed, Map, Status, Strictness};

use super::flow::{Flow, Proof};
use super::preflight::{named, probe};
use super::verification::{Plan, Purpose, plan};
use super::{CeremonyError, Make, Need, Person, lists, make};
use crate::pin;
use crate::{CancelToken, KeyError, Session};

/// What a question has beside its list, in bytes at most: salts and key agreement, hash, RP ID.
const REST: usize = 512;

/// What a credential is made for.
#[derive(Debug)]
pub struct Enrol {
    /// For whom.
    pub rp: RpEntity,
    /// For which account.
    pub user: UserEntity,
    /// Credentials whose key is not wanted again.
    pub exclude: Vec<Descriptor>,
    /// What the secret is asked with.
    pub salt: [u8; 32],
    /// Whether the key must check who is there: then nobody sees the credential without (credProtect 3).
    pub user_verification: bool,
}

/// A credential and its secret, asked for twice: whoever hangs something on it compares the two.
#[derive(Debug)]
pub struct Enrolled {
    /// The credential's id.
    pub credential: Vec<u8>,
    /// The first answer.
    pub first: HmacValues,
    /// The second.
    pub second: HmacValues,
}

/// A credential with the question that it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Salted {
    /// The credential.
    pub credential: Descriptor,
    /// The question.
    pub salt: [u8; 32],
    /// Whether the key must check who is there: it changes the answer.
    pub user_verification: bool,
}

/// Whether this key computes secrets.
#[must_use]
pub fn can_keep_secrets(info: &Info) -> bool {
    info.has_extension(HMAC_SECRET)
}

/// Makes a credential and asks it twice: three touches, and the PIN at most once.
///
/// # Errors
/// [`CeremonyError::CannotKeepSecrets`] and [`CeremonyError::CannotProtect`] for a key that is no good for this,
/// [`CeremonyError::Verified`] for one that verifies unasked, and as [`make_credential`](super::make_credential).
pub fn enrol_secret(
    session: &mut Session,
    enrol: &Enrol,
    person: &mut dyn Person,
    cancel: &CancelToken,
    deadline: Millis,
) -> Result<Enrolled, CeremonyError> {
    if !can_keep_secrets(session.info()) {
        return Err(CeremonyError::CannotKeepSecrets);
    }
    if enrol.user_verification && !session.info().has_extension(CRED_PROTECT) {
        return Err(CeremonyError::CannotProtect);
    }
    let request = request(session, enrol);
    let mut flow = Flow::new(session, person, cancel, deadline).remembering_the_pin();
    flow.step(1, 3);
    let reply = make::with(&mut flow, &request)?;
    let credential = made(&reply, enrol.user_verification)?;
    let salted = Salted {
        credential: Descriptor::public_key(credential.clone()),
        salt: enrol.salt,
        user_verification: enrol.user_verification,
    };
    flow.step(2, 3);
    let (_, first) = one(&mut flow, &enrol.rp.id, std::slice::from_ref(&salted))?;
    flow.step(3, 3);
    let (_, second) = one(&mut flow, &enrol.rp.id, std::slice::from_ref(&salted))?;
    Ok(Enrolled { credential, first, second })
}

/// Asks a credential twice with a new salt: two touches, and the PIN at most once.
///
/// # Errors
/// As [`ask_secret`].
pub fn ask_secret_twice(
    session: &mut Session,
    rp_id: &RpId,
    question: &Salted,
    person: &mut dyn Person,
    cancel: &CancelToken,
    deadline: Millis,
) -> Result<(HmacValues, HmacValues), CeremonyError> {
    let questions = std::slice::from_ref(question);
    let mut flow = Flow::new(session, person, cancel, deadline).remembering_the_pin();
    flow.step(1, 2);
    let (_, first) = one(&mut flow, rp_id, questions)?;
    flow.step(2, 2);
    let (_, second) = one(&mut flow, rp_id, questions)?;
    Ok((first, second))
}

/// Asks the credential of this list that the key has, with its own salt: which one, and its secret.
///
/// # Errors
/// [`CeremonyError::NoCredential`] if it has none of them, [`CeremonyError::Verified`] if it verified unasked, and as
/// [`get_assertion`](super::get_assertion).
pub fn ask_secret(
    session: &mut Session,
    rp_id: &RpId,
    questions: &[Salted],
    person: &mut dyn Person,
    cancel: &CancelToken,
    deadline: Millis,
) -> Result<(Salted, HmacValues), CeremonyError> {
    let mut flow = Flow::new(session, person, cancel, deadline);
    one(&mut flow, rp_id, questions)
}

fn one(flow: &mut Flow<'_>, rp_id: &RpId, questions: &[Salted]) -> Result<(Salted, HmacValues), CeremonyError> {
    let (checked, unchecked): (Vec<&Salted>, Vec<&Salted>) =
        questions.iter().partition(|question| question.user_verification);
    // What shows itself to anybody is looked for first, and silently: nobody has to give a PIN for it.
    if let Some(question) = known(flow, rp_id, &unchecked, &Proof::None)? {
        let proof = prove(flow, rp_id, Need::Discouraged)?;
        return answer(flow, rp_id, question, &proof);
    }
    if checked.is_empty() {
        return Err(CeremonyError::NoCredential);
    }
    let proof = prove(flow, rp_id, Need::Required)?;
    if let Proof::BuiltIn = proof {
        return by_finger(flow, rp_id, &checked, &proof);
    }
    let question = known(flow, rp_id, &checked, &proof)?.ok_or(CeremonyError::NoCredential)?;
    answer(flow, rp_id, question, &proof)
}

/// A finger is not lifted for a look: the key is asked with the first salt, says which credential it has, and is asked
/// once more if that has another. A list that is too long for it costs a finger for each piece.
fn by_finger(
    flow: &mut Flow<'_>,
    rp_id: &RpId,
    questions: &[&Salted],
    proof: &Proof,
) -> Result<(Salted, HmacValues), CeremonyError> {
    let salt = questions.first().ok_or(CeremonyError::NoCredential)?.salt;
    let room = flow.session.longest_message().saturating_sub(REST);
    for piece in lists::pieces(flow.session.info(), room, fitting(flow, questions)) {
        let (found, values) = match ask(flow, rp_id, piece, &salt, proof) {
            Err(CeremonyError::NoCredential) => continue,
            other => other?,
        };
        let meant = questions.iter().find(|question| question.credential.id == found.id);
        let meant = (*meant.ok_or(KeyError::Malformed(Malformed::Value("credential")))?).clone();
        return if meant.salt == salt { Ok((meant, values)) } else { answer(flow, rp_id, meant, proof) };
    }
    Err(CeremonyError::NoCredential)
}

fn prove(flow: &mut Flow<'_>, rp_id: &RpId, need: Need) -> Result<Proof, CeremonyError> {
    let plan = plan(flow.session.info(), need, Purpose::Get)?;
    if need == Need::Discouraged && plan != Plan::Nothing {
        return Err(CeremonyError::Verified);
    }
    flow.prove(plan, Permissions::GET_ASSERTION, rp_id)
}

/// Which of these the key has, as far as it shows with this proof. Nobody has to touch anything.
fn known(
    flow: &mut Flow<'_>,
    rp_id: &RpId,
    questions: &[&Salted],
    proof: &Proof,
) -> Result<Option<Salted>, CeremonyError> {
    let list = fitting(flow, questions);
    if list.is_empty() {
        return Ok(None);
    }
    let found = flow.watched(|session, watch| probe(session, rp_id, list, proof.token(), watch))?;
    let is_found = |question: &&&Salted| found.as_ref().is_some_and(|found| found.id == question.credential.id);
    Ok(questions.iter().find(is_found).map(|question| (*question).clone()))
}

fn fitting(flow: &Flow<'_>, questions: &[&Salted]) -> Vec<Descriptor> {
    let list: Vec<Descriptor> = questions.iter().map(|question| question.credential.clone()).collect();
    lists::fitting(flow.session.info(), &list)
}

fn answer(
    flow: &mut Flow<'_>,
    rp_id: &RpId,
    question: Salted,
    proof: &Proof,
) -> Result<(Salted, HmacValues), CeremonyError> {
    let (_, values) = ask(flow, rp_id, vec![question.credential.clone()], &question.salt, proof)?;
    Ok((question, values))
}

/// One assertion, with one touch.
fn ask(
    flow: &mut Flow<'_>,
    rp_id: &RpId,
    allow_list: Vec<Descriptor>,
    salt: &[u8; 32],
    proof: &Proof,
) -> Result<(Descriptor, HmacValues), CeremonyError> {
    let (ours, shared) = flow.watched(pin::agree_on_secret)?;
    let salts = HmacValues::new(salt, None);
    let sealed = HmacSecretInput::seal(ours, &shared, &salts, flow.session.rng());
    let client_data_hash = random(flow.session.rng());
    let (uv, pin_uv_auth_param, pin_uv_auth_protocol) = proof.members(&client_data_hash);
    let inputs = GetAssertionInputs { hmac_secret: Some(sealed), ..GetAssertionInputs::default() };
    let command = GetAssertion {
        rp_id: rp_id.clone(),
        client_data_hash,
        allow_list,
        extensions: Extensions::from(&inputs),
        options: Options { rk: None, up: None, uv },
        pin_uv_auth_param,
        pin_uv_auth_protocol,
    };
    let reply = flow.call(&command).map_err(|error| match error {
        // It insists on verifying, and does not tell so in getInfo.
        KeyError::Refused(Status::PuatRequired) => CeremonyError::Verified,
        error => error.into(),
    })?;
    let values = opened(&reply, rp_id, &shared, !matches!(proof, Proof::None))?;
    Ok((named(reply.credential, &command.allow_list)?, values))
}

/// The secret in a reply, if it is one of somebody that was verified, or was not, as wanted.
fn opened(reply: &Reply, rp_id: &RpId, shared: &SharedSecret, verified: bool) -> Result<HmacValues, CeremonyError> {
    let malformed = |member| CeremonyError::Key(KeyError::Malformed(Malformed::Value(member)));
    let data = reply.authenticator_data(Strictness::Canonical).map_err(KeyError::Malformed)?;
    if data.rp_id_hash != rp_id.hash() {
        return Err(malformed("authData.rpIdHash"));
    }
    if data.flags.contains(Flags::USER_VERIFIED) != verified {
        return Err(if verified { malformed("authData.flags") } else { CeremonyError::Verified });
    }
    let outputs = GetAssertionOutputs::try_from(&data.extensions.unwrap_or_default()).map_err(KeyError::Malformed)?;
    let sealed = outputs.hmac_secret.ok_or(CeremonyError::CannotKeepSecrets)?;
    let values = HmacValues::open(shared, &sealed).map_err(|_| malformed("hmac-secret"))?;
    // One salt, one secret.
    if values.second().is_some() { Err(malformed("hmac-secret")) } else { Ok(values) }
}

fn request(session: &mut Session, enrol: &Enrol) -> Make {
    let protect = enrol.user_verification.then_some(CredProtect::UserVerificationRequired);
    let inputs =
        MakeCredentialInputs { hmac_secret: Some(true), cred_protect: protect, ..MakeCredentialInputs::default() };
    Make {
        client_data_hash: random(session.rng()),
        rp: enrol.rp.clone(),
        user: enrol.user.clone(),
        pub_key_cred_params: [Algorithm::ES256, Algorithm::EDDSA].map(CredentialParameters::public_key).to_vec(),
        exclude: enrol.exclude.clone(),
        extensions: Extensions::from(&inputs),
        resident_key: Need::Discouraged,
        user_verification: match (enrol.user_verification, enrol.exclude.is_empty()) {
            (true, _) => Need::Required,
            // Protected credentials show themselves to a verified person alone (§12.1.1): to see that it is enrolled already, a
            // key that can verify does.
            (false, false) => Need::Preferred,
            (false, true) => Need::Discouraged,
        },
        enterprise_attestation: None,
        attestation_formats: Vec::new(),
    }
}

/// The id of the new credential, if it has a secret and the protection that it was asked for.
fn made(reply: &make_credential::Reply, protected: bool) -> Result<Vec<u8>, CeremonyError> {
    let data = reply.authenticator_data(Strictness::Canonical).map_err(KeyError::Malformed)?;
    let outputs: Map = data.extensions.unwrap_or_default();
    let outputs = MakeCredentialOutputs::try_from(&outputs).map_err(KeyError::Malformed)?;
    if outputs.hmac_secret != Some(true) {
        return Err(CeremonyError::CannotKeepSecrets);
    }
    if protected && outputs.cred_protect != Some(CredProtect::UserVerificationRequired) {
        return Err(CeremonyError::CannotProtect);
    }
    let missing = KeyError::Malformed(Malformed::Missing("authData.attestedCredentialData"));
    Ok(data.attested_credential.ok_or(missing)?.id.into_bytes())
}

/// What nobody looks at, different each time.
fn random(rng: &mut dyn Rng) -> [u8; 32] {
    let mut bytes = [0; 32];
    rng.fill(&mut bytes);
    bytes
}
