//! One getAssertion of the software key, in process: ES256, no PIN, in memory; beside it what ring alone needs to load
//! a key and sign. Both in turn, so that whatever else the machine does falls on both alike.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail, ensure};
use fob_ambient::{Millis, SystemRng};
use fob_authenticator::{Authenticator, Caller, Parts, Presence, RamStore, Step, Store, SystemSigner};
use fob_ctap::cose::Algorithm;
use fob_ctap::entity::{CredentialParameters, Descriptor, RpEntity, RpId, UserEntity, UserHandle};
use fob_ctap::extension::Extensions;
use fob_ctap::get_assertion::GetAssertion;
use fob_ctap::make_credential::{MakeCredential, Options};
use fob_ctap::{Command, Strictness};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};

use crate::Row;
use crate::sample::{Sample, microseconds};

const RUNS: usize = 5_000;
const TIMES_RING: f64 = 1.5;
const HASH: [u8; 32] = [7; 32];
const RP_ID: &str = "bench.example";
const CALLER: Caller = Caller(1);
const NOW: Millis = Millis(0);

/// With a credential that the key keeps, and with one that is sealed into its id.
pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    ["kept", "sealed into its id"].into_iter().map(|kind| row(kind, kind == "kept")).collect()
}

fn row(kind: &str, resident: bool) -> anyhow::Result<Row> {
    let mut key = key()?;
    let credential = registered(&mut key, resident)?;
    let request = assertion(credential).encode();
    let (ours, ring) = in_turn(&mut key, &request)?;
    let ratio = ours.median().as_secs_f64() / ring.median().as_secs_f64();
    Ok(Row {
        what: format!("getAssertion in process, ES256, credential {kind}, median of {RUNS}"),
        ours: format!("{} ({ratio:.2} times)", microseconds(ours.median())),
        peer: format!("ring: load and sign {}", microseconds(ring.median())),
        bound: format!("≤ {TIMES_RING} times"),
        kept: ratio <= TIMES_RING,
    })
}

fn in_turn(key: &mut Authenticator, request: &[u8]) -> anyhow::Result<(Sample, Sample)> {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random);
    let pkcs8 = pkcs8.map_err(|_| anyhow!("ring makes no key"))?;
    // Authenticator data and client data hash have this length.
    let message = [7; 37 + 32];
    let mut samples = (Sample::default(), Sample::default());
    for run in 0..RUNS + 100 {
        let start = Instant::now();
        let reply = black_box(touched(key, black_box(request))?);
        let first = start.elapsed();
        ensure!(reply.first() == Some(&0), "the key refused: {:?}", reply.first());
        let second = ring_alone(pkcs8.as_ref(), &message, &random)?;
        if run >= 100 {
            samples.0.push(first);
            samples.1.push(second);
        }
    }
    Ok(samples)
}

fn ring_alone(pkcs8: &[u8], message: &[u8], random: &SystemRandom) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, black_box(pkcs8), random);
    let signature = pair.map_err(|_| anyhow!("ring loads no key"))?.sign(random, black_box(message));
    let took = start.elapsed();
    black_box(signature).map_err(|_| anyhow!("ring does not sign"))?;
    Ok(took)
}

fn key() -> anyhow::Result<Authenticator> {
    key_on(Box::new(RamStore))
}

/// A key with this store.
pub(crate) fn key_on(store: Box<dyn Store>) -> anyhow::Result<Authenticator> {
    let parts = Parts {
        store,
        rng: Box::new(SystemRng::new()),
        signer: Box::new(SystemSigner::new()),
        strictness: Strictness::Canonical,
    };
    Ok(Authenticator::power_up(parts, NOW)?)
}

/// Sends a request and touches the key at once.
pub(crate) fn touched(key: &mut Authenticator, request: &[u8]) -> anyhow::Result<Vec<u8>> {
    let step = match key.request(request, CALLER, NOW) {
        Step::AskPresence(_) => key.presence(Presence::Touched, NOW),
        reply => reply,
    };
    match step {
        Step::Reply(reply) => Ok(reply),
        Step::AskPresence(_) => bail!("the key asks twice"),
    }
}

/// A new credential.
pub(crate) fn registered(key: &mut Authenticator, resident: bool) -> anyhow::Result<Descriptor> {
    let request = registration(resident)?;
    let reply = MakeCredential::decode_reply(&touched(key, &request.encode())?, Strictness::Canonical)?;
    let data = reply.authenticator_data(Strictness::Canonical)?;
    Ok(Descriptor::public_key(data.attested_credential.context("no credential came")?.id))
}

/// The request for a new credential.
pub(crate) fn registration(resident: bool) -> anyhow::Result<MakeCredential> {
    Ok(MakeCredential {
        client_data_hash: HASH,
        rp: RpEntity { id: RpId::new(RP_ID), name: None },
        user: UserEntity { id: UserHandle::new([1]).context("one byte")?, name: None, display_name: None },
        pub_key_cred_params: vec![CredentialParameters::public_key(Algorithm::ES256)],
        exclude_list: Vec::new(),
        extensions: Extensions::default(),
        options: Options { rk: Some(resident), ..Options::default() },
        pin_uv_auth_param: None,
        pin_uv_auth_protocol: None,
        enterprise_attestation: None,
        attestation_formats_preference: Vec::new(),
    })
}

/// The request for a signature of this credential.
pub(crate) fn assertion(credential: Descriptor) -> GetAssertion {
    GetAssertion {
        rp_id: RpId::new(RP_ID),
        client_data_hash: HASH,
        allow_list: vec![credential],
        extensions: Extensions::default(),
        options: Options::default(),
        pin_uv_auth_param: None,
        pin_uv_auth_protocol: None,
    }
}
