//! Ten thousand discoverable credentials beside ten: each command, in process and without a disk, whose sync would hide
//! what lookups cost.

use fob_ambient::SystemRng;
use fob_authenticator::Authenticator;
use fob_ctap::client_pin::{GetKeyAgreement, GetPinToken, SetPin};
use fob_ctap::entity::Descriptor;
use fob_ctap::get_info::GetInfo;
use fob_ctap::pin::{Pin, Protocol, encapsulate};

use super::filled::in_memory;
use super::requests::{Lies, assertion, registration, sent};
use super::{FEW, MANY};
use crate::sample::{in_turn, timed};
use crate::table::Row;

const ROUNDS: usize = 300;
const WARM_UP: usize = 20;
const TIMES: f64 = 3.0;
const PIN: &str = "1234";

pub(super) fn measure() -> anyhow::Result<Vec<Row>> {
    let mut keys = [Filled::new(FEW)?, Filled::new(MANY)?];
    let mut rows = vec![
        row("makeCredential, kept", Filled::make, &mut keys)?,
        row("getAssertion with allow list", Filled::assert, &mut keys)?,
        row("getInfo", Filled::info, &mut keys)?,
    ];
    // With a PIN a key asks for it before it makes a credential, hence last.
    keys.iter_mut().try_for_each(Filled::set_pin)?;
    rows.push(row("clientPIN, token for a PIN", Filled::pin_token, &mut keys)?);
    Ok(rows)
}

fn row(name: &str, act: fn(&mut Filled) -> anyhow::Result<()>, keys: &mut [Filled; 2]) -> anyhow::Result<Row> {
    let [few, many] = keys;
    let mut with_few = || timed(|| act(few));
    let mut with_many = || timed(|| act(many));
    let [few, many] = in_turn(ROUNDS, WARM_UP, [&mut with_few, &mut with_many])?.map(|sample| sample.median());
    let what = format!("{name}, {MANY} credentials, median of {ROUNDS}");
    Ok(Row::at_most_times(what, many, few, TIMES, &format!("{FEW} credentials")))
}

/// A key with credentials.
struct Filled {
    key: Authenticator,
    credential: Descriptor,
}

impl Filled {
    fn new(count: usize) -> anyhow::Result<Self> {
        let (key, credential) = in_memory(count)?;
        Ok(Self { key, credential })
    }

    /// In the place of one of the same account: there are as many as before.
    fn make(&mut self) -> anyhow::Result<()> {
        sent(&mut self.key, &registration(1, Lies::InTheKey)?).map(drop)
    }

    fn assert(&mut self) -> anyhow::Result<()> {
        sent(&mut self.key, &assertion(0, self.credential.clone())).map(drop)
    }

    fn info(&mut self) -> anyhow::Result<()> {
        sent(&mut self.key, &GetInfo).map(drop)
    }

    fn set_pin(&mut self) -> anyhow::Result<()> {
        let (mut rng, protocol) = (SystemRng::new(), Protocol::Two);
        let theirs = sent(&mut self.key, &GetKeyAgreement { protocol })?.key;
        let (key_agreement, shared) = encapsulate(protocol, &theirs, &mut rng)?;
        let mut padded = PIN.as_bytes().to_vec();
        padded.resize(64, 0);
        let new_pin_enc = shared.encrypt(&padded, &mut rng);
        let pin_uv_auth_param = shared.authenticate(&new_pin_enc);
        sent(&mut self.key, &SetPin { key_agreement, new_pin_enc, pin_uv_auth_param, protocol }).map(drop)
    }

    fn pin_token(&mut self) -> anyhow::Result<()> {
        let (mut rng, protocol) = (SystemRng::new(), Protocol::Two);
        let theirs = sent(&mut self.key, &GetKeyAgreement { protocol })?.key;
        let (key_agreement, shared) = encapsulate(protocol, &theirs, &mut rng)?;
        let pin_hash_enc = shared.encrypt_pin_hash(&Pin::new(PIN.to_owned())?.hash(), &mut rng);
        let request = GetPinToken { key_agreement, pin_hash_enc, permissions: None, rp_id: None, protocol };
        sent(&mut self.key, &request).map(drop)
    }
}
