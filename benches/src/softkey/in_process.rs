//! One getAssertion of the software key, in process and in memory; beside it what ring alone needs to load a key and sign.

use std::hint::black_box;
use std::time::Duration;

use anyhow::{anyhow, ensure};
use fob_authenticator::{Authenticator, RamStore};
use fob_ctap::Command;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};

use super::requests::{Lies, assertion, key_on, registered, touched};
use crate::sample::{in_turn, microseconds, outcome_timed, timed};
use crate::table::{Row, times};

const ROUNDS: usize = 5_000;
const WARM_UP: usize = 100;
const TIMES_RING: f64 = 1.5;
/// Authenticator data and the hash of the client data have this length.
const MESSAGE: [u8; 37 + 32] = [7; 37 + 32];

pub(super) fn measure() -> anyhow::Result<Vec<Row>> {
    [("kept", Lies::InTheKey), ("sealed into its id", Lies::InItsId)]
        .into_iter()
        .map(|(name, lies)| row(name, lies))
        .collect()
}

fn row(name: &str, lies: Lies) -> anyhow::Result<Row> {
    let mut key = key_on(Box::new(RamStore))?;
    let credential = registered(&mut key, 0, lies)?;
    let request = assertion(0, credential).encode();
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random);
    let pkcs8 = pkcs8.map_err(|_| anyhow!("ring makes no key"))?;

    let mut signed = || signed_by(&mut key, &request);
    let mut alone = || signed_by_ring(pkcs8.as_ref(), &random);
    let [ours, ring] = in_turn(ROUNDS, WARM_UP, [&mut signed, &mut alone])?.map(|sample| sample.median());
    let times = times(ours, ring);
    Ok(Row {
        what: format!("getAssertion in process, ES256, credential {name}, median of {ROUNDS}"),
        ours: format!("{} ({times:.2} times)", microseconds(ours)),
        beside: format!("ring: load and sign {}", microseconds(ring)),
        bound: format!("≤ {TIMES_RING} times"),
        kept: times <= TIMES_RING,
    })
}

fn signed_by(key: &mut Authenticator, request: &[u8]) -> anyhow::Result<Duration> {
    let (took, reply) = outcome_timed(|| Ok(black_box(touched(key, black_box(request))?)))?;
    ensure!(reply.first() == Some(&0), "the key refused: {:?}", reply.first());
    Ok(took)
}

fn signed_by_ring(pkcs8: &[u8], random: &SystemRandom) -> anyhow::Result<Duration> {
    timed(|| {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, black_box(pkcs8), random);
        let signature = pair.map_err(|_| anyhow!("ring loads no key"))?.sign(random, black_box(&MESSAGE));
        black_box(signature).map_err(|_| anyhow!("ring does not sign"))
    })
}
