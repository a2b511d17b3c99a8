//! What the software key is asked in all of these figures: ES256, no PIN, one account at each of many sites.

use anyhow::{Context, bail};
use fob_ambient::{Millis, SystemRng};
use fob_authenticator::{Abilities, Authenticator, Caller, Parts, Presence, Step, Store, SystemSigner};
use fob_ctap::cose::Algorithm;
use fob_ctap::entity::{CredentialParameters, Descriptor, RpEntity, RpId, UserEntity, UserHandle};
use fob_ctap::extension::Extensions;
use fob_ctap::get_assertion::GetAssertion;
use fob_ctap::make_credential::{self, MakeCredential, Options};
use fob_ctap::{Command, Strictness};

const HASH: [u8; 32] = [7; 32];
const CALLER: Caller = Caller(1);
const NOW: Millis = Millis(0);
/// Discoverable credentials that a key in process takes: more than any figure has.
const CAPACITY: usize = 20_000;

/// Where a credential lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lies {
    /// Discoverable, in the key's memory.
    InTheKey,
    /// Sealed, in its own id.
    InItsId,
}

/// A key in process with this store.
pub(super) fn key_on(store: Box<dyn Store>) -> anyhow::Result<Authenticator> {
    let parts = Parts {
        store,
        rng: Box::new(SystemRng::new()),
        signer: Box::new(SystemSigner::new()),
        strictness: Strictness::Canonical,
    };
    let abilities = Abilities { capacity: CAPACITY, ..Abilities::default() };
    Ok(Authenticator::power_up_as(parts, abilities, NOW)?)
}

/// Sends a request and touches the key at once.
pub(super) fn touched(key: &mut Authenticator, request: &[u8]) -> anyhow::Result<Vec<u8>> {
    let step = match key.request(request, CALLER, NOW) {
        Step::AskPresence(_) => key.presence(Presence::Touched, NOW),
        reply => reply,
    };
    match step {
        Step::Reply(reply) => Ok(reply),
        Step::AskPresence(_) => bail!("the key asks twice"),
    }
}

/// The same for a command, and its reply.
pub(super) fn sent<C: Command>(key: &mut Authenticator, command: &C) -> anyhow::Result<C::Reply> {
    Ok(C::decode_reply(&touched(key, &command.encode())?, Strictness::Canonical)?)
}

/// A new credential at this site.
pub(super) fn registered(key: &mut Authenticator, site: usize, lies: Lies) -> anyhow::Result<Descriptor> {
    credential_of(&sent(key, &registration(site, lies)?)?)
}

/// The credential that came.
pub(super) fn credential_of(reply: &make_credential::Reply) -> anyhow::Result<Descriptor> {
    let data = reply.authenticator_data(Strictness::Canonical)?;
    Ok(Descriptor::public_key(data.attested_credential.context("no credential came")?.id))
}

/// The request for a new credential at this site.
pub(super) fn registration(site: usize, lies: Lies) -> anyhow::Result<MakeCredential> {
    Ok(MakeCredential {
        client_data_hash: HASH,
        rp: RpEntity { id: rp_id(site), name: None },
        user: UserEntity {
            id: UserHandle::new([1]).context("one byte")?,
            name: Some("ada".to_owned()),
            display_name: None,
        },
        pub_key_cred_params: vec![CredentialParameters::public_key(Algorithm::ES256)],
        exclude_list: Vec::new(),
        extensions: Extensions::default(),
        options: Options { rk: Some(lies == Lies::InTheKey), ..Options::default() },
        pin_uv_auth_param: None,
        pin_uv_auth_protocol: None,
        enterprise_attestation: None,
        attestation_formats_preference: Vec::new(),
    })
}

/// The request for a signature of this site's credential.
pub(super) fn assertion(site: usize, credential: Descriptor) -> GetAssertion {
    GetAssertion {
        rp_id: rp_id(site),
        client_data_hash: HASH,
        allow_list: vec![credential],
        extensions: Extensions::default(),
        options: Options::default(),
        pin_uv_auth_param: None,
        pin_uv_auth_protocol: None,
    }
}

fn rp_id(site: usize) -> RpId {
    RpId::new(format!("site-{site}.example"))
}
