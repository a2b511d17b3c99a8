//! Through a unix socket and in memory: makeCredential and getAssertion beside soft-fido2, with the same client, in turn.

use std::time::Duration;

use fob_ctap::get_assertion::GetAssertion;

use super::requests::{Lies, assertion, credential_of, registration};
use super::running::{Conversation, Memory, Running};
use crate::sample::{in_turn, milliseconds, timed};
use crate::table::{Row, times};

const ROUNDS: usize = 300;
const WARM_UP: usize = 20;
const MAKE_LIMIT: Duration = Duration::from_micros(1_500);
const ASSERT_LIMIT: Duration = Duration::from_micros(1_000);

pub(super) fn measure() -> anyhow::Result<Vec<Row>> {
    let home = tempfile::tempdir()?;
    let (_ours, mut ours, _) = Running::ours(&home.path().join("ours"), &Memory::Ram)?;
    let (_theirs, mut theirs, _) = Running::soft_fido2(&home.path().join("theirs"))?;

    let made = registration(0, Lies::InItsId)?;
    let mut one = || timed(|| ours.call(&made));
    let mut other = || timed(|| theirs.call(&made));
    let make = in_turn(ROUNDS, WARM_UP, [&mut one, &mut other])?.map(|sample| sample.median());

    let (wanted, theirs_wanted) = (request(&mut ours)?, request(&mut theirs)?);
    let mut one = || timed(|| ours.call(&wanted));
    let mut other = || timed(|| theirs.call(&theirs_wanted));
    let assert = in_turn(ROUNDS, WARM_UP, [&mut one, &mut other])?.map(|sample| sample.median());

    Ok(vec![row("makeCredential", make, MAKE_LIMIT), row("getAssertion", assert, ASSERT_LIMIT)])
}

/// The request for a signature of a credential that the key makes for it.
fn request(key: &mut Conversation) -> anyhow::Result<GetAssertion> {
    let made = key.call(&registration(0, Lies::InItsId)?)?;
    Ok(assertion(0, credential_of(&made)?))
}

fn row(name: &str, [ours, theirs]: [Duration; 2], limit: Duration) -> Row {
    let what = format!("{name} through the socket, ES256, in memory, median of {ROUNDS}");
    let beside = format!("soft-fido2 {} (fob {:.2} times)", milliseconds(theirs), times(ours, theirs));
    Row::at_most(what, ours, limit, beside)
}
