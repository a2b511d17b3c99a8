//! Asking a key silently which credential of a list it has (§6.2 with `up: false`).

use fob_ctap::entity::{Descriptor, RpId};
use fob_ctap::extension::Extensions;
use fob_ctap::get_assertion::GetAssertion;
use fob_ctap::make_credential::Options;
use fob_ctap::pin::PinUvAuthToken;
use fob_ctap::{Command, Malformed, Status};

use super::lists;
use crate::{KeyError, Session, Watch};

/// What a silent assertion signs: nothing that anybody would accept.
const NOTHING: [u8; 32] = [0; 32];

/// The first credential of the list that is on this key, without a touch. Credentials that show themselves only to a
/// verified person (credProtect 3) are not seen.
///
/// # Errors
/// See [`Session::call`].
pub fn knows(
    session: &mut Session,
    rp_id: &RpId,
    descriptors: &[Descriptor],
    watch: &mut Watch<'_>,
) -> Result<Option<Descriptor>, KeyError> {
    let fitting = lists::fitting(session.info(), descriptors);
    probe(session, rp_id, fitting, None, watch)
}

/// The same for descriptors that fit already, with a token that shows all there is.
pub(super) fn probe(
    session: &mut Session,
    rp_id: &RpId,
    fitting: Vec<Descriptor>,
    token: Option<&PinUvAuthToken>,
    watch: &mut Watch<'_>,
) -> Result<Option<Descriptor>, KeyError> {
    let mut question = GetAssertion {
        rp_id: rp_id.clone(),
        client_data_hash: NOTHING,
        allow_list: Vec::new(),
        extensions: Extensions::default(),
        options: Options { up: Some(false), ..Options::default() },
        pin_uv_auth_param: token.map(|token| token.authenticate(&NOTHING)),
        pin_uv_auth_protocol: token.map(|token| token.protocol().number()),
    };
    let room = session.longest_message().saturating_sub(question.encode().len());
    for piece in lists::pieces(session.info(), room, fitting) {
        question.allow_list = piece;
        match session.quick(&question, watch) {
            Ok(reply) => return named(reply.credential, &question.allow_list).map(Some),
            // Some keys of CTAP 2.0 know ids that are not theirs as invalid.
            Err(KeyError::Refused(Status::NoCredentials | Status::InvalidCredential)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Which one of the list a key means: it may leave that out where there is only one, and may not name another.
pub(super) fn named(credential: Option<Descriptor>, list: &[Descriptor]) -> Result<Descriptor, KeyError> {
    match (credential, list) {
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(KeyError::Malformed(Malformed::Missing("credential"))),
        (Some(credential), list) if list.is_empty() || list.iter().any(|known| known.id == credential.id) => {
            Ok(credential)
        }
        (Some(_), _) => Err(KeyError::Malformed(Malformed::Value("credential"))),
    }
}
